import { like, type Vector } from '../../linalg/vectors.js';
import type { Piece, StepSize } from './programs.js';

/** The step, and the parameters after it. */
export interface Move {
  readonly step: Vector;
  readonly parameters: Vector;
}

/** Writes the move along a direction and the previous step. */
export function combine(
  theta: Vector,
  direction: readonly Piece[],
  previous: Vector,
  { alpha, mu }: StepSize,
  { step, parameters }: Move,
): void {
  for (const { offset, data } of direction) {
    for (let i = 0; i < data.length; i++) {
      const d = mu * previous[offset + i]! - alpha * data[i]!;
      step[offset + i] = d;
      parameters[offset + i] = theta[offset + i]! + d;
    }
  }
}

/**
 * θ̄ ← ξ·θ̄ + (1 − ξ)·θ, ξ = min(1 − 1/k, keep), after step k, counted from 1 (Martens and Grosse 2015, section 13): the plain mean of
 * the iterates at first, so that where the run started is forgotten at once.
 */
export function averagedIterate(average: Vector, parameters: Vector, k: number, keep: number): Vector {
  const xi = Math.min(1 - 1 / k, keep);
  const next = like(average);
  for (let i = 0; i < next.length; i++) next[i] = xi * average[i]! + (1 - xi) * parameters[i]!;
  return next;
}
