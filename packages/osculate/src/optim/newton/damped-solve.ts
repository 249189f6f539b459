import { flatten, unflatten } from '../../autodiff/dense.js';
import type { Rows } from '../../data/source.js';
import { dotInOrder, type Vector } from '../../linalg/vectors.js';
import { type CurvatureMatrix, gaussNewtonMatrix, weightsOf } from '../../objective/matrices.js';
import type { Batch, Named, Objective } from '../../objective/objective.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import { type NDArray, ndarray } from '../../tensor/ndarray.js';
import type { Tree } from '../../tensor/tree.js';
import { type CgState, type CgTruncation, cgAdvance, cgStart, cgStatus } from './truncated-cg.js';

/** Iterates are kept from the 5th on, spaced by a factor 1.3 (Martens 2010, section 4.6). */
const snapshots = { first: 5, growth: 1.3 } as const;

/** Fewest rows that curvature is measured on by default. */
const fewestRows = 64;

/** Rows for the curvature of a step on so many rows: as given, or an eighth of them (Martens 2010), at least 64; at most the objective's chunk. */
export function curvatureShare(given: number | undefined, rows: number, { chunk }: Objective): number {
  return Math.min(given ?? Math.max(Math.ceil(rows / 8), Math.min(rows, fewestRows)), chunk);
}

/** vᵀGv of the Gauss-Newton matrix on the rows, with the objective's weight decay. Cost: a product. */
export async function curvatureAlong(objective: Objective, theta: Vector, rows: Rows, v: Vector): Promise<number> {
  const { dtype, size } = objective.layout;
  const { curvature } = await objective.run(
    'quadratic form',
    (batch) => {
      const t = input('step.direction', dtype, [size]);
      return {
        curvature: flatten(gaussNewtonMatrix.product(batch, unflatten(t, weightsOf(batch))))
          .mul(t)
          .sum(),
      };
    },
    theta,
    rows,
    { 'step.direction': ndarray(dtype, v, [size]) },
  );
  return Number(curvature!.data[0]) + objective.weightDecay * dotInOrder(v, v);
}

/**
 * A first λ in the units of the problem: gᵀGg/gᵀg, the curvature along the gradient (1 where there is none). A step that is damped so much is
 * half of the gradient's best one along the gradient, and longer where G is flatter.
 */
export async function firstDamping(objective: Objective, theta: Vector, rows: Rows, gradient: Vector): Promise<number> {
  const ratio = (await curvatureAlong(objective, theta, rows, gradient)) / dotInOrder(gradient, gradient);
  return Number.isFinite(ratio) && ratio > 0 ? ratio : 1;
}

/** A·v with A = curvature of the batch + damping, on flat vectors. */
function dampedProduct(curvature: CurvatureMatrix, batch: Batch, damping: Tensor): (v: Tensor) => Tensor {
  const like = weightsOf(batch);
  return (v) => flatten(curvature.product(batch, unflatten(v, like))).add(v.mul(damping));
}

/** Names of the loop's state among the feeds and results of its programs. */
const stateNames = ['x', 'r', 'p', 'rho', 'i', 'history', 'status'] as const;

type StateName = (typeof stateNames)[number];
type CgArrays = Record<StateName, NDArray>;

/** The symbolic inputs of the CG programs. */
function cgInputs({ layout: { size, dtype } }: Objective, { maxIterations }: CgTruncation) {
  const shapes: Record<StateName, readonly number[]> = {
    x: [size],
    r: [size],
    p: [size],
    rho: [],
    i: [],
    history: [maxIterations + 1],
    status: [],
  };
  const symbol = (name: StateName): Tensor => input(`cg.${name}`, dtype, shapes[name]);
  const [x, r, p, rho] = [symbol('x'), symbol('r'), symbol('p'), symbol('rho')];
  const state: CgState = { x, r, p, rho, i: symbol('i'), history: symbol('history'), status: symbol('status') };
  return {
    state,
    b: input('cg.b', dtype, [size]),
    inverse: input('cg.inverse', dtype, [size]),
    damping: input('cg.damping', dtype, []),
    limit: input('cg.limit', dtype, []),
  };
}

/** A damped system on a batch: (G + damping·I)·x = b, with the inverse diagonal of its preconditioner. */
export interface DampedSystem {
  readonly parameters: Vector;
  readonly rows: Rows;
  readonly b: Vector;
  readonly damping: number;
  readonly inverse: Vector;
  readonly start: Vector;
  /** G (default: the Gauss-Newton matrix), which must be positive semi-definite. */
  readonly curvature?: CurvatureMatrix;
  /** Targets for these rows in the place of the data's, by field. */
  readonly targets?: Named<NDArray>;
}

export interface DampedSolution {
  /** Iterates kept for backtracking, in order; the last is the solution. */
  readonly iterates: readonly { readonly iteration: number; readonly x: Vector }[];
  readonly iterations: number;
  /** ½·xᵀ(G + damping·I)x − bᵀx at the solution. */
  readonly modelValue: number;
  readonly status: (typeof cgStatus)[number];
}

/**
 * Solves a damped system by truncated preconditioned CG on the engine, in segments that end where an iterate
 * is kept. Cost: one product an iteration, one more at the start, and a forward pass a segment. Memory: a few vectors.
 */
export async function dampedSolve(
  objective: Objective,
  system: DampedSystem,
  truncation: CgTruncation,
): Promise<DampedSolution> {
  const symbols = cgInputs(objective, truncation);
  const { dtype, size } = objective.layout;
  const vector = (data: Vector): NDArray => ndarray(dtype, data, [size]);
  const scalar = (value: number): NDArray => ndarray(dtype, [value], []);
  const { parameters, rows, curvature = gaussNewtonMatrix } = system;
  const fixed = {
    ...system.targets,
    'cg.b': vector(system.b),
    'cg.inverse': vector(system.inverse),
    'cg.damping': scalar(system.damping),
  };
  const begin = (batch: Batch): Tree<Tensor> => {
    const state = cgStart(
      dampedProduct(curvature, batch, symbols.damping),
      symbols.b,
      symbols.state.x,
      symbols.inverse,
      truncation,
    );
    return { ...state };
  };
  const advance = (batch: Batch): Tree<Tensor> => {
    const apply = dampedProduct(curvature, batch, symbols.damping);
    return { ...cgAdvance(apply, symbols.b, symbols.inverse, symbols.state, symbols.limit, truncation) };
  };
  let state = (await objective.run(`cg start ${curvature.name}`, begin, parameters, rows, {
    ...fixed,
    'cg.x': vector(system.start),
  })) as CgArrays;
  const name = `cg advance ${curvature.name}`;
  const iterates: { iteration: number; x: Vector }[] = [];
  for (let next: number = snapshots.first; ; next *= snapshots.growth) {
    const limit = Math.min(Math.round(next), truncation.maxIterations);
    const before = Number(state.i.data[0]);
    const carried = Object.fromEntries(stateNames.map((name) => [`cg.${name}`, state[name]]));
    const feeds = { ...fixed, ...carried, 'cg.limit': scalar(limit) };
    state = (await objective.run(name, advance, parameters, rows, feeds)) as CgArrays;
    const done = Number(state.i.data[0]);
    objective.countIterations(name, rows.length, done - before);
    const status = cgStatus[Number(state.status.data[0])]!;
    if (done > before && status !== 'not finite') iterates.push({ iteration: done, x: state.x.data as Vector });
    if (status !== 'running' || done >= truncation.maxIterations || done === before)
      return { iterates, iterations: done, modelValue: Number(state.history.data[done]), status };
  }
}
