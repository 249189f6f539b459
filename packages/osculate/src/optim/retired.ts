import type { Vector } from './objective.js';
import type { OptimizerState } from './optimizer.js';

/**
 * Vectors to be overwritten by a step, by their names in the state: those of the retired state that the present one does not share, as it
 * does after a rejected step.
 */
export function overwritable<K extends string>(
  retired: OptimizerState | undefined,
  present: OptimizerState,
): (name: K) => Vector | undefined {
  type Vectors = Partial<Readonly<Record<K, Vector>>>;
  const [old, kept] = [retired as Vectors | undefined, present as Vectors];
  return (name) => (old?.[name] === kept[name] ? undefined : old?.[name]);
}

/** A vector that whoever takes it may overwrite. Runs that take turns with one optimizer never have the same. */
export class SpareVector {
  private left: Vector | undefined;

  leave(vector: Vector): void {
    this.left = vector;
  }

  /** The vector that was left last, if it is of the length and type of another one and nobody has taken it. */
  take(like: Vector): Vector | undefined {
    const found = this.left;
    this.left = undefined;
    return found?.length === like.length && found.constructor === like.constructor ? found : undefined;
  }
}
