import { describe, expect, it } from 'vitest';
import { grad, hvp, vmap } from '../../src/autodiff/index.js';
import { conv } from '../../src/ops/convolution/conv.js';
import { convWeightByPatches } from '../../src/ops/convolution/patches.js';
import { maxPool } from '../../src/ops/pooling/max-pool.js';
import { constant, input, type Tensor } from '../../src/tensor/index.js';
import { convolutionCases, poolingCases } from './cases/convolution.js';
import { expectClose } from './closeness.js';
import { evaluator } from './forms.js';
import { directions } from './sample.js';
import { opSuite } from './suite.js';

opSuite(convolutionCases);
opSuite(poolingCases);

/** Values of graphs at the given inputs, interpreted in float64. */
function values(outputs: readonly Tensor[], at: ReadonlyMap<Tensor, readonly number[]>): ArrayLike<number>[] {
  return evaluator<null>([...at.keys()], outputs, () => [...at.values()].map((v) => [...v]))(null);
}

describe('maxPool with equal maxima', () => {
  const x = input('x', 'f64', [1, 1, 2, 4]);
  const v = input('v', 'f64', [1, 1, 2, 4]);
  const at = new Map([
    [x, [3, 3, 1, 0, 2, 3, 0, 0]],
    [v, [1, 2, 3, 4, 5, 6, 7, 8]],
  ]);

  it('shares the gradient equally', () => {
    const loss = maxPool(x, { window: [2, 2] })
      .mul(constant([6, 1], 'f64'))
      .sum();
    expectClose('gradient', values([grad(loss, x)], at)[0]!, [2, 2, 1, 0, 0, 2, 0, 0], 1e-15);
  });

  it('shares it in overlapping windows too', () => {
    const loss = maxPool(x, { window: [2, 2], strides: [1, 1] })
      .mul(constant([6, 4, 1], 'f64'))
      .sum();
    expectClose('gradient', values([grad(loss, x)], at)[0]!, [2, 4, 1, 0, 0, 4, 0, 0], 1e-15);
  });

  it('has the Hessian of the mean of the equal maxima', () => {
    const y = maxPool(x, { window: [2, 2] });
    // The mean of v over the three maxima is 3; each of them gets a third of 2 · 3.
    expectClose('hvp', values([hvp(y.mul(y).sum(), x, v)], at)[0]!, [2, 2, 6, 0, 0, 2, 0, 0], 1e-15);
  });
});

describe('a small convolutional network', () => {
  const shapes = { w: [3, 1, 3, 3], u: [2, 3, 2, 2] } as const;
  const place = (name: string, shape: readonly number[]): Tensor => input(name, 'f64', shape);
  const w = { w: place('w', shapes.w), u: place('u', shapes.u) };
  const batch = place('x', [4, 1, 6, 6]);
  const loss = (x: Tensor): Tensor => {
    const same = { padding: [[1, 1], [1, 1]] } as const; // biome-ignore format: short
    const hidden = maxPool(conv(x, w.w, same).tanh(), { window: [2, 2] });
    return conv(hidden, w.u, { strides: [2, 2], padding: [[0, 1], [0, 1]] }).tanh().sum(); // biome-ignore format: short
  };
  const random = (t: Tensor, seed: number): number[] => directions([t.size], seed)[0]!;

  it('gives per-example gradients that add up to the gradient', () => {
    const example = (x: Tensor): Tensor[] => Object.values(grad(loss(x.reshape([1, 1, 6, 6])), w));
    const each = vmap(example)(batch);
    const at = new Map([batch, w.w, w.u].map((t, i) => [t, random(t, i)]));
    const sums = each.map((g) => g.sum(0));
    const results = values([...sums, ...Object.values(grad(loss(batch), w))], at);
    expectClose('first weight', results[0]!, results[2]!, 1e-13);
    expectClose('second weight', results[1]!, results[3]!, 1e-13);
  });

  it('gives Hessian products with several vectors at once', () => {
    const vs: [Tensor, Tensor] = [place('vs', [2, ...shapes.w]), place('us', [2, ...shapes.u])];
    const product = (a: Tensor, b: Tensor): Tensor[] => Object.values(hvp(loss(batch), w, { w: a, u: b }));
    const together = vmap(product)(...vs);
    const one = [0, 1].flatMap((i) => {
      const [a, b] = vs.map((v) => v.slice([i], [i + 1]).reshape(v.shape.slice(1))) as [Tensor, Tensor];
      return product(a, b);
    });
    const at = new Map([batch, w.w, w.u, ...vs].map((t, i) => [t, random(t, i)]));
    const results = values([...together, ...one], at);
    const joined = (a: number, b: number): number[] => [...Array.from(results[a]!), ...Array.from(results[b]!)];
    expectClose('first weight', results[0]!, joined(2, 4), 1e-13);
    expectClose('second weight', results[1]!, joined(3, 5), 1e-13);
  });
});

describe('the weight gradient by patches', () => {
  it('is the same tap by tap as with joined patches', () => {
    const [x, y] = [input('x', 'f64', [2, 4, 5, 6]), input('y', 'f64', [2, 6, 3, 3])];
    const sizes = { batch: 2, groups: 2, inputs: 2, outputs: 3, input: [5, 6], kernel: [3, 2], output: [3, 3] };
    const geometry = {
      strides: [1, 2],
      padding: [[0, 0], [0, 0]] as const, // biome-ignore format: short
      dilation: [1, 1],
      groups: 2,
    };
    const kernel = x.convWeight(y, { ...geometry, kernel: sizes.kernel });
    const forms = [Number.POSITIVE_INFINITY, 0].map((limit) => convWeightByPatches(x, y, sizes, geometry, limit));
    const at = new Map([x, y].map((t, i) => [t, directions([t.size], i)[0]!]));
    const [wanted, joined, apart] = values([kernel, ...forms], at);
    expect(forms[0]!.size).toBe(6 * 2 * 3 * 2);
    expectClose('joined', joined!, wanted!, 1e-13);
    expectClose('tap by tap', apart!, wanted!, 1e-13);
  });
});
