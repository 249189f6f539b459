import type { Objective, Vector } from 'osculate/objective';
import { referenceExecutor } from 'osculate/runtime';
import { problemNamed } from '../../src/problems/index.js';
import { objectiveOn } from '../../src/problems/objective-on.js';
import type { LoadedProblem } from '../../src/problems/problem.js';

export const executor = referenceExecutor();

/** The objective over all training examples. */
export function objectiveOf(loaded: LoadedProblem): Objective {
  return objectiveOn(executor, loaded, loaded.train);
}

/** A problem with its objective and the start of a seed. */
export async function loadedObjective(
  name: string,
  seed = 0,
): Promise<{ f: Objective; start: Vector; loaded: LoadedProblem }> {
  const loaded = await problemNamed(name).load(seed);
  const f = objectiveOf(loaded);
  return { f, start: f.layout.flat(loaded.parameters), loaded };
}
