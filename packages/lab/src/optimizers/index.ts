import type { OptimizerEntry } from './entry.js';
import { firstOrder } from './first-order.js';
import { newtonFamily } from './newton.js';
import { preconditioned } from './preconditioned.js';

/** All optimizers by the name that they have on the command line. */
export const optimizers: Readonly<Record<string, OptimizerEntry>> = {
  ...firstOrder,
  ...preconditioned,
  ...newtonFamily,
};
