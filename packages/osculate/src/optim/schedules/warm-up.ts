import { requireSteps, type Schedule } from './schedule.js';

/**
 * A linear warm-up in front of another schedule: update t of the first `steps` has the factor t/steps of the first factor of
 * `then`, which starts when the warm-up is over. @throws InputError unless `steps` is an integer ≥ 0.
 */
export function warmUp(steps: number, then: Schedule): Schedule {
  requireSteps('warmUp', steps);
  return {
    name: `warmUp(${steps}, ${then.name})`,
    factor: (step) => (step <= steps ? (step / steps) * then.factor(1) : then.factor(step - steps)),
  };
}
