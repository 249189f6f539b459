import { type Matrix, matrix } from '../../linalg/index.js';
import { InputError } from '../../tensor/errors.js';
import type { ParameterLayout } from '../../tensor/parameters.js';
import type { Block } from '../kronecker/blocks.js';
import { parameterBlock } from '../operators/restricted-operator.js';

/** Where the elements of a block's matrix `[rows, columns]` lie in a flat vector. */
export interface BlockPlace {
  readonly names: readonly string[];
  readonly rows: number;
  readonly columns: number;
  /** Position in the flat vector of every element, row by row. */
  readonly at: Int32Array;
}

/** The parameters that an operator is about, and where each begins in its flat vectors. */
export interface ChosenParameters {
  readonly names: readonly string[];
  readonly starts: ReadonlyMap<string, number>;
  readonly size: number;
}

/** All parameters, or those of some layers, which become consecutive in order of the layout. Errors as `parameterBlock`. */
export function chooseParameters(layout: ParameterLayout, layers?: readonly string[]): ChosenParameters {
  const offsets = layers && new Set(parameterBlock(layout, layers).map(({ offset }) => offset));
  const slots = layout.slots.filter(({ offset }) => offsets === undefined || offsets.has(offset));
  const starts = new Map<string, number>();
  let size = 0;
  for (const slot of slots) {
    starts.set(slot.name, size);
    size += slot.size;
  }
  return { names: slots.map(({ name }) => name), starts, size };
}

const namesOf = (block: Block): string[] =>
  block.kind === 'full' || block.kind === 'diagonal'
    ? [block.parameter.name]
    : [block.weight.name, ...(block.bias ? [block.bias.name] : [])];

/** The blocks of the chosen parameters. InputError for a weight that is chosen without the bias that shares its block. */
export function chooseBlocks(blocks: readonly Block[], { starts }: ChosenParameters): Block[] {
  return blocks.filter((block) => {
    const names = namesOf(block);
    const chosen = names.filter((name) => starts.has(name));
    if (chosen.length === 0 || chosen.length === names.length) return chosen.length > 0;
    throw new InputError(`layers: ${names.join(' and ')} form one block; choose both or neither`);
  });
}

export function blockPlace(block: Block, { starts }: ChosenParameters): BlockPlace {
  const names = namesOf(block);
  const start = starts.get(names[0]!)!;
  if (block.kind === 'full' || block.kind === 'diagonal') {
    const rows = block.parameter.tensor.size;
    return { names, rows, columns: 1, at: Int32Array.from({ length: rows }, (_, i) => start + i) };
  }
  const { outputs: rows, inputs, transposed } = block.form;
  const columns = inputs + (block.bias ? 1 : 0);
  const at = new Int32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < inputs; j++) at[i * columns + j] = start + (transposed ? j * rows + i : i * inputs + j);
    if (block.bias) at[i * columns + inputs] = starts.get(block.bias.name)! + i;
  }
  return { names, rows, columns, at };
}

/** The block's part of a flat vector as a matrix. */
export function gatherBlock({ rows, columns, at }: BlockPlace, flat: Float64Array): Matrix {
  const result = matrix(rows, columns);
  for (let i = 0; i < at.length; i++) result.data[i] = flat[at[i]!]!;
  return result;
}

export function scatterBlock({ at }: BlockPlace, { data }: Matrix, into: Float64Array): void {
  for (let i = 0; i < at.length; i++) into[at[i]!] = data[i]!;
}
