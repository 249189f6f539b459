import { compiledPass } from './compiled-pass.js';
import type { Pass } from './elementwise-method.js';

export interface AdamSettings {
  /** Decay rates of the two moments. */
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  /** Decay of the weights by rate·decay·θ (AdamW) instead of decay·θ in the gradient. */
  readonly decoupled: boolean;
}

/** m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − η·m̂/(√v̂ + ε), with the decay of the weights in either form. */
export function adamPass(pass: Pass<'first' | 'second'>, { betas: [b1, b2], epsilon, decoupled }: AdamSettings): void {
  const { from, to, gradient, old, parameters, before, after, update, rate, decay } = pass;
  const { first: oldFirst, second: oldSecond } = before;
  const { first, second } = after;
  const step = rate / (1 - b1 ** update);
  const correction = 1 / Math.sqrt(1 - b2 ** update);
  const [coupled, shrink] = decoupled ? [0, 1 - rate * decay] : [decay, 1];
  const settings = [coupled, b1, 1 - b1, b2, 1 - b2, shrink, step, correction, epsilon];
  if (compiledPass('adamSingle', pass, ['first', 'second'], settings)) return;
  for (let i = from; i < to; i++) {
    const p = old[i]!;
    const g = gradient[i]! + coupled * p;
    const m = b1 * oldFirst[i]! + (1 - b1) * g;
    const v = b2 * oldSecond[i]! + (1 - b2) * g * g;
    first[i] = m;
    second[i] = v;
    parameters[i] = shrink * p - (step * m) / (Math.sqrt(v) * correction + epsilon);
  }
}
