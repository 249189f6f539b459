import { type Matrix, matrix } from '../../linalg/matrix.js';
import type { Objective, Vector } from '../objective.js';
import { allRows } from '../optimizer.js';
import { chunks } from '../program-objective.js';
import { type ChunkJacobian, chunkJacobian } from './chunk-jacobian.js';

/** A sum of squares at a point: f = Σ rᵢ². */
export interface ResidualPoint {
  readonly value: number;
  /** ∇f = 2·Jᵀr. */
  readonly gradient: Float64Array;
  readonly residuals: Float64Array;
  /** J, one row a residual. */
  readonly jacobian: Matrix;
}

/** Writes the residuals of a chunk and their derivatives, times `scale`, into r and J from row `from` on. */
function place(chunk: ChunkJacobian, scale: number, from: number, residuals: Float64Array, { columns, data }: Matrix) {
  const count = chunk.residuals.length;
  for (let i = 0; i < count; i++) residuals[from + i] = scale * chunk.residuals[i]!;
  for (const { data: block, offset, size } of chunk.blocks) {
    for (let i = 0; i < count; i++) {
      const to = (from + i) * columns + offset;
      for (let j = 0; j < size; j++) data[to + j] = scale * block[i * size + j]!;
    }
  }
}

/** f and ∇f with r and J. */
function pointOf(residuals: Float64Array, jacobian: Matrix): ResidualPoint {
  const { columns: n, data } = jacobian;
  const gradient = new Float64Array(n);
  let value = 0;
  residuals.forEach((r, i) => {
    value += r * r;
    const [twice, row] = [2 * r, i * n];
    for (let j = 0; j < n; j++) gradient[j]! += twice * data[row + j]!;
  });
  return { value, gradient, residuals, jacobian };
}

/**
 * Residuals and their dense Jacobian at a point over all rows, scaled so that f = Σ rᵢ² is the objective; a weight decay adds one
 * residual a variable. Cost: see `chunkJacobian`; memory m·n.
 * @throws InputError when the objective is no sum of squares.
 */
export async function residualJacobian(objective: Objective, at: Vector): Promise<ResidualPoint> {
  const { rows, weightDecay, layout } = objective;
  const n = layout.size;
  const parts: { chunk: ChunkJacobian; scale: number }[] = [];
  for (const part of chunks(allRows(rows), objective.chunk)) {
    parts.push({ chunk: await chunkJacobian(objective, at, part), scale: Math.sqrt(part.length / rows) });
  }
  const fromData = parts.reduce((sum, { chunk }) => sum + chunk.residuals.length, 0);
  const total = fromData + (weightDecay > 0 ? n : 0);
  const [residuals, jacobian] = [new Float64Array(total), matrix(total, n)];
  let from = 0;
  for (const { chunk, scale } of parts) {
    place(chunk, scale, from, residuals, jacobian);
    from += chunk.residuals.length;
  }
  const decay = Math.sqrt(weightDecay / 2);
  for (let i = 0; from + i < total; i++) {
    residuals[from + i] = decay * at[i]!;
    jacobian.data[(from + i) * n + i] = decay;
  }
  return pointOf(residuals, jacobian);
}
