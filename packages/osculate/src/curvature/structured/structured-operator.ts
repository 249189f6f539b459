import { type Matrix, matrix, multiply, symmetricEigen } from '../../linalg/index.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import { requireSymmetric } from '../estimators/estimate.js';
import { type LinearOperator, linearOperator } from '../operators/linear-operator.js';
import { type BlockPlace, gatherBlock, scatterBlock } from './block-place.js';

/**
 * A symmetric block (U_A ⊗ U_G) diag(S) (U_A ⊗ U_G)ᵀ that acts on the matrices V of its parameters: U_G (S ⊙ (U_Gᵀ V U_A)) U_Aᵀ. Every
 * function of it has the same bases and the function of S.
 */
export interface SpectralBlock {
  readonly place: BlockPlace;
  /** U_G, an eigenvector a column; null for the identity. */
  readonly left: Matrix | null;
  /** U_A, likewise. */
  readonly right: Matrix | null;
  /** S: the eigenvalues, `[rows, columns]` row by row. */
  readonly values: Float64Array;
}

/** U_Gᵀ V U_A: V in the eigenbasis. */
export function intoBasis({ left, right }: SpectralBlock, v: Matrix): Matrix {
  const turned = left ? multiply(left, v, { transposeA: true }) : v;
  return right ? multiply(turned, right) : turned;
}

function applyBlock(block: SpectralBlock, v: Matrix): Matrix {
  const { left, right, values } = block;
  const turned = intoBasis(block, v);
  const scaled = matrix(
    v.rows,
    v.columns,
    turned.data.map((x, i) => x * values[i]!),
  );
  const back = left ? multiply(left, scaled) : scaled;
  return right ? multiply(back, right, { transposeB: true }) : back;
}

const squared = (m: Matrix): Matrix =>
  matrix(
    m.rows,
    m.columns,
    m.data.map((x) => x * x),
  );

/** The diagonal, in the shape of V. */
function blockDiagonal({ place: { rows, columns }, left, right, values }: SpectralBlock): Matrix {
  const s = matrix(rows, columns, values);
  const rowsTurned = left ? multiply(squared(left), s) : s;
  return right ? multiply(rowsTurned, squared(right), { transposeB: true }) : rowsTurned;
}

/** A block-diagonal operator whose blocks have known eigenbases: functions of it cost no more than itself. */
export interface StructuredOperator extends LinearOperator {
  /** The diagonal blocks in their eigenbases, which have every element of the flat vector once. */
  readonly blocks: readonly SpectralBlock[];
  /** All eigenvalues, block by block. */
  eigenvalues(): Float64Array;
  /** f(A), with f of every eigenvalue. InputError when one of them is not finite. */
  map(name: string, f: (eigenvalue: number) => number): StructuredOperator;
  /** (A + damping I)⁻¹; damping 0 by default. InputError unless A + damping I is positive definite. */
  inverse(damping?: number): StructuredOperator;
  /** log det(A + damping I). InputError unless A + damping I is positive definite. */
  logDeterminant(damping?: number): number;
}

/** An operator from blocks that have every element of the flat vector once. A product costs up to four matrix products a block. */
export function structuredOperator(name: string, size: number, blocks: readonly SpectralBlock[]): StructuredOperator {
  const multiplied = (v: Float64Array): Float64Array => {
    const result = new Float64Array(size);
    for (const block of blocks) scatterBlock(block.place, applyBlock(block, gatherBlock(block.place, v)), result);
    return result;
  };
  const operator = linearOperator({
    name,
    size,
    applyBatch: async (vectors) => vectors.map(multiplied),
    diagonal: async () => {
      const result = new Float64Array(size);
      for (const block of blocks) scatterBlock(block.place, blockDiagonal(block), result);
      return result;
    },
  });
  const positive = (what: string, damping: number): void => {
    const smallest = smallestOf(blocks);
    if (smallest + damping > 0) return;
    throw new InputError(
      `${what}: "${name}" has an eigenvalue of ${smallest} and the damping is ${damping}; it must exceed ${-smallest}`,
    );
  };
  const map: StructuredOperator['map'] = (mapped, f) =>
    structuredOperator(mapped, size, mappedBlocks(mapped, blocks, f));
  return Object.assign(operator, {
    blocks,
    map,
    eigenvalues: () => {
      const all = new Float64Array(size);
      let at = 0;
      for (const { values } of blocks) {
        all.set(values, at);
        at += values.length;
      }
      return all;
    },
    inverse: (damping = 0) => {
      positive('inverse', damping);
      return map(`(${name} + ${damping} I)⁻¹`, (x) => 1 / (x + damping));
    },
    logDeterminant: (damping = 0) => {
      positive('logDeterminant', damping);
      let sum = 0;
      for (const { values } of blocks) for (const x of values) sum += Math.log(x + damping);
      return sum;
    },
  });
}

function smallestOf(blocks: readonly SpectralBlock[]): number {
  let smallest = Infinity;
  for (const { values } of blocks) for (const x of values) smallest = Math.min(smallest, x);
  return smallest;
}

function mappedBlocks(name: string, blocks: readonly SpectralBlock[], f: (x: number) => number): SpectralBlock[] {
  return blocks.map((block) => {
    const values = block.values.map(f);
    const bad = values.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0) {
      throw new InputError(
        `${name}: the function of the eigenvalue ${block.values[bad]} in the block of ${block.place.names.join(' and ')} is ${values[bad]}`,
      );
    }
    return { ...block, values };
  });
}

/**
 * A symmetric operator as its dense eigendecomposition, for small n: n products and about 9 n³ operations.
 * @throws As `toDense`; InputError for an operator that is not symmetric.
 * @example
 * const a = await spectralOperator(denseOperator(matrixFromRows([[2, 1], [1, 2]])));
 * const root = a.map('root', Math.sqrt);
 * root.eigenvalues(); // [1, 1.732]
 */
export async function spectralOperator(operator: LinearOperator): Promise<StructuredOperator> {
  requireSymmetric('spectralOperator', operator);
  const { values, vectors } = symmetricEigen(await operator.toDense());
  const at = Int32Array.from({ length: operator.size }, (_, i) => i);
  const place = { names: [operator.name], rows: operator.size, columns: 1, at };
  return structuredOperator(operator.name, operator.size, [{ place, left: vectors, right: null, values }]);
}

/**
 * The diagonal matrix with the given elements: those of `operator.diagonal()`, say, whose closest diagonal matrix it is.
 * @throws ShapeError when there are none.
 * @example
 * const preconditioner = diagonalOperator(Float64Array.of(1, 4)).inverse();
 * await preconditioner.apply(Float64Array.of(1, 2)); // [1, 0.5]
 */
export function diagonalOperator(elements: Float64Array, name = 'diagonal'): StructuredOperator {
  const rows = elements.length;
  if (rows === 0) throw new ShapeError('diagonalOperator: there are no elements; give at least one');
  const place = { names: [name], rows, columns: 1, at: Int32Array.from({ length: rows }, (_, i) => i) };
  return structuredOperator(name, rows, [{ place, left: null, right: null, values: elements.slice() }]);
}
