import { checkOptions } from '../first-order/check-options.js';
import { finiteSquaredNorm } from '../first-order/finite-squared-norm.js';
import {
  type GradientMove,
  type GradientOptions,
  type GradientState,
  gradientMethod,
} from '../first-order/gradient-method.js';
import type { Segment } from '../first-order/parameter-groups.js';
import type { Vector } from '../objective.js';
import { like, type Optimizer } from '../optimizer.js';

/** Learning rate 1e-4, weight decay 0.1. */
export interface SophiaOptions extends GradientOptions {
  /** Decay rates of the momentum and of the curvature (default 0.965, 0.99). */
  readonly betas?: readonly [number, number];
  /** Updates between estimates of the curvature (default 10). */
  readonly interval?: number;
}

interface Own {
  readonly momentum: Vector;
  /** EMA of the estimates of the curvature's diagonal. */
  readonly curvature: Vector;
}

export type SophiaState = GradientState<Own>;

/** What distinguishes the two Sophias. */
export interface SophiaKind {
  readonly name: string;
  readonly settings: Readonly<Record<string, number | string>>;
  /** The step's denominator is max(scale·h, least). */
  readonly scale: number;
  readonly least: number;
  /** An estimate of the diagonal of the curvature, for the EMA. */
  estimate(move: GradientMove<Own>): Promise<Vector>;
}

function mixed(old: Vector, estimate: Vector, keep: number): Vector {
  const out = like(old);
  for (let i = 0; i < out.length; i++) out[i] = keep * old[i]! + (1 - keep) * estimate[i]!;
  return out;
}

interface Pass extends Segment, Own {
  readonly gradient: Vector;
  readonly old: Vector;
  readonly before: Vector;
  /** To be written, as `momentum` is. */
  readonly parameters: Vector;
  readonly beta: number;
}

/** θ ← (1 − ηλ)θ − η·sign(m)·min(1, |m|/max(scale·h, least)); returns how many coordinates were not clipped. */
function sophiaPass(pass: Pass, { scale, least }: SophiaKind): number {
  const { from, to, gradient, old, before, beta, curvature, momentum, parameters, rate, decay } = pass;
  const shrink = 1 - rate * decay;
  let unclipped = 0;
  for (let i = from; i < to; i++) {
    const m = beta * before[i]! + (1 - beta) * gradient[i]!;
    const ratio = m / Math.max(scale * curvature[i]!, least);
    if (Math.abs(ratio) < 1) unclipped++;
    momentum[i] = m;
    parameters[i] = shrink * old[i]! - rate * Math.max(-1, Math.min(1, ratio));
  }
  return unclipped;
}

/**
 * Sophia (Liu et al. 2024) around an estimate of the diagonal curvature h that is renewed every `interval` updates, from the first
 * on: m ← β₁m + (1 − β₁)g, h ← β₂h + (1 − β₂)ĥ, without bias correction. `winRate` in the details is the share of coordinates
 * that the clipping at 1 left alone; 0.1 to 0.5 is healthy.
 */
export function sophiaMethod(kind: SophiaKind, options: SophiaOptions): Optimizer<SophiaState> {
  const { betas: [beta, keep] = [0.965, 0.99] as const, interval = 10 } = options;
  checkOptions(kind.name, { 'an integer ≥ 1': { interval }, 'a number from 0 to 1': { beta1: beta, beta2: keep } });
  const move = async (context: GradientMove<Own>) => {
    const { state, gradient, segments, update } = context;
    let { curvature } = state;
    if ((update - 1) % interval === 0) {
      const estimate = await kind.estimate(context);
      if (finiteSquaredNorm(estimate) === undefined) return undefined;
      curvature = mixed(curvature, estimate, keep);
    }
    const own = { momentum: like(gradient), curvature };
    const parameters = like(gradient);
    const { parameters: old, momentum: before } = state;
    let unclipped = 0;
    for (const segment of segments) {
      unclipped += sophiaPass({ ...segment, ...own, gradient, old, before, parameters, beta }, kind);
    }
    return { parameters, own, details: { winRate: unclipped / gradient.length } };
  };
  return gradientMethod<Own>(
    {
      name: kind.name,
      defaults: { learningRate: 1e-4, weightDecay: 0.1 },
      settings: { beta1: beta, beta2: keep, interval, ...kind.settings },
      init: (parameters) => ({ momentum: like(parameters), curvature: like(parameters) }),
      move,
    },
    options,
  );
}
