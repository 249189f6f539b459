import { requireShare, requireSteps, type Schedule } from './schedule.js';

export interface WarmUpStableDecay {
  /** Updates of linear warm-up: t/warmUp. */
  readonly warmUp: number;
  /** Updates with the factor 1 after it. */
  readonly stable: number;
  /** Updates over which the factor falls linearly from 1 to `end`, where it stays. */
  readonly decay: number;
  /** Default 0. */
  readonly end?: number;
}

/**
 * Warm-up, stable, decay (Hu et al. 2024, MiniCPM): linear up to 1, constant, linear down. Unlike a cosine it can be continued from
 * the end of its stable part. @throws InputError for counts that are not integers ≥ 0 or an `end` outside [0, 1].
 */
export function warmUpStableDecay({ warmUp, stable, decay, end = 0 }: WarmUpStableDecay): Schedule {
  for (const steps of [warmUp, stable, decay]) requireSteps('warmUpStableDecay', steps);
  requireShare('warmUpStableDecay', end);
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
