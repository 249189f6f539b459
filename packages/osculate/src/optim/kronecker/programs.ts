import { linearize } from '../../autodiff/index.js';
import { compile, costOf } from '../../compile/index.js';
import { type Block, kroneckerBlocks, type ModelGraph } from '../../curvature/kronecker/blocks.js';
import { type FactorOptions, kroneckerFactors } from '../../curvature/kronecker/factors.js';
import { type FactorLayout, factorLayout } from '../../curvature/kronecker/inverses.js';
import type { Rows } from '../../data/source.js';
import { like, type Vector } from '../../linalg/vectors.js';
import type { Batch, Feeds, Named, Objective } from '../../objective/objective.js';
import { chunks } from '../../objective/rows.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import { type NDArray, ndarray, zeros } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import { leaves, mapTree, type Tree } from '../../tensor/tree.js';

const byName = (tree: Tree<Tensor>): Record<string, Tensor> => Object.fromEntries(leaves(tree));

/** Targets that the model draws itself, by field: none where the factors are not made of samples. */
export type Sampled = Named<NDArray>;

/** Runs the programs of K-FAC on an objective. Factors and their inverses are flat vectors in the order of `layout`. */
export interface KfacPrograms {
  readonly blocks: readonly Block[];
  readonly layout: FactorLayout;
  /** Bytes of values alive at once where the factors of so many rows are measured. */
  measuredBytes(rows: number): number;
  /** Targets for these rows, drawn from the model's own distribution. */
  sample(at: Point, generator: Generator): Promise<Sampled>;
  /** Runs a program that measures factors, with the targets that were drawn. */
  measure(
    name: string,
    build: MeasureGraph,
    at: Point,
    sampled: Sampled,
    feeds?: Feeds,
  ): Promise<Record<string, NDArray>>;
  /**
   * The preconditioned gradient, the products of the Gauss-Newton matrix with it and with the previous step among themselves, and the
   * slopes along both.
   */
  direction(at: Point, given: DirectionPoint, build: PreconditionGraph): Promise<Direction>;
}

export type MeasureGraph = (graph: ModelGraph, blocks: readonly Block[], options: FactorOptions) => Tree<Tensor>;
export type PreconditionGraph = (
  blocks: readonly Block[],
  gradient: Named<Tensor>,
  dtype: 'f32' | 'f64',
) => Named<Tensor>;

/** Where a program is run: on these rows at these parameters. */
export interface Point {
  readonly theta: Vector;
  readonly rows: Rows;
}

export interface DirectionPoint {
  readonly gradient: Vector;
  readonly previous: Vector;
  /** What else the preconditioner reads. */
  readonly feeds: Feeds;
}

/** Consecutive elements of a flat vector, from `offset` on. */
export interface Piece {
  readonly offset: number;
  readonly data: Vector;
}

export interface Direction {
  /** The preconditioned gradient U, piece by piece as it was computed: the vectors are too large to copy for nothing. */
  readonly direction: readonly Piece[];
  /** UᵀFU, UᵀFδ and δᵀFδ with the previous step δ. */
  readonly curvature: readonly [number, number, number];
  /** Slopes of the objective along U and along δ, on the rows that the curvature was measured on. */
  readonly slopes: readonly [number, number];
  /** The objective there. */
  readonly value: number;
}

/** What a run of the program says beside U, with its share of the rows. */
const figures = ['uu', 'us', 'ss', 'alongU', 'alongStep', 'value'] as const;

const product = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum();

/** The preconditioned gradient, Σ (J·a)·H·(J·b) over the outputs, and the slopes of the loss with its weight decay. */
function directionGraph(batch: Batch, build: PreconditionGraph, weightDecay: number): Tree<Tensor> {
  const symbols = (prefix: string) => mapTree(batch.weights, (t, name) => input(`${prefix}.${name}`, t.dtype, t.shape));
  const weights = leaves(batch.weights);
  const { outputs } = batch;
  const blocks = kroneckerBlocks(batch);
  const direction = build(blocks, byName(symbols('gradient')), weights[0]![1].dtype as 'f32' | 'f64');
  const map = linearize(
    [outputs, batch.loss],
    weights.map(([, t]) => t),
  );
  const withDecay = (value: Tensor, tangents: readonly Tensor[], factor: number): Tensor => {
    if (weightDecay === 0) return value;
    const penalty = weights.map(([, t], i) => product(t, tangents[i]!)).reduce((a, b) => a.add(b));
    return value.add(penalty.mul(factor * weightDecay));
  };
  const along = (tangents: readonly Tensor[]) => {
    const [image, rise] = map.apply(tangents) as [Tensor, Tensor];
    return { image, slope: withDecay(rise, tangents, 1), curved: batch.hessianProduct(image) };
  };
  const u = along(weights.map(([name]) => direction[name]!));
  const step = along(leaves(symbols('previous')).map(([, t]) => t));
  return {
    direction: mapTree(batch.weights, (_, name) => direction[name]!),
    uu: product(u.image, u.curved),
    us: product(u.image, step.curved),
    ss: product(step.image, step.curved),
    alongU: u.slope,
    alongStep: step.slope,
    value: withDecay(
      batch.loss,
      weights.map(([, t]) => t),
      0.5,
    ),
  };
}

