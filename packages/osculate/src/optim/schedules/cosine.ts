import { requireShare, requireSteps, type Schedule } from './schedule.js';

/**
 * Cosine annealing (Loshchilov and Hutter 2017) without restarts: end + (1 − end)·(1 + cos(π·(t − 1)/steps))/2 in update t, which
 * is 1 in the first and `end` from update steps + 1 on. @throws InputError unless `steps` is an integer ≥ 1 and 0 ≤ end ≤ 1.
 */
export function cosine(steps: number, end = 0): Schedule {
  requireSteps('cosine', steps, 1);
  requireShare('cosine', end);
  return {
    name: `cosine(${steps}, ${end})`,
    factor: (step) => end + ((1 - end) * (1 + Math.cos((Math.PI * Math.min(step - 1, steps)) / steps))) / 2,
  };
}
