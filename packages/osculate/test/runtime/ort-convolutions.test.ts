import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import '../../src/ops/index.js';
import { grad, hvp } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { conv } from '../../src/ops/convolution/conv.js';
import type { ConvOptions } from '../../src/ops/convolution/geometry.js';
import { maxPool } from '../../src/ops/pooling/max-pool.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { channelBlock } from '../../src/runtime/ort/blocked/channel-block.js';
import { lowerProgram } from '../../src/runtime/ort/lower.js';
import { generator, input, type Tensor } from '../../src/tensor/index.js';
import { inputName } from '../../src/tensor/leaf.js';

const BLOCK = 16;

const typesOf = (outputs: Record<string, Tensor>, block: number): string[] =>
  lowerProgram(compile(outputs), { block }).model.graph!.node.map((n) =>
    n.domain === 'com.microsoft.nchwc' ? `blocked ${n.opType}` : n.opType!,
  );

/** Two convolutions with biases, activation and pooling, from an image of `channels` to `2 BLOCK` channels. */
function network(channels: number, options: ConvOptions, dtype: 'f32' | 'f64' = 'f32') {
  const groups = options.groups ?? 1;
  const x = input('x', dtype, [3, channels, 13, 11]);
  const v = input('v', dtype, [BLOCK, channels / groups, 3, 3]);
  const b = input('b', dtype, [BLOCK]);
  const w = input('w', dtype, [2 * BLOCK, BLOCK / groups, 3, 2]);
  const c = input('c', dtype, [2 * BLOCK]);
  const biased = (t: Tensor, bias: Tensor): Tensor => t.add(bias.reshape([1, bias.shape[0]!, 1, 1]));
  const first = biased(conv(x, v, options), b).relu();
  const second = biased(
    conv(first, w, {
      padding: [
        [1, 1],
        [0, 1],
      ],
      groups,
    }),
    c,
  );
  return { weights: { v, b, w, c }, first, second, pooled: maxPool(second.relu(), { window: [2, 2] }) };
}

const geometries: readonly (readonly [string, number, ConvOptions])[] = [
  [
    'few channels',
    1,
    {
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  ],
  [
    'a block of channels',
    BLOCK,
    {
      padding: [
        [0, 1],
        [2, 0],
      ],
    },
  ],
  [
    'several blocks, strides',
    2 * BLOCK,
    {
      padding: [
        [1, 1],
        [1, 1],
      ],
      strides: [2, 1],
    },
  ],
  ['a dilated kernel', 3, { dilation: [2, 2] }],
  ['groups', 2, { groups: 2 }],
  ['channels that make no whole block', BLOCK + 2, { strides: [1, 2] }],
];

describe('convolutions on ONNX Runtime', () => {
  let ort: Executor;
  const reference = referenceExecutor();
  beforeAll(async () => {
    ort = await ortExecutor({ threads: 1 });
  });
  afterAll(() => ort.dispose());

  /** Results of both executors on the same random feeds. */
  async function compare(outputs: Record<string, Tensor>): Promise<void> {
    const program = compile(outputs);
    const random = generator(5);
    const feeds = Object.fromEntries(
      program.inputs.map((t) => {
        const values = Float64Array.from({ length: t.size }, () => random.normal() / 3);
        return [inputName(t), t.dtype === 'f32' ? new Float32Array(values) : values];
      }),
    );
    const [mine, theirs] = [
      await (await ort.load(program)).run(feeds),
      await (await reference.load(program)).run(feeds),
    ];
    for (const [name, { data }] of Object.entries(theirs)) {
      const size = Math.hypot(...Array.from(data as Float32Array));
      const error = Math.hypot(...Array.from(data as Float32Array, (v, i) => v - Number(mine[name]!.data[i])));
      expect(error).toBeLessThan(2e-6 * size);
      expect(size).toBeGreaterThan(0);
    }
  }

  it.each(geometries)(
    '%s: values, gradients and Hessian products as in the reference',
    async (_, channels, options) => {
      const { weights, first, second, pooled } = network(channels, options);
      await compare({ pooled, first, second });
      const loss = pooled.square().mean();
      const along = Object.fromEntries(
        Object.entries(weights).map(([k, t]) => [k, input(`along.${k}`, t.dtype, t.shape)]),
      );
      await compare({ loss, gradient: grad(loss, weights) as never, product: hvp(loss, weights, along) as never });
    },
  );

  it('take their bias as an input, in single precision', () => {
    const { pooled } = network(1, {});
    expect(typesOf({ pooled }, 0).filter((type) => type === 'Add')).toEqual([]);
    const { pooled: double } = network(1, {}, 'f64');
    expect(typesOf({ double }, 0)).not.toContain('Conv');
  });

  it('keep a result without its bias where somebody reads that', async () => {
    const [x, v, b] = [input('x', 'f32', [2, 3, 9, 9]), input('v', 'f32', [4, 3, 3, 3]), input('b', 'f32', [4])];
    const before = conv(x, v);
    await compare({ before, after: before.add(b.reshape([1, 4, 1, 1])) });
  });

  it('run in blocks of channels from end to end, with the activation inside', () => {
    const types = typesOf(
      {
        pooled: network(1, {
          padding: [
            [1, 1],
            [1, 1],
          ],
        }).pooled,
      },
      BLOCK,
    );
    expect(types.filter((type) => type.startsWith('blocked'))).toEqual([
      'blocked Conv',
      'blocked Conv',
      'blocked MaxPool',
      'blocked ReorderOutput',
    ]);
    expect(types).not.toContain('Relu');
  });

  it.each([
    ['groups', 2, { groups: 2 }],
    ['channels that make no whole block', BLOCK + 2, {}],
  ] as const)('run as they are with %s', (_, channels, options) => {
    const { first } = network(channels, options);
    expect(typesOf({ first }, BLOCK)).toContain('Conv');
  });

  it('know no blocks where ONNX Runtime has none, or its optimisations are turned down', async () => {
    const none = {
      InferenceSession: { create: () => Promise.reject(new Error('no such operator')) },
      Tensor: class {},
    } as never;
    expect(await channelBlock(none, {})).toBe(0);
    const module = (await import('onnxruntime-node')) as never;
    expect(await channelBlock(module, { optimization: 'disabled' })).toBe(0);
    expect(await channelBlock(module, { providers: [{ name: 'webgpu' }] })).toBe(0);
  });
});
