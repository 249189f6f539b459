import { describe, expect, it } from 'vitest';
import { conv } from '../../src/ops/convolution/conv.js';
import { convTranspose } from '../../src/ops/convolution/conv-transpose.js';
import { globalAveragePool, globalMaxPool, upsample } from '../../src/ops/index.js';
import { averagePool } from '../../src/ops/pooling/average-pool.js';
import { maxPool } from '../../src/ops/pooling/max-pool.js';
import { DTypeError, input, ShapeError, type Tensor } from '../../src/tensor/index.js';

const x = input('x', 'f32', [2, 4, 5, 6]);
const w = input('w', 'f32', [3, 4, 3, 3]);

function fails(make: () => Tensor, kind: typeof ShapeError | typeof DTypeError, ...parts: string[]): void {
  let error: unknown;
  try {
    make();
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(kind);
  for (const part of parts) expect((error as Error).message).toContain(part);
}

const both = ['"x" (f32 [2, 4, 5, 6])', '"w" (f32 [3, 4, 3, 3])'];

describe('conv refuses', () => {
  it('ranks without one or two spatial axes', () => {
    fails(() => conv(input('v', 'f32', [2, 4]), w), ShapeError, '"v" (f32 [2, 4])', 'rank 3');
    fails(() => conv(x, input('v', 'f32', [3, 4, 3])), ShapeError, both[0]!, '"v" (f32 [3, 4, 3])');
  });

  it('dtypes that differ or are not floats', () => {
    fails(() => conv(x, input('v', 'f64', [3, 4, 3, 3])), DTypeError, both[0]!, "cast('f32')");
    const [a, b] = [input('a', 'i32', [2, 4, 5]), input('b', 'i32', [3, 4, 3])];
    fails(() => conv(a, b), DTypeError, '"a" (i32 [2, 4, 5])');
  });

  it('channels and groups that do not fit', () => {
    fails(() => conv(x, input('v', 'f32', [3, 2, 3, 3])), ShapeError, both[0]!, 'takes 2 channels', 'has 4');
    fails(() => conv(x, w, { groups: 2 }), ShapeError, ...both, '3 channels do not divide into 2 groups');
    fails(() => conv(x, w, { groups: 3 }), ShapeError, ...both, '4 channels do not divide into 3 groups');
    fails(() => conv(x, w, { groups: 0 }), ShapeError, 'groups 0 must be a positive integer');
  });

  it('a kernel larger than the padded input', () => {
    fails(() => conv(x, w, { dilation: [1, 3] }), ShapeError, ...both, 'spatial axis 1', 'extent 7', '6 elements');
  });

  it('an empty kernel', () => {
    fails(() => conv(x, input('v', 'f32', [3, 4, 0, 3])), ShapeError, both[0]!, 'window of 0');
  });

  it('options of a wrong length or range', () => {
    fails(() => conv(x, w, { strides: [1] }), ShapeError, 'strides [1] must be 2 positive integers');
    fails(() => conv(x, w, { strides: [1, 0] }), ShapeError, 'strides [1, 0] must be 2 positive integers');
    fails(() => conv(x, w, { dilation: [1, 1.5] }), ShapeError, 'dilation [1, 1.5] must be 2 positive integers');
    fails(() => conv(x, w, { padding: [[0, 0], [-1, 0]] }), ShapeError, 'padding before [0, -1]', 'non-negative'); // biome-ignore format: short
    fails(() => conv(x, w, { padding: [[0, 1]] }), ShapeError, 'padding before [0] must be 2'); // biome-ignore format: short
  });
});

describe('convTranspose refuses', () => {
  const v = input('v', 'f32', [4, 3, 3, 3]);

  it('a weight for other channels', () => {
    fails(() => convTranspose(x, w), ShapeError, ...both, 'takes 3 channels', 'has 4');
    fails(() => convTranspose(x, v, { groups: 3 }), ShapeError, '4 channels do not divide into 3 groups');
  });

  it('outputPadding that the stride does not allow', () => {
    const options = { strides: [2, 1], outputPadding: [1, 1] };
    fails(() => convTranspose(x, v, options), ShapeError, 'outputPadding [1, 1]', 'below the strides [2, 1]');
    fails(() => convTranspose(x, v, { outputPadding: [0] }), ShapeError, 'outputPadding [0]');
  });

  it('more padding than the result has elements', () => {
    const padding = [[4, 4], [0, 0]] as const; // biome-ignore format: short
    fails(() => convTranspose(x, v, { padding }), ShapeError, '"v" (f32 [4, 3, 3, 3])', 'covers 7', 'pad less');
  });
});

describe('convWeight refuses', () => {
  const y = input('y', 'f32', [2, 3, 3, 4]);

  it('an output of other examples or sizes', () => {
    const names = ['"x" (f32 [2, 4, 5, 6])', '"y" (f32 [2, 3, 3, 4])'];
    fails(() => x.convWeight(y, { kernel: [3, 2] }), ShapeError, ...names, 'spatial sizes [3, 5]');
    fails(() => x.convWeight(y, { kernel: [3] }), ShapeError, ...names, 'kernel of [3]');
    fails(() => x.slice([0], [1]).convWeight(y, { kernel: [3, 3] }), ShapeError, 'has 1 examples, the output 2');
  });
});

describe('pooling refuses', () => {
  it.each([
    ['maxPool', maxPool],
    ['averagePool', averagePool],
  ] as const)('%s: windows that do not fit', (name, pool) => {
    fails(() => pool(x, { window: [2] }), ShapeError, name, both[0]!, 'window [2]');
    fails(() => pool(input('v', 'f32', [2, 3]), { window: [] }), ShapeError, name, '"v" (f32 [2, 3])');
    fails(() => pool(x, { window: [6, 2] }), ShapeError, name, both[0]!, 'window of 6', '5 elements');
    fails(() => pool(x, { window: [2, 0], strides: [1, 1] }), ShapeError, name, 'window of 0');
    fails(() => pool(x, { window: [2, 2], strides: [0, 1] }), ShapeError, name, 'strides [0, 1]');
    fails(() => pool(input('v', 'i32', [2, 3, 4]), { window: [2] }), DTypeError, name, '"v" (i32 [2, 3, 4])');
  });

  it.each([
    ['maxPool', maxPool],
    ['averagePool', averagePool],
  ] as const)('%s: windows of padding alone', (name, pool) => {
    const padding = [[2, 0], [0, 0]] as const; // biome-ignore format: short
    fails(() => pool(x, { window: [2, 2], padding }), ShapeError, name, both[0]!, 'nothing but padding');
  });

  it('dilated windows that only see padding', () => {
    const v = input('v', 'f32', [1, 1, 1]);
    fails(() => maxPool(v, { window: [2], dilation: [2], padding: [[1, 1]] }), ShapeError, 'nothing but padding'); // biome-ignore format: short
  });

  it('global pools without spatial axes', () => {
    const v = input('v', 'f32', [2, 3]);
    fails(() => globalAveragePool(v), ShapeError, 'globalAveragePool', '"v" (f32 [2, 3])');
    fails(() => globalMaxPool(v), ShapeError, 'globalMaxPool', '"v" (f32 [2, 3])');
  });

  it('upsample by factors that do not fit', () => {
    fails(() => upsample(x, [2]), ShapeError, both[0]!, 'by [2]');
    fails(() => upsample(x, [2, 0]), ShapeError, both[0]!, 'by [2, 0]');
    fails(() => upsample(input('v', 'bool', [1, 1, 2]), [2]), DTypeError, '"v" (bool [1, 1, 2])');
  });
});
