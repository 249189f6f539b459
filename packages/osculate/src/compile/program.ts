import { InputError } from '../tensor/errors.js';
import { topological } from '../tensor/graph.js';
import type { Tensor } from '../tensor/ir.js';
import { inputName, isInput } from '../tensor/leaf.js';

/** A graph ready for an executor: optimised, with named inputs and outputs. Immutable. */
export interface Program {
  /** The input tensors that the outputs were traced from or that were declared (some may be unused); names are unique. */
  readonly inputs: readonly Tensor[];
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** The inputs that `outputs` reach, in order of first use. Two different inputs of one name are an InputError. */
export function inputsOf(outputs: Iterable<Tensor>): Tensor[] {
  const byName = new Map<string, Tensor>();
  for (const node of topological(outputs)) {
    const t = node.outputs[0]!;
    if (!isInput(t)) continue;
    const other = byName.get(inputName(t));
    if (other !== undefined)
      throw new InputError(`compile: two different inputs are named "${inputName(t)}"; rename one`);
    byName.set(inputName(t), t);
  }
  return [...byName.values()];
}
