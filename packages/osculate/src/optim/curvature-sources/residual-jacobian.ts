import { jacobian } from '../../autodiff/index.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';
import type { Tensor } from '../../tensor/ir.js';
import { leaves } from '../../tensor/tree.js';
import type { BatchGraph, Objective, Vector } from '../objective.js';
import { allRows } from '../optimizer.js';
import { chunks } from '../program-objective.js';
import { requireResiduals } from './require-residuals.js';

/** A sum of squares at a point: f = Σ rᵢ². */
export interface ResidualPoint {
  readonly value: number;
  /** ∇f = 2·Jᵀr. */
  readonly gradient: Float64Array;
  readonly residuals: Float64Array;
  /** J, one row a residual. */
  readonly jacobian: Matrix;
}

function residualGraph(batch: BatchGraph): { residuals: Tensor; jacobian: Tensor } {
  const residuals = requireResiduals(batch);
  const weights = leaves(batch.weights).map(([, t]) => t);
  const flat = residuals.reshape([residuals.size]);
  return { residuals: flat, jacobian: jacobian(flat, weights).reshape([flat.size, -1]) };
}

/** r, J, f and ∇f from rows of numbers. */
function assemble(n: number, residuals: readonly number[], rows: readonly number[]): ResidualPoint {
  const gradient = new Float64Array(n);
  let value = 0;
  residuals.forEach((r, i) => {
    value += r * r;
    for (let j = 0; j < n; j++) gradient[j]! += 2 * r * rows[i * n + j]!;
  });
  return {
    value,
    gradient,
    residuals: Float64Array.from(residuals),
    jacobian: matrix(residuals.length, n, Float64Array.from(rows)),
  };
}

/**
 * Residuals and their dense Jacobian at a point over all rows, scaled so that f = Σ rᵢ² is the objective; a weight decay adds one
 * residual a variable. Cost: the lesser of n JVPs and m VJPs; memory m·n.
 * @throws InputError when the objective is no sum of squares.
 */
export async function residualJacobian(objective: Objective, at: Vector): Promise<ResidualPoint> {
  const n = objective.layout.size;
  const [residuals, rows]: [number[], number[]] = [[], []];
  for (const part of chunks(allRows(objective.rows), objective.chunk)) {
    const results = await objective.run('residual jacobian', residualGraph, at, part);
    const scale = Math.sqrt(part.length / objective.rows);
    for (const r of results.residuals!.data) residuals.push(scale * Number(r));
    for (const d of results.jacobian!.data) rows.push(scale * Number(d));
  }
  const decay = Math.sqrt(objective.weightDecay / 2);
  for (let i = 0; i < n && decay > 0; i++) {
    residuals.push(decay * at[i]!);
    for (let j = 0; j < n; j++) rows.push(i === j ? decay : 0);
  }
  return assemble(n, residuals, rows);
}