/** Programs of the method of this name: it keeps them apart from those of another method or other options on the same objective. */
export function kfacPrograms(
  objective: Objective,
  method: string,
  options: Omit<FactorOptions, 'normalizer'>,
  rows: number,
): KfacPrograms {
  const label = `${method} ${options.estimate} ${options.sharing} ${options.largestSide}`;
  const blocks = kroneckerBlocks(objective.batch(rows));
  return {
    blocks,
    layout: factorLayout(blocks, options.largestSide),
    measuredBytes: (count) => {
      const { weights, outputs, normalizer, score } = objective.batch(count);
      const graph = { weights, outputs, loss: score };
      const factors = kroneckerFactors(graph, kroneckerBlocks(graph), { ...options, normalizer });
      const all = factors.flatMap((f) => (f.input ? [f.input, f.output] : [f.output]));
      return costOf(compile(Object.fromEntries(all.map((t, i) => [`f${i}`, t]))).outputs).peakBytes;
    },
    sample: async ({ theta, rows }, generator) => {
      if (options.estimate !== 'sampled') return {};
      const { outputs } = await objective.run('outputs', (b) => ({ outputs: b.outputs }), theta, rows);
      return objective.sample(outputs!, generator);
    },
    measure: (name, build, { theta, rows }, drawn, feeds) => {
      const measured = (batch: Batch): Tree<Tensor> => {
        const { weights, outputs, normalizer } = batch;
        const graph = { weights, outputs, loss: batch.score };
        return build(graph, kroneckerBlocks(graph), { ...options, normalizer });
      };
      return objective.run(`${label} ${name}`, measured, theta, rows, { ...feeds, ...drawn });
    },
    direction: async ({ theta, rows }, { gradient, previous, feeds }, build) => {
      const all = {
        ...objective.layout.views(gradient, 'gradient.'),
        ...objective.layout.views(previous, 'previous.'),
        ...feeds,
      };
      const graph = (batch: Batch) => directionGraph(batch, build, objective.weightDecay);
      const means = figures.map(() => 0);
      let direction: Piece[] = [];
      for (const part of chunks(rows, objective.chunk)) {
        const results = await objective.run(`${label} direction`, graph, theta, part, all);
        figures.forEach((name, i) => {
          means[i]! += Number(results[name]!.data[0]) * (part.length / rows.length);
        });
        direction = objective.layout.slots.map(({ name, offset }) => ({
          offset,
          data: results[`direction.${name}`]!.data as Vector,
        }));
      }
      const [uu, us, ss, alongU, alongStep, value] = means as [number, number, number, number, number, number];
      return { direction, curvature: [uu, us, ss], slopes: [alongU, alongStep], value };
    },
  };
}

