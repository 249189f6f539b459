import { solveLeastSquares } from '../../linalg/dense/least-squares.js';
import { transposeAt } from '../../linalg/dense/transpose.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';
import { dotAt } from '../../linalg/vectors.js';
import type { Box } from '../bounds.js';

/** The minimiser of a bounded linear problem. */
export interface BoundedLinear {
  readonly solution: Float64Array;
  /** −1: at its lower bound, 1: at its upper bound, 0: free. */
  readonly sides: Int8Array;
}

/** Minimises ‖A·x − b‖ over a box; A is square or tall, a column after the other. */
class ActiveSet {
  readonly x: Float64Array;
  readonly sides: Int8Array;
  private readonly norms: Float64Array;

  constructor(
    private readonly columns: readonly Float64Array[],
    private readonly b: Float64Array,
    private readonly box: Box,
  ) {
    this.x = new Float64Array(columns.length);
    this.sides = new Int8Array(columns.length);
    this.norms = Float64Array.from(columns, (a) => Math.sqrt(dotAt(a, 0, a, 0, a.length)));
  }

  run(): BoundedLinear {
    this.descend(this.solve());
    // Each round lowers the cost at a new set of free variables, so that it ends; the limit guards against rounding.
    for (let round = 0; round < 10 * this.x.length + 10; round++) if (!this.release()) break;
    return { solution: this.x, sides: this.sides };
  }

  /** The minimiser over the free variables, the others as they are. */
  private solve(): Float64Array {
    const { columns, x, sides, b } = this;
    const free = columns.flatMap((_, j) => (sides[j] === 0 ? [j] : []));
    const result = x.slice();
    if (free.length === 0) return result;
    const right = b.slice();
    const a = matrix(b.length, free.length);
    columns.forEach((column, j) => {
      if (sides[j] !== 0) for (let i = 0; i < right.length; i++) right[i]! -= column[i]! * x[j]!;
    });
    free.forEach((j, l) => {
      const scale = this.norms[j]! || 1;
      for (let i = 0; i < right.length; i++) a.data[i * free.length + l] = columns[j]![i]! / scale;
    });
    solveLeastSquares(a, right).solution.forEach((value, l) => {
      result[free[l]!] = value / (this.norms[free[l]!]! || 1);
    });
    return result;
  }

  /** Goes towards a minimiser as far as the box allows, holds what it meets there, and repeats until the minimiser is inside. */
  private descend(first: Float64Array): void {
    const { x, sides, box } = this;
    let to = first;
    for (let round = 0; round <= x.length; round++) {
      let [share, hit] = [1, -1];
      to.forEach((target, j) => {
        if (sides[j] !== 0) return;
        const bound = Math.min(Math.max(target, box.lower[j]!), box.upper[j]!);
        if (bound === target) return;
        const s = target === x[j] ? 0 : Math.max(0, (bound - x[j]!) / (target - x[j]!));
        if (hit < 0 || s < share) [share, hit] = [s, j];
      });
      for (let j = 0; j < x.length; j++) if (sides[j] === 0) x[j]! += share * (to[j]! - x[j]!);
      box.clamp(x);
      if (hit < 0) return;
      sides[hit] = to[hit]! < box.lower[hit]! ? -1 : 1;
      x[hit] = sides[hit] < 0 ? box.lower[hit]! : box.upper[hit]!;
      to = this.solve();
    }
  }

  /** Lets go of the held variable that gains most from leaving its bound; false where none gains. */
  private release(): boolean {
    const { columns, b, x, sides, box, norms } = this;
    const rest = b.slice();
    columns.forEach((column, j) => {
      for (let i = 0; i < rest.length; i++) rest[i]! -= column[i]! * x[j]!;
    });
    const size = Math.sqrt(dotAt(b, 0, b, 0, b.length));
    const tried = new Set<number>();
    for (;;) {
      let [gain, best] = [1e-14 * size, -1];
      sides.forEach((side, j) => {
        if (side === 0 || box.lower[j] === box.upper[j] || tried.has(j) || norms[j] === 0) return;
        const inward = (-side * dotAt(columns[j]!, 0, rest, 0, rest.length)) / norms[j]!;
        if (inward > gain) [gain, best] = [inward, j];
      });
      if (best < 0) return false;
      const side = sides[best]!;
      sides[best] = 0;
      const to = this.solve();
      if (-side * (to[best]! - x[best]!) > 0) {
        this.descend(to);
        return true;
      }
      // Rounding alone made it look worth while.
      sides[best] = side;
      tried.add(best);
    }
  }
}

/**
 * min ‖A·x − b‖ over a box, A given as columns, by an active-set method (Stark and Parker 1995, bounded-variable least squares) that starts
 * at the point of the box nearest to zero with everything free. Free variables are solved for by pivoted QR, with the shortest solution of a
 * rank-deficient A. Cost: a QR for each variable that changes sides.
 */
export function boundedLinear(columns: readonly Float64Array[], b: Float64Array, box: Box): BoundedLinear {
  const set = new ActiveSet(columns, b, box);
  box.clamp(set.x);
  for (let j = 0; j < set.x.length; j++) {
    if (box.lower[j] !== box.upper[j]) continue;
    set.sides[j] = -1;
  }
  return set.run();
}

/** The columns of a row-major matrix. */
export function columnsOf({ rows, columns, data }: Matrix): Float64Array[] {
  const all = new Float64Array(rows * columns);
  transposeAt(data, rows, columns, 0, columns, 0, rows, all);
  return Array.from({ length: columns }, (_, j) => all.subarray(j * rows, (j + 1) * rows));
}
