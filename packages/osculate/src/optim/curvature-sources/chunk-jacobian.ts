import { grad, jacobian, jvp, vmap } from '../../autodiff/index.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { ParameterLayout } from '../../tensor/parameters.js';
import { generator } from '../../tensor/random.js';
import { leaves, mapTree, type Tree } from '../../tensor/tree.js';
import type { BatchGraph, Objective, Rows, Vector } from '../objective.js';
import { allFinite } from '../optimizer.js';
import { unitRoundoff } from '../vector.js';
import { requireResiduals } from './require-residuals.js';

/** What a program returns: `residuals`, and `jacobian`, [residuals, n], or `jacobian.<name>` for every parameter. */
type Results = Record<string, NDArray>;

const flattened = (t: Tensor): Tensor => t.reshape([t.size]);

function weightsOf({ weights }: BatchGraph): Tensor[] {
  return leaves(weights).map(([, t]) => t);
}

/** All residuals of a batch against all parameters, whichever rows they depend on. */
function wholeGraph(batch: BatchGraph): Tree<Tensor> {
  const residuals = flattened(requireResiduals(batch));
  return { residuals, jacobian: jacobian(residuals, weightsOf(batch)) };
}

/** The same row by row: a VJP for each of a row's residuals or a JVP for each parameter, whichever are fewer, of single rows. */
function rowsGraph(batch: BatchGraph): Tree<Tensor> {
  const { rowResiduals, weights, x, y } = batch;
  if (!rowResiduals) throw new InputError('residual jacobian: the objective has no residuals of single rows');
  const scale = 1 / Math.sqrt(x.shape[0]!);
  return vmap((one: Tensor, target: Tensor): Tree<Tensor> => {
    const residuals = flattened(rowResiduals(one, target)).mul(scale);
    const derivatives =
      residuals.size === 1
        ? grad(residuals.reshape([]), weights, { unreachable: 'zero' })
        : jacobian(residuals, weightsOf(batch));
    return { residuals, jacobian: derivatives };
  })(x, y);
}

/** The residuals of the batch as a whole, and their derivatives along a direction. */
function probeGraph(batch: BatchGraph): Tree<Tensor> {
  const residuals = flattened(requireResiduals(batch));
  const direction = mapTree(batch.weights, ({ dtype, shape }, name) => input(`direction.${name}`, dtype, shape));
  return { residuals, along: jvp(residuals, batch.weights, direction) };
}

/** Rows of J times v. */
function product(results: Results, layout: ParameterLayout, v: Vector): Float64Array {
  const out = new Float64Array(results.residuals!.data.length);
  for (const { data, offset, size } of blocksOf(results, layout)) {
    for (let i = 0; i < out.length; i++) {
      for (let j = 0; j < size; j++) out[i]! += data[i * size + j]! * v[offset + j]!;
    }
  }
  return out;
}

/** Columns of J from `offset` on, row-major. */
interface JacobianBlock {
  readonly data: Vector;
  readonly offset: number;
  readonly size: number;
}

/** The columns of J, block by block. */
function blocksOf(results: Results, { slots, size }: ParameterLayout): JacobianBlock[] {
  if (results.jacobian) return [{ data: results.jacobian.data as Vector, offset: 0, size }];
  return slots.map((slot) => ({
    data: results[`jacobian.${slot.name}`]!.data as Vector,
    offset: slot.offset,
    size: slot.size,
  }));
}

function agree(a: ArrayLike<number>, b: Vector, tolerance: number): boolean {
  let [largest, error] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    largest = Math.max(largest, Math.abs(b[i]!));
    error = Math.max(error, Math.abs(a[i]! - b[i]!));
  }
  return a.length === b.length && error <= tolerance * largest;
}

/**
 * Whether the derivatives of single rows are those of the batch: its residuals, and their derivatives along a random direction, are compared
 * to half the digits of the dtype. A wrong Jacobian passes only for directions of probability zero (Freivalds 1977). Numbers that are not
 * finite agree with nothing.
 */
async function rowsAgree(results: Results, objective: Objective, at: Vector, rows: Rows): Promise<boolean> {
  const { layout } = objective;
  const random = generator(1);
  const direction = layout.zeros().map(() => random.normal()) as Vector;
  const feeds = layout.views(direction as never, 'direction.');
  const whole = await objective.run('residuals along a direction', probeGraph, at, rows, feeds);
  const tolerance = Math.sqrt(unitRoundoff(layout.dtype));
  return (
    agree(results.residuals!.data as Vector, whole.residuals!.data as Vector, tolerance) &&
    agree(product(results, layout, direction), whole.along!.data as Vector, tolerance)
  );
}

/** The derivatives row by row; undefined where the model cannot be applied to a single row. */
async function byRows(objective: Objective, at: Vector, rows: Rows): Promise<Results | undefined> {
  try {
    return await objective.run('residual jacobian by rows', rowsGraph, at, rows);
  } catch (error) {
    if (error instanceof InputError || error instanceof ShapeError) return undefined;
    throw error;
  }
}

/** For an objective, known by its layout, the sizes of batches whose rows were found to enter each other's residuals. */
const mixed = new WeakMap<ParameterLayout, Set<number>>();

function mixedSizes({ layout }: Objective): Set<number> {
  const sizes = mixed.get(layout) ?? new Set<number>();
  mixed.set(layout, sizes);
  return sizes;
}

export interface ChunkJacobian {
  readonly residuals: Vector;
  readonly blocks: readonly JacobianBlock[];
}

/**
 * Residuals of one batch and their Jacobian by blocks of columns: row by row, at the cost of a VJP of the batch for each residual of a row,
 * where rows do not enter each other's residuals; of all residuals by all rows where they do, as under batch normalisation. Which of the
 * two is no guess: every Jacobian by rows is held against the batch as a whole, its residuals and a JVP, before it is returned (`rowsAgree`).
 * @throws InputError when the objective is no sum of squares.
 */
export async function chunkJacobian(objective: Objective, at: Vector, rows: Rows): Promise<ChunkJacobian> {
  const sizes = mixedSizes(objective);
  const size = rows.length;
  if (objective.rows > 1 && !sizes.has(size)) {
    const results = await byRows(objective, at, rows);
    if (results !== undefined && (await rowsAgree(results, objective, at, rows)))
      return chunkOf(results, objective.layout);
    // Where nothing is finite nothing is learnt.
    if (results === undefined || allFinite(results.residuals!.data as Vector)) sizes.add(size);
  }
  return chunkOf(await objective.run('residual jacobian', wholeGraph, at, rows), objective.layout);
}

function chunkOf(results: Results, layout: ParameterLayout): ChunkJacobian {
  return { residuals: results.residuals!.data as Vector, blocks: blocksOf(results, layout) };
}
