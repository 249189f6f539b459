import { ShapeError } from '../../tensor/errors.js';
import type { KernelOptions } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireFinite, requireSquare } from '../matrix.js';
import { rotateInto } from './givens.js';
import { solveTriangular } from './triangular.js';

function requireRow(routine: string, upper: Matrix, row: Float64Array): number {
  const n = requireSquare(routine, upper);
  if (row.length !== n) throw new ShapeError(`${routine}: the row has ${row.length} elements where R has order ${n}.`);
  requireFinite(routine, upper);
  requireFinite(`${routine}, row`, matrix(1, n, row));
  return n;
}

/** R of [A; rowᵀ] from R of A: R̃ᵀR̃ = RᵀR + row rowᵀ, by n plane rotations, 3 n² operations (Golub and Van Loan, section 6.5.3). */
export function qrAppendRow(upper: Matrix, row: Float64Array, options: KernelOptions = {}): Matrix {
  const n = requireRow('qrAppendRow', upper, row);
  const k = kernelsFor(options);
  return withMemory(k, n * (n + 1), (at) => {
    k.heap.set(upper.data, at);
    k.heap.set(row, at + n * n);
    for (let i = 0; i < n; i++) rotateInto(k, at + i * (n + 1), at + n * n + i, n - i);
    return matrix(n, n, k.heap.slice(at, at + n * n));
  });
}

export type QrDowndate =
  | { readonly status: 'ok'; readonly upper: Matrix }
  /** RᵀR − row rowᵀ is not positive definite: 1 − ‖R⁻ᵀ row‖² is `margin` ≤ 0. */
  | { readonly status: 'indefinite'; readonly margin: number }
  /** R has a zero on its diagonal at `pivot`. */
  | { readonly status: 'singular'; readonly pivot: number };

/**
 * R of A without one of its rows: R̃ᵀR̃ = RᵀR − row rowᵀ, in 4 n² operations (Stewart 1979; LINPACK's dchdd). Loses accuracy, as the
 * problem does, when the row is nearly all that spans some direction; fails when it is more than that.
 */
export function qrRemoveRow(upper: Matrix, row: Float64Array, options: KernelOptions = {}): QrDowndate {
  const n = requireRow('qrRemoveRow', upper, row);
  const solved = solveTriangular(upper, row, { ...options, triangle: 'upper', transpose: true });
  if (solved.status !== 'ok') return solved;
  const { solution } = solved;
  const margin = 1 - solution.reduce((sum, value) => sum + value * value, 0);
  if (!(margin > 0)) return { status: 'indefinite', margin };
  const k = kernelsFor(options);
  return withMemory(k, n * (n + 1), (at) => {
    const h = k.heap;
    const removed = at + n * n;
    h.set(upper.data, at);
    h.fill(0, removed, removed + n);
    let rest = Math.sqrt(margin);
    // The rotations that carry (solution, √margin) to the last unit vector carry R to R̃ and bring out the row.
    for (let i = n - 1; i >= 0; i--) {
      const length = Math.hypot(rest, solution[i]!);
      const c = rest / length;
      const s = solution[i]! / length;
      k.rotate(n - i, at + i * (n + 1), removed + i, c, -s);
      rest = length;
    }
    return { status: 'ok', upper: matrix(n, n, h.slice(at, at + n * n)) };
  });
}
