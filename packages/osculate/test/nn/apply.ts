import { hvp, valueAndGrad } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import type { Context, Layer, Parameters } from '../../src/nn/index.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import {
  astype,
  constant,
  type DType,
  generator,
  input,
  leaves,
  mapTree,
  type NDArray,
  parameters,
  type Tensor,
  type Tree,
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
  executor: Executor = referenceExecutor(),
): Promise<Record<string, NDArray>> {
  const executable = await executor.load(compile(outputs));
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
  readonly gradient: Record<string, NDArray>;
  readonly hvp: Record<string, NDArray>;
}

/** Value, gradient and HVP of Σ (output · fixed random weights), with respect to the parameters (and a float input x). */
export function derivativesOf<P extends Parameters>(
  layer: Layer<P>,
  weights: P,
  x: NDArray,
  makeContext?: () => Context,
) {
  const cast = (array: NDArray, dtype: 'f32' | 'f64'): NDArray =>
    array.dtype === 'f32' || array.dtype === 'f64' ? astype(array, dtype) : array;
  const build = (dtype: 'f32' | 'f64') => {
    const own = mapTree<NDArray, NDArray>(weights, (a) => cast(a, dtype)) as P;
    const w = parameters(own, 'w.');
    const given = cast(x, dtype);
    const xs = input('x', given.dtype as DType, given.shape);
    const output = layer.apply(w, xs, makeContext?.());
    const loss = output.mul(constant(random(output.shape, 99, dtype))).sum();
    const isFloat = given.dtype === dtype;
    const wrt: Record<string, Tensor> = Object.fromEntries([
      ...leaves<Tensor>(w as Tree<Tensor>).map(([name, t]) => [`w.${name}`, t] as const),
      ...(isFloat ? [['x', xs] as const] : []),
    ]);
    const directions = Object.fromEntries(
      Object.entries(wrt).map(([name, t], i) => [name, constant(random(t.shape, 200 + i, dtype))]),
    );
    const { value, gradient } = valueAndGrad(loss, wrt);
    const product = hvp(loss, wrt, directions);
    const feeds = Object.fromEntries([
      ...leaves<NDArray>(own).map(([name, a]) => [`w.${name}`, a] as const),
      ['x', given] as const,
    ]);
    return { feeds, value, gradient, product, names: Object.keys(wrt) };
  };
  return async (
    executor: Executor,
    dtype: 'f32' | 'f64',
    moved: Record<string, NDArray> = {},
  ): Promise<Derivatives> => {
    const { feeds, value, gradient, product, names } = build(dtype);
    const flat = (prefix: string, record: Record<string, Tensor>) =>
      Object.fromEntries(names.map((name, i) => [`${prefix}${i}`, record[name]!]));
    const outputs = { value, ...flat('g', gradient), ...flat('h', product) };
    const results = await run(outputs, { ...feeds, ...moved }, executor);
    const pick = (prefix: string) => Object.fromEntries(names.map((name, i) => [name, results[`${prefix}${i}`]!]));
    return { value: Number(results.value!.data[0]), gradient: pick('g'), hvp: pick('h') };
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
