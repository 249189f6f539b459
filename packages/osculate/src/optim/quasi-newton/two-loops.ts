import { axpy, dot, scale } from '../../linalg/krylov/vectors.js';

/** A step s = Δx with the change y = Δg of the gradient along it. */
export interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
}

/** q ← q + α·x, and then uᵀq and uᵀv. */
function addThenDots(
  alpha: number,
  x: Float64Array,
  q: Float64Array,
  u: Float64Array,
  v: Float64Array,
): readonly [uq: number, uv: number] {
  const n = q.length;
  let [q0, q1, v0, v1, i] = [0, 0, 0, 0, 0];
  for (; i + 2 <= n; i += 2) {
    const a = q[i]! + alpha * x[i]!;
    const b = q[i + 1]! + alpha * x[i + 1]!;
    q[i] = a;
    q[i + 1] = b;
    q0 += u[i]! * a;
    q1 += u[i + 1]! * b;
    v0 += u[i]! * v[i]!;
    v1 += u[i + 1]! * v[i + 1]!;
  }
  if (i < n) {
    const a = q[i]! + alpha * x[i]!;
    q[i] = a;
    q0 += u[i]! * a;
    v0 += u[i]! * v[i]!;
  }
  return [q0 + q1, v0 + v1];
}

/** q ← q + α·x, and then uᵀq. */
function addThenDot(alpha: number, x: Float64Array, q: Float64Array, u: Float64Array): number {
  const n = q.length;
  let [q0, q1, i] = [0, 0, 0];
  for (; i + 2 <= n; i += 2) {
    const a = q[i]! + alpha * x[i]!;
    const b = q[i + 1]! + alpha * x[i + 1]!;
    q[i] = a;
    q[i + 1] = b;
    q0 += u[i]! * a;
    q1 += u[i + 1]! * b;
  }
  if (i < n) {
    const a = q[i]! + alpha * x[i]!;
    q[i] = a;
    q0 += u[i]! * a;
  }
  return q0 + q1;
}

/**
 * q ← H·q in place by the two-loop recursion (Nocedal and Wright 2006, algorithm 7.4) over pairs, oldest first, with H₀ = γI and
 * γ = sᵀy/yᵀy of the newest pair; without pairs H is the identity. Cost: 8·m·n operations for m pairs, whose arrays are each read
 * twice: where they are larger than the caches that is what takes the time, so an update of q and the products behind it are one pass.
 */
export function twoLoops(pairs: readonly Pair[], q: Float64Array): void {
  const newest = pairs.at(-1);
  if (newest === undefined) return;
  const last = pairs.length - 1;
  const [alphas, sy] = [new Float64Array(pairs.length), new Float64Array(pairs.length)];
  let [along, own] = [dot(newest.s, q), dot(newest.s, newest.y)];
  for (let k = last; k >= 0; k--) {
    sy[k] = own;
    alphas[k] = along / own;
    const next = pairs[k - 1];
    if (next) [along, own] = addThenDots(-alphas[k]!, pairs[k]!.y, q, next.s, next.y);
    else axpy(-alphas[k]!, pairs[k]!.y, q);
  }
  scale(sy[last]! / dot(newest.y, newest.y), q);
  along = dot(pairs[0]!.y, q);
  for (let k = 0; k <= last; k++) {
    const change = alphas[k]! - along / sy[k]!;
    const next = pairs[k + 1];
    if (next) along = addThenDot(change, pairs[k]!.s, q, next.y);
    else axpy(change, pairs[k]!.s, q);
  }
}
