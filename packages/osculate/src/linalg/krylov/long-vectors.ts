import type { Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';

/** A vector of which many are kept: in single precision where it is known to no more. Sums run in double precision either way. */
export type LongVector = Float32Array | Float64Array;

/** Elements of each vector in the kernels' memory at once: some dozens of such strips fit the caches. */
const STRIP = 4096;
/** Distance of the rows: by a power of two they would all share the same few lines of a cache. */
const STRIDE = STRIP + 24;

/** Strips of vectors in the kernels' memory, a row for each, and doubles beside them. */
interface Strips {
  readonly k: Kernels;
  readonly numbers: number;
  /** The memory in elements of the vectors, and where each row lies in it. */
  readonly memory: LongVector;
  readonly row: (i: number) => number;
  /** Doubles: parts of the vector in row `x` along the first `m` rows are added to `numbers + to`. */
  addParts(m: number, length: number, first: number, x: number, to: number): void;
  /** Row `y` += Σᵢ cᵢ row i over the first `m` rows, with the cᵢ from `numbers + from` on. */
  addCombination(m: number, length: number, from: number, y: number): void;
}

function stripsAt(k: Kernels, numbers: number, doubles: number, single: boolean): Strips {
  const start = (numbers + doubles) * (single ? 2 : 1);
  const memory = single ? new Float32Array(k.heap.buffer) : k.heap;
  const row = (i: number): number => start + i * STRIDE;
  return {
    k,
    numbers,
    memory,
    row,
    addParts: (m, length, first, x, to) =>
      single
        ? k.gemvSingle(m, length, row(first), STRIDE, row(x), numbers + to)
        : k.gemv(m, length, 1, row(first), STRIDE, row(x), numbers + to),
    addCombination: (m, length, from, y) =>
      single
        ? k.gemvTransposedSingle(m, length, row(0), STRIDE, numbers + from, row(y))
        : k.gemvTransposed(m, length, 1, row(0), STRIDE, numbers + from, row(y)),
  };
}

/**
 * Runs `body` on one strip of the vectors after another, which lie in the first rows; `numbers` are the doubles beside them, and are returned.
 */
function byStrips(
  vectors: readonly LongVector[],
  rows: number,
  numbers: Float64Array,
  body: (strips: Strips, from: number, length: number) => void,
): Float64Array {
  const first = vectors[0]!;
  const k = kernelsFor({});
  const doubles = numbers.length + (numbers.length & 1);
  return withMemory(k, doubles + rows * STRIDE, (at) => {
    const strips = stripsAt(k, at, doubles, first instanceof Float32Array);
    k.heap.set(numbers, at);
    for (let from = 0; from < first.length; from += STRIP) {
      const length = Math.min(STRIP, first.length - from);
      for (let i = 0; i < vectors.length; i++) {
        strips.memory.set(vectors[i]!.subarray(from, from + length), strips.row(i));
      }
      body(strips, from, length);
    }
    return k.heap.slice(at, at + numbers.length);
  });
}

/** vᵢᵀw for every vector. */
export function partsAlong(vectors: readonly LongVector[], w: LongVector): Float64Array {
  const m = vectors.length;
  const zeros = new Float64Array(m);
  return byStrips([...vectors, w], m + 1, zeros, (s, _, length) => s.addParts(m, length, 0, m, 0));
}

/** w ← w − Σᵢ parts[i] vᵢ, each element rounded once; returns ‖w‖². */
export function takeOut(vectors: readonly LongVector[], parts: Float64Array, w: LongVector): number {
  const m = vectors.length;
  const numbers = new Float64Array(m + 1);
  for (let i = 0; i < m; i++) numbers[i] = -parts[i]!;
  const result = byStrips([...vectors, w], m + 1, numbers, (s, from, length) => {
    s.addCombination(m, length, 0, m);
    s.addParts(1, length, m, m, m);
    w.set(s.memory.subarray(s.row(m), s.row(m) + length), from);
  });
  return result[m]!;
}

/**
 * Takes out of w its parts along orthonormal vectors, twice, which is enough (Giraud, Langou and Rozložník 2005); returns these parts. All
 * of them are found at once, so that long vectors pass through the caches once for each half of a pass.
 */
export function orthogonalize(vectors: readonly LongVector[], w: LongVector): Float64Array {
  const sum = new Float64Array(vectors.length);
  if (vectors.length === 0) return sum;
  for (let pass = 0; pass < 2; pass++) {
    const parts = partsAlong(vectors, w);
    takeOut(vectors, parts, w);
    for (let i = 0; i < sum.length; i++) sum[i]! += parts[i]!;
  }
  return sum;
}

/** outputs[j] ← Σᵢ coefficients[j][i] vᵢ; the outputs may be vectors themselves. */
export function combine(
  vectors: readonly LongVector[],
  coefficients: readonly Float64Array[],
  outputs: readonly LongVector[],
): void {
  const m = vectors.length;
  if (m === 0) return;
  const numbers = new Float64Array(m * coefficients.length);
  coefficients.forEach((c, j) => void numbers.set(c, j * m));
  byStrips(vectors, m + 1, numbers, (s, from, length) => {
    const at = s.row(m);
    for (let j = 0; j < outputs.length; j++) {
      s.memory.fill(0, at, at + length);
      s.addCombination(m, length, j * m, m);
      outputs[j]!.set(s.memory.subarray(at, at + length), from);
    }
  });
}
