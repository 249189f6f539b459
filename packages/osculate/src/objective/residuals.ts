import { flatten, unflatten } from '../autodiff/dense.js';
import { grad, jacobian, jvp, vjp, vmap } from '../autodiff/index.js';
import type { Rows } from '../data/source.js';
import { type Matrix, matrix } from '../linalg/matrix.js';
import { allFinite, dotInOrder, scaled, unitRoundoff, type Vector } from '../linalg/vectors.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import type { ParameterLayout } from '../tensor/parameters.js';
import { generator } from '../tensor/random.js';
import { mapTree, type Tree } from '../tensor/tree.js';
import { weightsOf } from './matrices.js';
import type { Batch, Objective, Results } from './objective.js';
import { allRows, chunks } from './rows.js';

/** The residuals of a batch. @throws InputError when the loss is not a sum of squares. */
function requireResiduals({ residuals }: Batch): Tensor {
  if (residuals !== undefined) return residuals;
  throw new InputError(
    'this method needs residuals, and the objective has none: use a loss that is a sum of squares (squaredError), or functionObjective with { residuals: true }',
  );
}

/** Programs return `residuals`, and `jacobian`, [residuals, n], or `jacobian.<name>` for every parameter. */
const flattened = (t: Tensor): Tensor => t.reshape([t.size]);

/** All residuals of a batch against all parameters, whichever rows they depend on. */
function wholeGraph(batch: Batch): Tree<Tensor> {
  const residuals = flattened(requireResiduals(batch));
  return { residuals, jacobian: jacobian(residuals, weightsOf(batch)) };
}

/** The same row by row: a VJP for each of a row's residuals or a JVP for each parameter, whichever are fewer, of single rows. */
function rowsGraph(batch: Batch): Tree<Tensor> {
  const { weights, rows } = batch;
  const scale = 1 / Math.sqrt(rows);
  return vmap((inputs: Record<string, Tensor>, targets: Record<string, Tensor>): Tree<Tensor> => {
    const residuals = flattened(requireResiduals(batch.row(inputs, targets))).mul(scale);
    const derivatives =
      residuals.size === 1
        ? grad(residuals.reshape([]), weights, { unreachable: 'zero' })
        : jacobian(residuals, weightsOf(batch));
    return { residuals, jacobian: derivatives };
  })({ ...batch.inputs }, { ...batch.targets });
}

/** The residuals of the batch as a whole, and their derivatives along a direction. */
function probeGraph(batch: Batch): Tree<Tensor> {
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
  const feeds = layout.views(direction, 'direction.');
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

interface ChunkJacobian {
  readonly residuals: Vector;
  readonly blocks: readonly JacobianBlock[];
}

/**
 * Residuals of one batch and their Jacobian by blocks of columns: row by row, at the cost of a VJP of the batch for each residual of a row,
 * where rows do not enter each other's residuals; of all residuals by all rows where they do, as under batch normalisation. Which of the
 * two is not a guess: every Jacobian by rows is held against the batch as a whole, its residuals and a JVP, before it is returned (`rowsAgree`).
 * @throws InputError when the objective is not a sum of squares.
 */
async function chunkJacobian(objective: Objective, at: Vector, rows: Rows): Promise<ChunkJacobian> {
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
 * @throws InputError when the objective is not a sum of squares.
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

/** A sum of squares f = Σ rᵢ² at a point, with J = ∂r/∂θ as two products. */
export interface ResidualProducts {
  readonly value: number;
  /** ∇f = 2·Jᵀr. */
  readonly gradient: Float64Array;
  readonly residuals: Float64Array;
  /** Relative accuracy of the products. */
  readonly roundoff: number;
  /** v ↦ J·v. Cost: about one evaluation of the residuals. */
  apply(v: Float64Array): Promise<Float64Array>;
  /** u ↦ Jᵀ·u. Cost: about one gradient. */
  applyTranspose(u: Float64Array): Promise<Float64Array>;
}

const residualGraph = (batch: Batch) => ({ result: flatten([requireResiduals(batch)]) });

const forwardGraph = (batch: Batch) => {
  const [residuals, weights] = [requireResiduals(batch), weightsOf(batch)];
  const { dtype } = residuals;
  const v = input('residuals.direction', dtype, [weights.reduce((n, w) => n + w.size, 0)]);
  return { result: flatten([jvp(residuals, weights, unflatten(v, weights))]) };
};

const backwardGraph = (batch: Batch) => {
  const residuals = requireResiduals(batch);
  const u = input('residuals.cotangent', residuals.dtype, [residuals.size]);
  return { result: flatten(vjp(residuals, weightsOf(batch), u.reshape(residuals.shape), { unreachable: 'zero' })) };
};

/** A feed of the objective's dtype. */
function feed({ layout: { dtype } }: Objective, v: Float64Array): NDArray {
  return { dtype, shape: [v.length], data: dtype === 'f32' ? new Float32Array(v) : v } as NDArray;
}

/**
 * Residuals at a point over all rows and the products with their Jacobian as compiled programs, scaled so that f = Σ rᵢ² is the
 * objective; a weight decay adds one residual a variable. Chunks of rows are joined in float64. No matrix is formed.
 * @throws InputError when the objective is not a sum of squares.
 */
export async function residualProducts(objective: Objective, at: Vector): Promise<ResidualProducts> {
  const parts = Array.from(chunks(allRows(objective.rows), objective.chunk), (rows) => ({
    rows,
    scale: Math.sqrt(rows.length / objective.rows),
  }));
  const decay = Math.sqrt(objective.weightDecay / 2);
  const point = objective.at(at);
  const joined = async (name: string, build: typeof residualGraph, of: ArrayLike<number>, feeds = {}) => {
    const out: Float64Array[] = [];
    for (const { rows, scale } of parts) {
      const { result } = await point.run(name, build, rows, feeds);
      out.push(scaled(result!.data as Vector, scale));
    }
    if (decay > 0) out.push(scaled(of, decay));
    return concatenated(out);
  };
  const residuals = await joined('residuals', residualGraph, at);
  const data = decay > 0 ? residuals.length - objective.layout.size : residuals.length;
  const applyTranspose = async (u: Float64Array): Promise<Float64Array> => {
    if (u.length !== residuals.length)
      throw new ShapeError(`Jᵀ·u of ${u.length} elements, and there are ${residuals.length} residuals`);
    const sum = decay > 0 ? scaled(u.subarray(data), decay) : new Float64Array(objective.layout.size);
    const perRow = data / objective.rows;
    let from = 0;
    for (const { rows, scale } of parts) {
      const cotangent = feed(objective, scaled(u.subarray(from, from + perRow * rows.length), scale));
      const { result } = await point.run('residual vjp', backwardGraph, rows, { 'residuals.cotangent': cotangent });
      const part = result!.data as Vector;
      for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
      from += perRow * rows.length;
    }
    return sum;
  };
  return {
    value: dotInOrder(residuals, residuals),
    gradient: scaled(await applyTranspose(residuals), 2),
    residuals,
    roundoff: unitRoundoff(objective.layout.dtype),
    apply: (v) => joined('residual jvp', forwardGraph, v, { 'residuals.direction': feed(objective, v) }),
    applyTranspose,
  };
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
