import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { importOnnx } from '../../src/import/index.js';
import { float } from '../../src/onnx/attributes.js';
import { type ModelProto, node } from '../../src/onnx/index.js';
import { input, leaves, type NDArray, ndarray, parameters, type Tensor, type Tree } from '../../src/tensor/index.js';
import { expectSame, modelOf, random } from './against-runtime.js';

const x = random([2, 3, 3]);
const w = random([3, 3], 2);
const triangle = ndarray('f32', [
  [1, 0, 0],
  [1, 1, 0],
  [1, 1, 1],
]);
const below = ndarray('f32', [
  [0, -Infinity, -Infinity],
  [0, 0, -Infinity],
  [0, 0, 0],
]);

const namesOf = (proto: ModelProto): string[] => leaves(importOnnx(proto).parameters).map(([name]) => name);

/** Softmax of masked scores x·W. */
const attention = (mask: NDArray, nodes: ReturnType<typeof node>[]): ModelProto =>
  modelOf(
    { x },
    ['y'],
    {
      nodes: [node('MatMul', ['x', 'w'], ['scores']), ...nodes, node('Softmax', ['masked'], ['y'], { axis: -1 })],
      initializers: { w, mask, zero: ndarray('f32', 0), low: ndarray('f32', -1e9) },
    },
    13,
  );

const compared = attention(triangle, [
  node('Equal', ['mask', 'zero'], ['hidden']),
  node('Where', ['hidden', 'low', 'scores'], ['masked']),
]);
const added = attention(below, [node('Add', ['scores', 'mask'], ['masked'])]);

describe('what is trained by default', () => {
  it.each([
    ['that is compared', compared],
    ['with infinite elements', added],
  ])('leaves out a mask %s', async (_, proto) => {
    const imported = importOnnx(proto);
    expect(leaves(imported.parameters).map(([name]) => name)).toEqual(['w']);
    const weights = parameters(imported.parameters) as Tree<Tensor>;
    const { y } = imported.call(weights, { x: input('x', 'f32', x.shape) });
    expect(() => grad(y!.mul(y!).sum(), weights)).not.toThrow();
    await expectSame(proto, { x });
  });

  it('is overruled by the user', () => {
    const all = importOnnx(added, { trainable: () => true });
    expect(leaves(all.parameters).map(([name]) => name)).toContain('mask');
  });

  it('holds a weight that is compared and used', () => {
    const gate = modelOf(
      { x },
      ['y'],
      {
        nodes: [node('Greater', ['w', 'x'], ['above']), node('Where', ['above', 'w', 'x'], ['y'])],
        initializers: { w },
      },
      13,
    );
    expect(namesOf(gate)).toEqual(['w']);
  });

  it('holds the scalars that PyTorch names, and no others', () => {
    const scaled = modelOf(
      { x },
      ['y'],
      {
        nodes: [
          node('Exp', ['logit_scale'], ['scale']),
          node('Mul', ['x', 'scale'], ['a']),
          node('Mul', ['a', 'block.alpha'], ['b']),
          node('Pow', ['b', 'onnx::Pow_12'], ['c']),
          node('Div', ['c', '/norm/Constant_output_0'], ['d']),
          node('Add', ['d', 'val_3'], ['e']),
          node('LeakyRelu', ['e'], ['y'], { alpha: float(0.1) }),
        ],
        initializers: Object.fromEntries(
          ['logit_scale', 'block.alpha', 'onnx::Pow_12', '/norm/Constant_output_0', 'val_3'].map((name) => [
            name,
            ndarray('f32', 2),
          ]),
        ),
      },
      13,
    );
    expect(namesOf({ ...scaled, producerName: 'pytorch' })).toEqual(['logit_scale', 'block.alpha']);
    expect(namesOf({ ...scaled, producerName: 'tf2onnx' })).toEqual([]);
  });
});
