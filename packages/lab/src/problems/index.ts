import { UsageError } from '../usage-error.js';
import { autoencoderProblem } from './autoencoder.js';
import type { Problem } from './problem.js';

const problems: readonly Problem[] = [autoencoderProblem];

/** The problem of a name. @throws UsageError that lists the names. */
export function problemNamed(name: string): Problem {
  const problem = problems.find((p) => p.name === name);
  if (problem) return problem;
  throw new UsageError(`there is no problem "${name}"; there are ${problems.map((p) => p.name).join(', ')}`);
}
