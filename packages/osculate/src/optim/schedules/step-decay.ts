import { requireShare, requireSteps, type Schedule } from './schedule.js';

/**
 * Multiplies the learning rate by `decay` after every `steps` updates: decay^⌊(t − 1)/steps⌋ in update t.
 * @throws InputError unless `steps` is an integer ≥ 1 and 0 ≤ decay ≤ 1.
 */
export function stepDecay(steps: number, decay = 0.1): Schedule {
  requireSteps('stepDecay', steps, 1);
  requireShare('stepDecay', decay);
  return { name: `stepDecay(${steps}, ${decay})`, factor: (step) => decay ** Math.floor((step - 1) / steps) };
}
