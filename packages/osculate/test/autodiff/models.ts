import '../../src/ops/index.js';
import { type Generator, input, type Tensor } from '../../src/tensor/index.js';

/** (1 − x)² + 100 (y − x²)² of a vector [x, y]. */
export function rosenbrock(p: Tensor): Tensor {
  const x = p.slice([0], [1]).reshape([]);
  const y = p.slice([1], [2]).reshape([]);
  const a = x.neg().add(1);
  const b = y.sub(x.mul(x));
  return a.mul(a).add(b.mul(b).mul(100));
}

export interface Mlp {
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly outputs: Tensor;
  /** Mean over the batch of half the squared error. */
  readonly loss: Tensor;
}

/** A tanh network of the given widths with a squared error. */
export function mlp(widths: readonly number[], batch: number, dtype: 'f32' | 'f64' = 'f64'): Mlp {
  const x = input('x', dtype, [batch, widths[0]!]);
  const y = input('y', dtype, [batch, widths.at(-1)!]);
  const parameters: Record<string, Tensor> = {};
  let h = x;
  for (let i = 1; i < widths.length; i++) {
    parameters[`w${i}`] = input(`w${i}`, dtype, [widths[i - 1]!, widths[i]!]);
    parameters[`b${i}`] = input(`b${i}`, dtype, [widths[i]!]);
    h = h.matmul(parameters[`w${i}`]!).add(parameters[`b${i}`]!);
    if (i < widths.length - 1) h = h.tanh();
  }
  const error = h.sub(y);
  return {
    parameters,
    x,
    y,
    outputs: h,
    loss: error
      .mul(error)
      .sum()
      .mul(0.5 / batch),
  };
}

/** Inputs like the given tensors, for directions. */
export function directionsLike<T extends Readonly<Record<string, Tensor>>>(tree: T, prefix: string): T {
  return Object.fromEntries(
    Object.entries(tree).map(([name, t]) => [name, input(`${prefix}${name}`, t.dtype, t.shape)]),
  ) as unknown as T;
}

/** Random values for named tensors. */
export function randomFeeds(tensors: Readonly<Record<string, Tensor>>, random: Generator): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [name, Array.from({ length: t.size }, () => random.normal())]),
  );
}
