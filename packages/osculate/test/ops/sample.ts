import { type DType, type Generator, generator, type NDArray, ndarray } from '../../src/tensor/index.js';
import { sizeOf } from '../../src/tensor/shape.js';
import type { CaseInput, OpCase } from './case.js';

/** Set `OP_SEED` to repeat the suite on other values. */
const base = Number(process.env.OP_SEED ?? 1);

/** A seed of its own for every case, so that adding one does not move the others. */
export function seedOf({ name }: OpCase): number {
  let hash = base;
  for (const c of name) hash = (Math.imul(hash, 31) + c.codePointAt(0)!) >>> 0;
  return hash;
}

/** The dtype of an input when floats are `float`. */
export function dtypeOf({ dtype = 'float' }: CaseInput, float: 'f32' | 'f64'): DType {
  return dtype === 'float' ? float : dtype;
}

function draw(spec: CaseInput, random: Generator): number {
  const dtype = spec.dtype ?? 'float';
  if (dtype === 'bool') return random.integer(2);
  if (dtype !== 'float') {
    const low = spec.low ?? 0;
    return low + random.integer((spec.high ?? 4) - low + 1);
  }
  const [low, high] = [spec.low ?? -2, spec.high ?? 2];
  // Rounded to f32, so that both precisions get the same point.
  return Math.fround(low + (high - low) * random.uniform());
}

/** Values of one input. Element `turn` of a batch of fixed values is the values rotated by `turn`: they stay in their domain. */
function sampleInput(spec: CaseInput, random: Generator, turn: number): number[] {
  const size = sizeOf(spec.shape);
  const { values } = spec;
  if (values) return Array.from({ length: size }, (_, i) => values[(i + turn) % values.length]!);
  return Array.from({ length: size }, () => draw(spec, random));
}

/** Values for all inputs of a case: element `turn` of a batch. */
export function sample(c: OpCase, turn = 0): number[][] {
  const random = generator(seedOf(c) + 7919 * turn);
  return c.inputs.map((spec) => sampleInput(spec, random, turn));
}

/** Directions and weights: uniform in [−1, 1], of either sign everywhere. */
export function directions(sizes: readonly number[], seed: number): number[][] {
  const random = generator(seed);
  return sizes.map((n) => Array.from({ length: n }, () => Math.fround(2 * random.uniform() - 1)));
}

/** Sampled values as arrays, as `expected` takes them. */
export function arraysOf(c: OpCase, values: readonly number[][], float: 'f32' | 'f64'): NDArray[] {
  return c.inputs.map((spec, i) => ndarray(dtypeOf(spec, float), values[i]!, spec.shape));
}
