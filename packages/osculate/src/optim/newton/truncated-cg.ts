import { where, whileLoop } from '../../ops/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant, full } from '../../tensor/leaf.js';
import { ndarray } from '../../tensor/ndarray.js';

/**
 * The state of a preconditioned conjugate-gradient solve of A·x = b as graph tensors. φ(x) = ½xᵀAx − bᵀx falls with every
 * iteration; `history[i]` is φ after iteration i.
 */
export interface CgState {
  readonly x: Tensor;
  /** A·x − b. */
  readonly r: Tensor;
  /** Search direction. */
  readonly p: Tensor;
  /** rᵀM⁻¹r. */
  readonly rho: Tensor;
  /** Iterations done (a float scalar). */
  readonly i: Tensor;
  readonly history: Tensor;
  /** 0: running; 1: relative progress below the tolerance; 2: non-positive curvature; 3: not finite. */
  readonly status: Tensor;
}

/** Iterations and tolerance of Martens 2010, section 4.4. */
export interface CgTruncation {
  /** Most iterations in all (250). */
  readonly maxIterations: number;
  /** ε in (φ(i) − φ(i−k))/φ(i) < ε·k (5e-4). */
  readonly tolerance: number;
}

export const cgStatus = ['running', 'converged', 'non-positive curvature', 'not finite'] as const;

const dot = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum();

function ramp(length: number, dtype: 'f32' | 'f64'): Tensor {
  return constant(
    ndarray(
      dtype,
      Array.from({ length }, (_, i) => i),
    ),
  );
}

/** φ = ½·xᵀ(r − b), because r = A·x − b. */
const phi = (x: Tensor, r: Tensor, b: Tensor): Tensor => dot(x, r.sub(b)).mul(0.5);

/** The state before the first iteration. Costs one product with A. */
export function cgStart(
  apply: (v: Tensor) => Tensor,
  b: Tensor,
  x: Tensor,
  inverse: Tensor,
  { maxIterations }: CgTruncation,
): CgState {
  const r = apply(x).sub(b);
  const y = inverse.mul(r);
  const index = ramp(maxIterations + 1, x.dtype as 'f32' | 'f64');
  return {
    x,
    r,
    p: y.neg(),
    rho: dot(r, y),
    i: full(0, x.dtype),
    history: where(index.equal(full(0, x.dtype)), phi(x, r, b), full(0, x.dtype)),
    status: full(0, x.dtype),
  };
}

/** Martens's test after iteration i: stop when i > k, φ(i−k) < 0 and (φ(i) − φ(i−k))/φ(i) < ε·k with k = max(10, ⌈0.1·i⌉). */
function progressTooSlow(i: Tensor, history: Tensor, value: Tensor, index: Tensor, tolerance: number): Tensor {
  const k = i.mul(0.1).ceil().maximum(10);
  const earlier = where(index.equal(i.sub(k)), history, full(0, history.dtype)).sum();
  // φ(i) ≤ φ(i−k) < 0, so multiplying the quotient by φ(i) turns the inequality round.
  return i
    .greater(k)
    .logicalAnd(earlier.less(0))
    .logicalAnd(value.sub(earlier).greater(value.mul(k.mul(tolerance))));
}

/**
 * Runs preconditioned conjugate gradients from `state` until iteration `limit`, the truncation test, non-positive curvature
 * or a non-finite value, as one loop on the engine: what `apply` needs from outside (the forward pass, the linearisation) is
 * computed once. An iteration costs one product with A. When the curvature along p is not positive the state is kept as it was.
 */
export function cgAdvance(
  apply: (v: Tensor) => Tensor,
  b: Tensor,
  inverse: Tensor,
  state: CgState,
  limit: Tensor,
  { maxIterations, tolerance }: CgTruncation,
): CgState {
  const dtype = state.x.dtype as 'f32' | 'f64';
  const index = ramp(maxIterations + 1, dtype);
  const unpack = ([x, r, p, rho, i, history, status]: readonly Tensor[]): CgState =>
    ({ x, r, p, rho, i, history, status }) as CgState;
  const running = (carry: readonly Tensor[]): Tensor => {
    const { i, status } = unpack(carry);
    return i.less(limit).logicalAnd(status.equal(0));
  };
  const iterate = (carry: readonly Tensor[]): readonly Tensor[] => {
    const s = unpack(carry);
    const ap = apply(s.p);
    const curvature = dot(s.p, ap);
    const ok = curvature.greater(0);
    const alpha = where(ok, s.rho.div(where(ok, curvature, full(1, dtype))), full(0, dtype));
    const x = s.x.add(s.p.mul(alpha));
    const r = s.r.add(ap.mul(alpha));
    const y = inverse.mul(r);
    const rho = dot(r, y);
    const beta = rho.div(where(s.rho.greater(0), s.rho, full(1, dtype)));
    const p = s.p.mul(beta).sub(y);
    const i = s.i.add(where(ok, full(1, dtype), full(0, dtype)));
    const value = phi(x, r, b);
    const history = where(index.equal(i), value, s.history);
    const slow = progressTooSlow(i, history, value, index, tolerance);
    // NaN fails every comparison, so a finite value is one that has an order with itself and a bounded size.
    const finite = value.abs().less(3e38).logicalAnd(curvature.abs().less(3e38));
    const code = (condition: Tensor, yes: number, no: Tensor): Tensor => where(condition, full(yes, dtype), no);
    const status = code(finite.logicalNot(), 3, code(ok.logicalNot(), 2, code(slow, 1, full(0, dtype))));
    return [x, r, p, rho, i, history, status];
  };
  const { x, r, p, rho, i, history, status } = state;
  return unpack(whileLoop(running, iterate, [x, r, p, rho, i, history, status], { maxIterations }));
}
