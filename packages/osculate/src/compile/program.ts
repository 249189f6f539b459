import { checkObject, showValue } from '../tensor/check-value.js';
import { InputError } from '../tensor/errors.js';
import { topological } from '../tensor/graph.js';
import { checkTensors, type Tensor } from '../tensor/ir.js';
import { inputName, isInput } from '../tensor/leaf.js';
import type { Tree } from '../tensor/tree.js';

/** A graph ready for an executor: optimised, with named inputs and outputs. Immutable. */
export interface Program<Name extends string = string> {
  /** The input tensors that the outputs were traced from or that were declared (some may be unused); names are unique. */
  readonly inputs: readonly Tensor[];
  /** The results by name. */
  readonly outputs: Readonly<Record<Name, Tensor>>;
}

type Dotted<Path extends string, Key> = Key extends string | number
  ? Path extends ''
    ? `${Key}`
    : `${Path}.${Key}`
  : never;

/** The indices of a tuple, and any number for an array of unknown length. */
type Indices<T extends readonly unknown[]> = number extends T['length']
  ? number
  : Exclude<keyof T, keyof (readonly unknown[])>;

/**
 * The names that a program gives to the leaves of a tree of outputs: `loss`, `gradient.encoder.0.weight`. A subtree whose keys are not
 * known before the run may have any name below its own.
 */
export type OutputNames<T, Path extends string = ''> = [Tree<Tensor>] extends [T]
  ? Path extends ''
    ? string
    : Path | `${Path}.${string}`
  : T extends Tensor
    ? Path extends ''
      ? 'value'
      : Path
    : T extends readonly unknown[]
      ? { [K in Indices<T>]: OutputNames<T[K], Dotted<Path, K>> }[Indices<T>]
      : { [K in keyof T]: OutputNames<T[K], Dotted<Path, K>> }[keyof T];

/** @throws InputError unless a value is a program. */
export function checkProgram(what: string, program: unknown): void {
  checkObject(`${what}: the program`, program);
  const { inputs, outputs } = program as Partial<Program>;
  if (Array.isArray(inputs) && typeof outputs === 'object') return;
  throw new InputError(`${what}: needs a program, as compile(…) makes one, got ${showValue(program)}`);
}

/** The tensors among outputs that are listed or named. @throws InputError for what is not a tensor. */
export function outputsOf(what: string, outputs: readonly Tensor[] | Readonly<Record<string, Tensor>>): Tensor[] {
  if (!Array.isArray(outputs)) checkObject(what, outputs);
  const list = Object.values<Tensor>(outputs);
  checkTensors(what, list);
  return list;
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
