import { cholesky, choleskyInverse, matrix } from '../../linalg/index.js';
import type { Vector } from '../../objective/vector.js';
import type { FactorLayout, FactorSlot } from './layouts.js';

function meanTrace(flat: Vector, { offset, order, diagonal }: FactorSlot): number {
  const step = diagonal ? 1 : order + 1;
  let trace = 0;
  for (let i = 0; i < order; i++) trace += flat[offset + i * step]!;
  return trace / order;
}

/** (F + shift·I)⁻¹ of one factor into `into`, by way of `scratch`; false when it is not positive definite. */
function invert(flat: Vector, slot: FactorSlot, shift: number, into: Vector, scratch: Float64Array): boolean {
  const { offset, order, length, diagonal } = slot;
  if (diagonal) {
    for (let i = offset; i < offset + length; i++) {
      const damped = flat[i]! + shift;
      if (!(damped > 0 && damped < Infinity)) return false;
      into[i] = 1 / damped;
    }
    return true;
  }
  const damped = matrix(order, order, scratch.subarray(0, length));
  damped.data.set(flat.subarray(offset, offset + length));
  for (let i = 0; i < order; i++) damped.data[i * (order + 1)]! += shift;
  const result = cholesky(damped, { into: damped });
  if (result.status !== 'ok') return false;
  into.set(choleskyInverse(result.factor, { into: damped }).data, offset);
  return true;
}

/**
 * Inverses of all factors with factored Tikhonov damping (Martens and Grosse 2015, section 6.3): (A + πγ·I)⁻¹ and (G + γ/π·I)⁻¹
 * with π² = (tr A / dim A) / (tr G / dim G), (F + γ²·I)⁻¹ for a block without Kronecker structure. In float64, by Cholesky. Null when
 * a damped factor is not positive definite or not finite. Cost: n³ multiplications and additions a factor.
 */
export function dampedInverses({ slots, size }: FactorLayout, factors: Vector, gamma: number): Vector | null {
  const inverses = factors instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  const paired = new Map(slots.filter((s) => s.role === 'input').map((s) => [s.block, meanTrace(factors, s)]));
  // One place for all: fresh memory costs about as much as an inverse.
  const scratch = new Float64Array(Math.max(0, ...slots.map((s) => (s.diagonal ? 0 : s.length))));
  for (const slot of slots) {
    const input = paired.get(slot.block);
    let shift = gamma * gamma;
    if (input !== undefined) {
      const output = meanTrace(factors, slots.find((s) => s.block === slot.block && s.role === 'output')!);
      const pi = input > 0 && output > 0 ? Math.sqrt(input / output) : 1;
      shift = slot.role === 'input' ? gamma * pi : gamma / pi;
    }
    if (!invert(factors, slot, shift, inverses, scratch)) return null;
  }
  return inverses;
}
