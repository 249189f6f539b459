import { grad, hvp } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { type Context, type Layer, type Parameters, trainingContext } from '../../src/nn/index.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import {
  astype,
  constant,
  generator,
  input,
  leaves,
  mapTree,
  type NDArray,
  parameters,
  type Tensor,
  type Tree,
  toNumbers,
  zeros,
} from '../../src/tensor/index.js';

/** An array of standard normal numbers, each rounded to f32 so that both precisions see the same. */
export function random(shape: readonly number[], seed: number, dtype: 'f32' | 'f64' = 'f64'): NDArray<'f32' | 'f64'> {
  const draw = generator(seed);
  const array = zeros(dtype, shape);
  for (let i = 0; i < array.data.length; i++) array.data[i] = Math.fround(draw.normal());
  return array;
}

/** Parameters of a layer, all replaced by random numbers: biases must not be zero, or they would not be tested. */
export function randomParameters<P extends Parameters>(layer: Layer<P>, seed = 1): P {
  let k = seed;
  return mapTree<NDArray, NDArray>(layer.init(generator(0), 'f64'), ({ shape }) => random(shape, k++)) as P;
}

export async function run(
  outputs: Tree<Tensor>,
  feeds: Readonly<Record<string, NDArray>> = {},
  inputs: readonly Tensor[] = [],
): Promise<Record<string, NDArray>> {
  const executor = referenceExecutor();
  const executable = await executor.load(compile(outputs, { inputs }));
  return executable.run(feeds).finally(() => executable.dispose());
}

/** A layer's output. */
export async function outputOf<P extends Parameters>(
  layer: Layer<P>,
  weights: P,
  x: NDArray,
  context?: Context,
  feeds: Readonly<Record<string, NDArray>> = {},
): Promise<NDArray> {
  const output = layer.apply(parameters(weights), constant(x), context);
  return (await run({ output }, { ...Object.fromEntries(leaves<NDArray>(weights)), ...feeds })).output!;
}

export interface Derivatives {
  readonly value: number;
  readonly gradient: Record<string, number[]>;
  readonly hvp: Record<string, number[]>;
}

/** A loaded program of Σ (output · fixed random weights), its gradient, and its HVP along fixed random directions. */
export interface Probe {
  /** The point: parameters as `w.…`, and the input `x`. */
  readonly point: Readonly<Record<string, NDArray>>;
  readonly directions: Readonly<Record<string, NDArray>>;
  /** Evaluates with some arrays of the point replaced. */
  at(moved?: Readonly<Record<string, NDArray>>): Promise<Derivatives>;
  dispose(): Promise<void>;
}

/** Probes a layer in training, with respect to its parameters and, if that is a float, its input. */
export async function probe<P extends Parameters>(
  layer: Layer<P>,
  weights: P,
  x: NDArray,
  executor: Executor,
  dtype: 'f32' | 'f64',
): Promise<Probe> {
  const cast = (array: NDArray): NDArray => (array.dtype === 'i32' ? array : astype(array, dtype));
  const own = mapTree<NDArray, NDArray>(weights, cast) as P;
  const named = leaves<NDArray>(own).map(([name, a]) => [`w.${name}`, a] as const);
  const point = Object.fromEntries([...named, ['x', cast(x)] as const]);
  const w = parameters(own, 'w.');
  const xs = input('x', point.x!.dtype, x.shape);
  const output = layer.apply(w, xs, trainingContext());
  const loss = output.mul(constant(random(output.shape, 99, dtype))).sum();
  const tensors = leaves<Tensor>(w as Tree<Tensor>).map(([, t]) => t);
  const wrt = x.dtype === 'i32' ? tensors : [...tensors, xs];
  const names = Object.keys(point).slice(0, wrt.length);
  const directions = wrt.map((t, i) => random(t.shape, 200 + i, dtype));
  const gradient = grad(loss, wrt);
  const product = hvp(
    loss,
    wrt,
    directions.map((d) => constant(d)),
  );
  const program = compile({ value: loss, gradient, hvp: product }, { inputs: [xs, ...tensors] });
  const executable = await executor.load(program);
  return {
    point,
    directions: Object.fromEntries(names.map((name, i) => [name, directions[i]!])),
    at: async (moved = {}) => {
      const results = await executable.run({ ...point, ...moved });
      const pick = (what: 'gradient' | 'hvp') =>
        Object.fromEntries(names.map((n, i) => [n, toNumbers(results[`${what}.${i}`]!)]));
      return { value: Number(results.value.data[0]), gradient: pick('gradient'), hvp: pick('hvp') };
    },
    dispose: () => executable.dispose(),
  };
}

/** A matrix-like array as nested numbers, for naive loops. */
export function nested(array: NDArray): NestedArray {
  const build = (shape: readonly number[], offset: number): NestedArray => {
    if (shape.length === 0) return Number(array.data[offset]) as unknown as NestedArray;
    const step = shape.slice(1).reduce((a, b) => a * b, 1);
    return Array.from({ length: shape[0]! }, (_, i) => build(shape.slice(1), offset + i * step)) as NestedArray;
  };
  return build(array.shape, 0);
}

/** Nested numbers of a depth that the test knows. */
export type NestedArray = NestedArray[] & number;

/** Nested numbers as a flat list. */
export function flat(value: unknown): number[] {
  return Array.isArray(value) ? value.flatMap(flat) : [Number(value)];
}
