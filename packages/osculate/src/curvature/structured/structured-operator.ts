import { InputError } from '../../tensor/errors.js';
import { type LinearOperator, linearOperator } from '../operators/index.js';
import { gatherBlock, scatterBlock } from './block-place.js';
import { applyBlock, blockDiagonal, type SpectralBlock } from './spectral-block.js';

/** A block-diagonal operator whose blocks have known eigenbases: functions of it cost no more than itself. */
export interface StructuredOperator extends LinearOperator {
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
