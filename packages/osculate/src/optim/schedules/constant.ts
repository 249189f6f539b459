import type { Schedule } from './schedule.js';

/** The learning rate as it is, in every update. */
export function constant(): Schedule {
  return { name: 'constant', factor: () => 1 };
}
