import { type Objective, supervisedObjective, type Vector } from 'osculate/optim';
import { referenceExecutor } from 'osculate/runtime';
import { problemNamed } from '../../src/problems/index.js';
import type { LoadedProblem } from '../../src/problems/problem.js';
import { flatParameters } from '../../src/run/evaluate.js';

export const executor = referenceExecutor();

/** The objective over all training examples. */
export function objectiveOf(loaded: LoadedProblem): Objective {
  return supervisedObjective({ executor, ...loaded, ...loaded.train });
}

/** A problem with its objective and the start of a seed. */
export async function loadedObjective(
  name: string,
  seed = 0,
): Promise<{ f: Objective; start: Vector; loaded: LoadedProblem }> {
  const loaded = await problemNamed(name).load(seed);
  const f = objectiveOf(loaded);
  return { f, start: flatParameters(f, loaded), loaded };
}
