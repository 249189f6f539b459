import { checkOptions } from '../tensor/check-options.js';

/** A learning-rate schedule: a factor of the learning rate for every update. */
export interface Schedule {
  /** For the settings of a run: `cosine(1000)`. */
  readonly name: string;
  /** The factor of update `step`, counted from 1; rejected steps are not counted. */
  factor(step: number): number;
}

/**
 * The learning rate as it is, in every update.
 * @example
 * constantRate().factor(100); // 1
 */
export function constantRate(): Schedule {
  return { name: 'constant', factor: () => 1 };
}

/**
 * A linear warm-up in front of another schedule: update t of the first `steps` has the factor t/steps of the first factor of `then`, which
 * starts when the warm-up is over.
 * @throws InputError unless `steps` is an integer ≥ 0.
 * @example
 * const optimizer = adam({ learningRate: 1e-3, schedule: warmUp(100, cosine(1000)) });
 * warmUp(4, constantRate()).factor(1); // 0.25
 */
export function warmUp(steps: number, then: Schedule): Schedule {
  checkOptions('warmUp', { 'an integer ≥ 0': { steps } });
  return {
    name: `warmUp(${steps}, ${then.name})`,
    factor: (step) => (step <= steps ? (step / steps) * then.factor(1) : then.factor(step - steps)),
  };
}

/**
 * Cosine annealing (Loshchilov and Hutter 2017) without restarts: end + (1 − end)·(1 + cos(π·(t − 1)/steps))/2 in update t, which is 1 in
 * the first and `end` from update steps + 1 on.
 * @throws InputError unless `steps` is an integer ≥ 1 and 0 ≤ end ≤ 1.
 * @example
 * const optimizer = adam({ learningRate: 1e-3, schedule: cosine(1000, 0.1) });
 * cosine(10).factor(6); // 0.5
 */
export function cosine(steps: number, end = 0): Schedule {
  checkOptions('cosine', { 'an integer ≥ 1': { steps }, 'a number from 0 to 1': { end } });
  return {
    name: `cosine(${steps}, ${end})`,
    factor: (step) => end + ((1 - end) * (1 + Math.cos((Math.PI * Math.min(step - 1, steps)) / steps))) / 2,
  };
}

/**
 * Multiplies the learning rate by `decay` after every `steps` updates: decay^⌊(t − 1)/steps⌋ in update t.
 * @throws InputError unless `steps` is an integer ≥ 1 and 0 ≤ decay ≤ 1.
 * @example
 * stepDecay(30, 0.1).factor(31); // 0.1
 */
export function stepDecay(steps: number, decay = 0.1): Schedule {
  checkOptions('stepDecay', { 'an integer ≥ 1': { steps }, 'a number from 0 to 1': { decay } });
  return { name: `stepDecay(${steps}, ${decay})`, factor: (step) => decay ** Math.floor((step - 1) / steps) };
}

export interface WarmUpStableDecay {
  /** Updates of linear warm-up: t/warmUp. */
  readonly warmUp: number;
  /** Updates with the factor 1 after it. */
  readonly stable: number;
  /** Updates over which the factor falls linearly from 1 to `end`, where it stays. */
  readonly decay: number;
  /** The factor after the decay (default 0). */
  readonly end?: number;
}

/**
 * Warm-up, stable, decay (Hu et al. 2024, MiniCPM): linear up to 1, constant, linear down. Unlike a cosine it can be continued from the end
 * of its stable part.
 * @throws InputError for counts that are not integers ≥ 0 or an `end` outside [0, 1].
 * @example
 * const schedule = warmUpStableDecay({ warmUp: 100, stable: 800, decay: 100 });
 * [50, 500, 1000].map((step) => schedule.factor(step)); // [0.5, 1, 0.0]
 */
export function warmUpStableDecay({ warmUp, stable, decay, end = 0 }: WarmUpStableDecay): Schedule {
  checkOptions('warmUpStableDecay', { 'an integer ≥ 0': { warmUp, stable, decay }, 'a number from 0 to 1': { end } });
  return {
    name: `warmUpStableDecay(${warmUp}, ${stable}, ${decay}, ${end})`,
    factor: (step) => {
      if (step <= warmUp) return step / warmUp;
      const over = step - warmUp - stable;
      if (over <= 0) return 1;
      return over >= decay ? end : 1 - ((1 - end) * over) / decay;
    },
  };
}
