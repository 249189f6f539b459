import type { LowerContext } from '../tensor/ir.js';
import { type Shape, sameShape, sizeOf } from '../tensor/shape.js';

/**
 * From this many terms on, float32 sums are taken in stages. ONNX Runtime adds terms one after the other, so that the error
 * grows with their number: 4e-5 for 4,096 equal rows, 2e-3 for a vector of 2 million. Two stages of √n terms each bring it
 * to 5e-7, in the same time or less.
 */
const longSum = 1024;

/** Neighbouring axes that are all summed over, or all kept. */
interface Run {
  length: number;
  readonly summed: boolean;
}

function runsOf(shape: Shape, axes: readonly number[]): Run[] {
  const runs: Run[] = [];
  shape.forEach((length, i) => {
    const summed = axes.includes(i);
    const last = runs.at(-1);
    if (last?.summed === summed) last.length *= length;
    else runs.push({ length, summed });
  });
  return runs;
}

/** The largest divisor up to √n: at least 1. */
function divisor(n: number): number {
  let d = Math.floor(Math.sqrt(n));
  while (n % d !== 0) d--;
  return d;
}

/** Length of the pieces that n terms are cut into: a divisor of n that is not far from √n if there is one, else √n. */
function pieceOf(n: number): number {
  const small = divisor(n);
  return 16 * small * small >= n ? n / small : Math.ceil(Math.sqrt(n));
}

/** True for sums of so many terms that they are added in stages. */
export function isLong(shape: Shape, axes: readonly number[]): boolean {
  return sizeOf(axes.map((a) => shape[a]!)) >= longSum;
}

/** The lengths that a run is reshaped to, after `missing` zeros were put behind it. */
function cut({ length, summed }: Run): { readonly pieces: readonly number[]; readonly missing: number } {
  if (!summed || length < longSum) return { pieces: [length], missing: 0 };
  const piece = pieceOf(length);
  const count = Math.ceil(length / piece);
  return { pieces: [count, piece], missing: count * piece - length };
}

/**
 * Emits a long sum as sums of sums: every run of axes is a stage of its own, and a long run is cut into about √n pieces
 * of about √n elements (filled up with zeros where n has no such divisor).
 */
export function lowerInStages(context: LowerContext, name: string, shape: Shape, axes: readonly number[]): string {
  let current = name;
  let at: Shape = shape;
  const reshape = (to: Shape): void => {
    if (!sameShape(at, to)) current = context.emit('Reshape', [current, context.ints(to)]);
    at = to;
  };
  const cuts = runsOf(shape, axes).map((run) => ({ ...run, ...cut(run) }));
  if (cuts.some(({ missing }) => missing > 0)) {
    reshape(cuts.map(({ length }) => length));
    current = context.emit('Pad', [
      current,
      context.ints([...cuts.map(() => 0), ...cuts.map(({ missing }) => missing)]),
    ]);
    at = cuts.map(({ length, missing }) => length + missing);
  }
  const stages = cuts.flatMap(({ pieces, summed }) => pieces.map((length) => ({ length, summed })));
  reshape(stages.map(({ length }) => length));
  for (let i = stages.length - 1; i >= 0; i--) {
    if (stages[i]!.summed) current = context.emit('ReduceSum', [current, context.ints([i])], { keepdims: { int: 0 } });
  }
  at = stages.flatMap(({ length, summed }) => (summed ? [] : [length]));
  reshape(shape.filter((_, i) => !axes.includes(i)));
  return current;
}

/**
 * From this many elements on, rows are added up as a product with a row of ones: ReduceSum takes 2 to 4 times as long for them
 * (65 µs instead of 26 for 256 rows of 256 on two threads), a gradient of biases in most cases.
 */
const manyElements = 2 ** 13;

/** True for the sum of a matrix's rows where a product with ones is faster than ONNX Runtime's sum. */
export function addsManyRows(shape: Shape, axes: readonly number[]): boolean {
  return shape.length === 2 && axes.length === 1 && axes[0] === 0 && shape[1]! > 1 && sizeOf(shape) >= manyElements;
}

/** Emits the sum of the rows of a matrix as 1ᵀX. */
export function lowerAsProduct(context: LowerContext, name: string, [rows]: Shape): string {
  const ones = context.constant({ dtype: 'f32', shape: [rows!], data: new Float32Array(rows!).fill(1) });
  return context.emit('MatMul', [ones, name]);
}
