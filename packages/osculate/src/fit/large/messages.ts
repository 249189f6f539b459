import type { DampedStatus } from './damped-run.js';

/** What the statuses mean, one sentence each. */
export const dampedMessages: Readonly<Record<DampedStatus, string>> = {
  'converged-gradient': 'the residuals are orthogonal to the columns of the Jacobian within gradientTolerance',
  'converged-step': 'no step longer than stepTolerance, relative to the parameters, is left',
  'converged-cost': 'neither the cost nor its prediction falls by more than costTolerance of it',
  stalled: 'no trial point with a lower cost was found, although the gradient does not vanish',
  'max-evaluations': 'maxEvaluations points were evaluated before any tolerance was met',
  'non-finite-start': 'the residuals or their derivatives at the start are not finite, or overflow when squared',
};
