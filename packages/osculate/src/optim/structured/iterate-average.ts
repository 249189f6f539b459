import type { Vector } from '../objective.js';
import { like } from '../optimizer.js';

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