/** Arrays of these names and places make up one flat vector. */
interface Slot {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

const keepName = 'average.keep';
const oldName = (name: string): string => `average.${name}`;

/** keep·old + (1 − keep)·new for what a program measures: on the engine, where the arrays are in the cache and threads share the work. */
export function averageGraph(measured: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const all = Object.entries(measured);
  if (all.length === 0) return {};
  const keep = input(keepName, all[0]![1].dtype, []);
  const fresh = keep.neg().add(1);
  return Object.fromEntries(
    all.map(([name, t]) => [name, input(oldName(name), t.dtype, t.shape).mul(keep).add(t.mul(fresh))]),
  );
}

/**
 * What `averageGraph` reads: the old average, as views by name, and the share of it that is kept. Of what is not kept nothing enters, also
 * where it is not finite: 0·∞ would stay in the average.
 */
export function averageFeeds(old: Readonly<Record<string, NDArray>>, keep: number): Feeds {
  const named = Object.entries(old).map(([name, array]) => [
    oldName(name),
    keep === 0 ? zeros(array.dtype as 'f64', array.shape) : array,
  ]);
  const dtype = Object.values(old)[0]?.dtype ?? 'f64';
  return { ...Object.fromEntries(named), [keepName]: ndarray(dtype, [keep], []) };
}

/** The arrays of a run in a new flat vector. */
export function collect(slots: readonly Slot[], found: Readonly<Record<string, NDArray>>, old: Vector): Vector {
  const result = like(old);
  for (const { name, offset } of slots) result.set(found[name]!.data as Vector, offset);
  return result;
}

/** Coefficients of the step δ = α·Δ + μ·δ₀ and what the quadratic model says of it. */
export interface StepSize {
  readonly alpha: number;
  readonly mu: number;
  /** M(δ) − M(0), negative for a descent. */
  readonly change: number;
}

/** Inner products of Δ, the previous step δ₀ and the gradient g. */
export interface InnerProducts {
  readonly gradientDirection: number;
  readonly gradientPrevious: number;
  readonly directionDirection: number;
  readonly directionPrevious: number;
  readonly previousPrevious: number;
}

/** All of them in one pass, in float64; Δ = −U. */
export function innerProducts(gradient: Vector, direction: readonly Piece[], previous: Vector): InnerProducts {
  let [gu, gp, uu, up, pp] = [0, 0, 0, 0, 0];
  for (const { offset, data } of direction) {
    for (let i = 0; i < data.length; i++) {
      const g = gradient[offset + i]!;
      const d = data[i]!;
      const p = previous[offset + i]!;
      gu += g * d;
      gp += g * p;
      uu += d * d;
      up += d * p;
      pp += p * p;
    }
  }
  return {
    gradientDirection: -gu,
    gradientPrevious: gp,
    directionDirection: uu,
    directionPrevious: -up,
    previousPrevious: pp,
  };
}

/**
 * Minimises the model ½·δᵀ(F + damping·I)δ + gᵀδ over δ = α·Δ + μ·δ₀ (Martens and Grosse 2015, section 7): a 2 x 2 system, or one
 * equation for α when there is no previous step, or the two are almost parallel. `curvature` holds UᵀFU, UᵀFδ₀ and δ₀ᵀFδ₀ of U = −Δ. Null when the model has no finite
 * minimum.
 */
export function stepSize(
  curvature: readonly [number, number, number],
  products: InnerProducts,
  damping: number,
): StepSize | null {
  const a = curvature[0] + damping * products.directionDirection;
  const b = damping * products.directionPrevious - curvature[1];
  const c = curvature[2] + damping * products.previousPrevious;
  const { gradientDirection: p, gradientPrevious: q } = products;
  const determinant = a * c - b * b;
  const both = determinant > 1e-6 * a * c;
  const alpha = both ? (b * q - c * p) / determinant : -p / a;
  const mu = both ? (b * p - a * q) / determinant : 0;
  const change = 0.5 * (alpha * p + mu * q);
  return a > 0 && Number.isFinite(change) ? { alpha, mu, change } : null;
}

/** What of a state the length of its step depends on: λ and the last step. */
interface Candidate {
  readonly damping: number;
  readonly previous: Vector;
}

/** A state with the step that it proposes. */
export interface Proposal<S> {
  readonly state: S;
  readonly direction: readonly Piece[];
  readonly size: StepSize;
  /** Rows of the quadratic model, the objective on them, and its slope along the step. */
  readonly rows: Rows;
  readonly value: number;
  readonly slope: number;
}

type Method<S> = { direction(state: S, gradient: Vector, at: Point): Promise<Direction> };

/** Rows whose slope along the step is the batch's within this factor stand for the batch. */
const likeness = 1.5;

/** The proposal whose quadratic model, on the rows of `at`, promises the largest decrease; null when none has a finite minimum. */
async function bestOn<S extends Candidate>(
  method: Method<S>,
  candidates: readonly S[],
  gradient: Vector,
  at: Point,
  weightDecay: number,
): Promise<Proposal<S> | null> {
  let best: Proposal<S> | null = null;
  for (const state of candidates) {
    const { direction, curvature, slopes, value } = await method.direction(state, gradient, at);
    const inner = innerProducts(gradient, direction, state.previous);
    const size = stepSize(curvature, inner, state.damping + weightDecay);
    if (size === null || (best !== null && size.change >= best.size.change)) continue;
    // The engine may use the memory of one run's results for the next run.
    const kept = candidates.length === 1 ? direction : direction.map((p) => ({ ...p, data: p.data.slice() as Vector }));
    const slope = size.mu * slopes[1] - size.alpha * slopes[0];
    best = { state, direction: kept, size, rows: at.rows, value, slope };
  }
  return best;
}

/** At its minimum over the span the model promises half of the batch's slope along the step. */
function standsForBatch({ slope, size }: Proposal<unknown>): boolean {
  const ratio = slope / (2 * size.change);
  return ratio >= 1 / likeness && ratio <= likeness;
}

/**
 * The proposal of the candidate whose quadratic model promises the largest decrease; null when none has a finite minimum.
 *
 * The linear term of the model is the gradient of the whole `batch`, its curvature that of the rows of `at`: a part of the batch, as in
 * section 8 of Martens and Grosse (2015). Once most rows are fitted, gradient and curvature are those of a few hard rows; a part without
 * them has next to no curvature, and the minimum of such a model lies far outside of where it holds. But such a part has next to no
 * slope either. So its slope along the step, which costs nothing beside the products, must be that of the batch within a factor of
 * 1.5; otherwise the model is made again with the curvature of the whole batch, which kfac-jax takes in every step.
 */
export async function bestProposal<S extends Candidate>(
  method: Method<S>,
  candidates: readonly S[],
  gradient: Vector,
  at: Point,
  batch: Rows,
  weightDecay: number,
): Promise<Proposal<S> | null> {
  const best = await bestOn(method, candidates, gradient, at, weightDecay);
  if (at.rows.length === batch.length || (best !== null && standsForBatch(best))) return best;
  return bestOn(method, candidates, gradient, { ...at, rows: batch }, weightDecay);
}
