import { gramTriangle } from '../../linalg/dense/gram-triangle.js';
import { solveTriangularAt } from '../../linalg/dense/triangular.js';
import { kernelsFor, withMemory } from '../../linalg/kernels/select.js';
import { axpy, dotAt } from '../../linalg/vectors.js';
import type { Box } from '../bounds.js';
import { isTall, MOST_INVERSE } from '../trust-region/linear-model.js';
import type { BasisRange, LinearSolution } from './basis-range.js';
import { boundedLinear } from './bounded-linear.js';

/**
 * The range of a tall basis whose columns are well apart, by their triangular factor R from the Gram matrix, ΦᵀΦ = RᵀR: Φ⁺ = R⁻¹R⁻ᵀΦᵀ, with
 * a step of refinement where it counts (corrected semi-normal equations, Björck 1987), which makes it as exact as QR. Cost: mp² to make,
 * 4mpq to project q columns.
 */
export class GramRange implements BasisRange {
  private constructor(
    private readonly columns: readonly Float64Array[],
    /** Of [Φ, b], row-major of order p + 1. */
    private readonly triangle: Float64Array,
  ) {}

  /** For columns that stay as they are while it is used, and the b of `solve`; null where they are too few or too near to each other. */
  static of(columns: readonly Float64Array[], b: Float64Array): GramRange | null {
    const [m, p] = [b.length, columns.length];
    if (!isTall(m, p)) return null;
    const triangle = new Float64Array((p + 1) ** 2);
    const read = (start: number, count: number, into: Float64Array, offset: number, stride: number): void => {
      for (let j = 0; j <= p; j++) into.set((columns[j] ?? b).subarray(start, start + count), offset + j * stride);
    };
    return gramTriangle(m, p, read, MOST_INVERSE, triangle) ? new GramRange(columns, triangle) : null;
  }

  /** Its b must be that of `of`. */
  solve(b: Float64Array, box: Box): LinearSolution {
    const { columns, triangle } = this;
    const [p, width] = [columns.length, columns.length + 1];
    const c = Float64Array.from({ length: p }, (_, i) => triangle[i * width + p]!);
    if (box.bounded) {
      const upper = columns.map((_, j) => Float64Array.from({ length: p }, (__, i) => triangle[i * width + j]!));
      return boundedLinear(upper, c, box);
    }
    this.back(c);
    const rest = b.slice();
    for (let j = 0; j < p; j++) axpy(-c[j]!, columns[j]!, rest);
    const correction = Float64Array.from(columns, (column) => dotAt(column, 0, rest, 0, rest.length));
    this.forward(correction);
    this.back(correction);
    axpy(1, correction, c);
    return { solution: c, sides: new Int8Array(p) };
  }

  project(v: readonly Float64Array[], z: readonly Float64Array[] | null): Float64Array[] {
    const { columns, triangle } = this;
    const [p, q, m] = [columns.length, v.length, v[0]!.length];
    const k = kernelsFor({});
    return withMemory(k, triangle.length + (p + q) * m + p * q, (r) => {
      const basis = r + triangle.length;
      const targets = basis + p * m;
      const w = targets + q * m;
      const { heap } = k;
      heap.set(triangle, r);
      for (let j = 0; j < p; j++) heap.set(columns[j]!, basis + j * m);
      for (let l = 0; l < q; l++) heap.set(v[l]!, targets + l * m);
      for (let j = 0; j < p; j++) for (let l = 0; l < q; l++) heap[w + j * q + l] = z === null ? 0 : z[l]![j]!;
      k.gemm(false, true, p, q, m, 1, basis, m, targets, m, w, q, false);
      const factor = { at: r, ld: p + 1, unit: false };
      solveTriangularAt(k, p, { ...factor, transposed: true, upper: false }, q, w, q);
      solveTriangularAt(k, p, { ...factor, transposed: false, upper: true }, q, w, q);
      k.gemm(true, false, q, m, p, -1, w, q, basis, m, targets, m, false);
      return v.map((_, l) => heap.slice(targets + l * m, targets + (l + 1) * m));
    });
  }

  /** R⁻¹x in place. */
  private back(x: Float64Array): void {
    const width = x.length + 1;
    for (let i = x.length - 1; i >= 0; i--) {
      for (let j = i + 1; j < x.length; j++) x[i]! -= this.triangle[i * width + j]! * x[j]!;
      x[i]! /= this.triangle[i * (width + 1)]!;
    }
  }

  /** R⁻ᵀx in place. */
  private forward(x: Float64Array): void {
    const width = x.length + 1;
    for (let i = 0; i < x.length; i++) {
      for (let j = 0; j < i; j++) x[i]! -= this.triangle[j * width + i]! * x[j]!;
      x[i]! /= this.triangle[i * (width + 1)]!;
    }
  }
}
