import type { Kernels } from '../../kernels/kernels.js';

/** Which half of the matrix an eigenvector (a row) lives in; a rotation between the halves fills both. */
export const LEFT = 0;
const BOTH = 1;
export const RIGHT = 2;

/** diag(d) + rho z zᵀ over n eigenpairs of two halves, row i of the eigenvectors at rows + i ld. */
export interface RankOneUpdate {
  readonly n: number;
  readonly d: Float64Array;
  readonly z: Float64Array;
  readonly rho: number;
  readonly rows: number;
  readonly ld: number;
  /** LEFT, BOTH or RIGHT for each. */
  readonly half: Uint8Array;
}

/** The indices that take part in the secular equation, d ascending, and those whose eigenpairs are final. */
export interface Deflation {
  readonly kept: number[];
  readonly final: number[];
}

/**
 * Finds the eigenpairs that the update leaves alone: those with a negligible z, and one of each two with nearly equal d, after a
 * rotation that zeroes its z (Dongarra and Sorensen 1987; LAPACK's dlaed2). d, z, the rows and `half` are changed in place.
 */
export function deflate(k: Kernels, update: RankOneUpdate): Deflation {
  const { n, d, z, rho, half } = update;
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => d[i]! - d[j]!);
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(d[i]!), Math.abs(z[i]!));
  const tolerance = 8 * 2 ** -53 * largest;
  const kept: number[] = [];
  const final: number[] = [];
  let candidate = -1;
  for (const i of order) {
    if (rho * Math.abs(z[i]!) <= tolerance) {
      final.push(i);
      continue;
    }
    if (candidate >= 0) {
      if (merges(d, z, candidate, i, tolerance)) {
        rotateApart(k, update, candidate, i);
        if (half[candidate] !== half[i]) half[i] = BOTH;
        half[candidate] = half[i]!;
        final.push(candidate);
      } else {
        kept.push(candidate);
      }
    }
    candidate = i;
  }
  if (candidate >= 0) kept.push(candidate);
  return { kept, final };
}

/** Whether the coupling that a rotation of i into j would leave is negligible. */
function merges(d: Float64Array, z: Float64Array, i: number, j: number, tolerance: number): boolean {
  const length = Math.hypot(z[i]!, z[j]!);
  return Math.abs((d[j]! - d[i]!) * (z[j]! / length) * (z[i]! / length)) <= tolerance;
}

/** Rotates all of z[i] into z[j], and the eigenpairs with it. */
function rotateApart(k: Kernels, { n, d, z, rows, ld }: RankOneUpdate, i: number, j: number): void {
  const length = Math.hypot(z[i]!, z[j]!);
  const c = z[j]! / length;
  const s = -z[i]! / length;
  z[j] = length;
  z[i] = 0;
  k.rotate(n, rows + i * ld, rows + j * ld, c, s);
  const low = d[i]!;
  const high = d[j]!;
  d[i] = low * c * c + high * s * s;
  d[j] = low * s * s + high * c * c;
}
