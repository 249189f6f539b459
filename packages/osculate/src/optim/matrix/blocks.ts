import { addSquare } from '../../linalg/dense/add-square.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';
import type { Vector } from '../../linalg/vectors.js';
import type { Objective } from '../../objective/objective.js';
import type { ParameterLayout, ParameterSlot } from '../../tensor/parameters.js';
import type { Shape } from '../../tensor/shape.js';
import type { Demand } from '../demand.js';
import type { Segment } from '../first-order/gradient-method.js';
import type { Optimizer, OptimizerState } from '../optimizer.js';

/** What a method that looks at shapes does with a parameter, and why. */
export interface Treatment {
  /** The parameter. */
  readonly name: string;
  /** The parameter's shape. */
  readonly shape: Shape;
  /** The update rule that it gets. */
  readonly method: string;
  /** Why it gets that rule, in words. */
  readonly reason: string;
}

/** An optimizer that treats parameters by their shapes, or by what they do in the model, and says how. */
export interface MatrixOptimizer<S extends OptimizerState> extends Optimizer<S> {
  /** What it does with each parameter, and why. */
  describe(objective: Objective): readonly Treatment[];
}

/** Rows and columns of a parameter as a matrix: the first axis (outputs) by all others; a convolution is flattened so. */
export function matrixShape({ shape, size }: ParameterSlot): readonly [number, number] {
  const rows = shape[0] ?? 1;
  return [rows, rows === 0 ? 0 : size / rows];
}

/** A Kronecker factor of a block: where its order × order elements stand in the array of all factors. */
export interface Factor {
  /** Its number among all factors. */
  readonly index: number;
  readonly offset: number;
  readonly order: number;
}

/** A rectangle of a parameter taken as a matrix, with a factor for its rows and one for its columns, where it has them. */
export interface Block {
  readonly slot: ParameterSlot;
  /** Row and column of its first element in the matrix, and the matrix's columns. */
  readonly row: number;
  readonly column: number;
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
  readonly left?: Factor;
  readonly right?: Factor;
}

export interface Blocks {
  readonly blocks: readonly Block[];
  /** Elements of all factors together, and their number. */
  readonly size: number;
  readonly count: number;
}

/** How a parameter is cut: largest sides of a block, and which sides of one get a factor. */
export interface BlockRule {
  readonly largest: number;
  factors(slot: ParameterSlot, rows: number, columns: number): { readonly left: boolean; readonly right: boolean };
}

/** Cuts every parameter, flattened to [first axis, the rest], into blocks and lays out their factors one after another. */
export function blocksOf(layout: ParameterLayout, { largest, factors }: BlockRule): Blocks {
  const blocks: Block[] = [];
  let [size, count] = [0, 0];
  const factor = (order: number): Factor => {
    const made = { index: count++, offset: size, order };
    size += order * order;
    return made;
  };
  for (const slot of layout.slots) {
    const [height, width] = matrixShape(slot);
    for (let row = 0; row < height; row += largest) {
      for (let column = 0; column < width; column += largest) {
        const [rows, columns] = [Math.min(largest, height - row), Math.min(largest, width - column)];
        const { left, right } = factors(slot, rows, columns);
        const place = { slot, row, column, stride: width, rows, columns };
        blocks.push({ ...place, ...(left && { left: factor(rows) }), ...(right && { right: factor(columns) }) });
      }
    }
  }
  return { blocks, size, count };
}

/**
 * What a method takes that keeps so many arrays of all factors before and after a step: products of a block with its sides, and m³ + n³ operations for
 * the factors of a block, both so many times a step.
 */
export function blocksDemand(
  { blocks, size }: Blocks,
  arrays: number,
  products: number,
  cubes: number,
): Partial<Demand> {
  let flops = 0;
  let largest = 0;
  for (const { left, right, rows, columns } of blocks) {
    for (const { order } of [left, right].filter((f) => f !== undefined)) {
      // Small matrices are slower: a few dozen elements a side are lost, and as much time as these operations with calls and short loops.
      flops += 5e6 + (2 * products * rows * columns + cubes * order ** 2) * (order + 48);
      largest = Math.max(largest, rows * columns, order ** 2);
    }
  }
  return { vectors: 9, bytes: 8 * (arrays * size + 6 * largest), what: 'its Kronecker factors', flops };
}

/** The block's elements of a flat vector, as a matrix. */
export function readBlock(block: Block, vector: Vector): Matrix {
  const { rows, columns } = block;
  const out = matrix(rows, columns);
  const { data } = out;
  // Element by element: a set from another type of array converts far more slowly.
  for (let i = 0; i < rows; i++) {
    const from = startOfRow(block, i);
    for (let j = 0; j < columns; j++) data[i * columns + j] = vector[from + j]!;
  }
  return out;
}

/** Writes a matrix to the block's elements of a flat vector. */
export function writeBlock(block: Block, vector: Vector, { data }: Matrix): void {
  const { rows, columns } = block;
  for (let i = 0; i < rows; i++) vector.set(data.subarray(i * columns, (i + 1) * columns), startOfRow(block, i));
}

/** Where row i of the block starts in a flat vector. */
function startOfRow({ slot, row, column, stride }: Block, i: number): number {
  return slot.offset + (row + i) * stride + column;
}

/** A view of one factor. */
export function factorView(all: Float64Array, { offset, order }: Factor): Matrix {
  return matrix(order, order, all.subarray(offset, offset + order * order));
}

/** factor ← keep·factor + share·G·Gᵀ, or Gᵀ·G for `columns`; nothing where a side has no factor. */
export function accumulate(
  all: Float64Array,
  factor: Factor | undefined,
  g: Matrix,
  side: 'rows' | 'columns',
  keep: number,
  share: number,
): void {
  if (factor === undefined) return;
  addSquare(factorView(all, factor), g, { transpose: side === 'columns', keep, share });
}

/** Identities for all factors. */
export function identities({ blocks, size }: Blocks): Float64Array {
  const all = new Float64Array(size);
  for (const { left, right } of blocks) {
    for (const factor of [left, right]) {
      if (factor === undefined) continue;
      for (let i = 0; i < factor.order; i++) all[factor.offset + i * (factor.order + 1)] = 1;
    }
  }
  return all;
}

/** Every block with the segment of its parameter. @throws InputError when the objective has no such parameter. */
export function segmentsByBlock(
  { blocks }: Blocks,
  segments: readonly Segment[],
): readonly (readonly [Block, Segment])[] {
  const byName = new Map(segments.map((s) => [s.slot.name, s]));
  return blocks.map((block) => [block, byName.get(block.slot.name)!]);
}
