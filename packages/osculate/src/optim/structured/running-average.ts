import type { Feeds } from '../../runtime/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import { type NDArray, ndarray, zeros } from '../../tensor/ndarray.js';
import type { Vector } from '../objective.js';
import { like } from '../optimizer.js';

/** Arrays of these names and places make up one flat vector. */
interface Slot {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

const keepName = 'average.keep';
const oldName = (name: string): string => `average.${name}`;

/** keep·old + (1 − keep)·new for what a program measures: on the engine, where the arrays are in the cache and threads share the work. */
export function averageGraph(measured: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const all = Object.entries(measured);
  if (all.length === 0) return {};
  const keep = input(keepName, all[0]![1].dtype, []);
  const fresh = keep.neg().add(1);
  return Object.fromEntries(
    all.map(([name, t]) => [name, input(oldName(name), t.dtype, t.shape).mul(keep).add(t.mul(fresh))]),
  );
}

/**
 * What `averageGraph` reads: the old average, as views by name, and the share of it that is kept. Of what is not kept nothing enters, also
 * where it is not finite: 0·∞ would stay in the average for ever.
 */
export function averageFeeds(old: Readonly<Record<string, NDArray>>, keep: number): Feeds {
  const named = Object.entries(old).map(([name, array]) => [
    oldName(name),
    keep === 0 ? zeros(array.dtype as 'f64', array.shape) : array,
  ]);
  const dtype = Object.values(old)[0]?.dtype ?? 'f64';
  return { ...Object.fromEntries(named), [keepName]: ndarray(dtype, [keep], []) };
}

/** The arrays of a run in a new flat vector. */
export function collect(slots: readonly Slot[], found: Readonly<Record<string, NDArray>>, old: Vector): Vector {
  const result = like(old);
  for (const { name, offset } of slots) result.set(found[name]!.data as Vector, offset);
  return result;
}
