import { linearize } from '../../autodiff/index.js';
import {
  type Block,
  type FactorLayout,
  type FactorOptions,
  factorLayout,
  kroneckerBlocks,
  type ModelGraph,
} from '../../curvature/index.js';
import { type Loss, type Supervised, supervisedBatch } from '../../nn/index.js';
import type { Feeds } from '../../runtime/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import { leaves, mapTree, type Tree } from '../../tensor/tree.js';
import type { BatchGraph, Objective, Rows, Vector } from '../objective.js';
import { chunks } from '../program-objective.js';

const named = (tree: Tree<Tensor>): Record<string, Tensor> => Object.fromEntries(leaves(tree));

/** Blocks of a model, in the order of its factors: traced on a batch of so many examples. */
const modelBlocks = (model: Supervised, examples: number): Block[] => kroneckerBlocks(supervisedBatch(model, examples));

/** Targets that the model draws itself, as feeds: none where the factors are not made of samples. */
export type Sampled = { readonly sampled: NDArray } | Record<string, never>;

/** Runs the programs of K-FAC on an objective. Factors and their inverses are flat vectors in the order of `layout`. */
export interface KfacPrograms {
  readonly blocks: readonly Block[];
  readonly layout: FactorLayout;
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
type Named = Readonly<Record<string, Tensor>>;
export type PreconditionGraph = (blocks: readonly Block[], gradient: Named, dtype: 'f32' | 'f64') => Named;

/** Where a program is run: on these rows at these parameters. */
export interface Point {
  readonly objective: Objective;
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
}

/** What a run of the program says beside U, with its share of the rows. */
const figures = ['uu', 'us', 'ss', 'alongU', 'alongStep'] as const;

const product = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum();

/** The preconditioned gradient, Σ (J·a)·H·(J·b) over the outputs, and the slopes of the loss with its weight decay. */
function directionGraph(batch: BatchGraph, build: PreconditionGraph, loss: Loss, weightDecay: number): Tree<Tensor> {
  const symbols = (prefix: string) => mapTree(batch.weights, (t, name) => input(`${prefix}.${name}`, t.dtype, t.shape));
  const weights = leaves(batch.weights);
  const { outputs } = batch;
  const blocks = kroneckerBlocks({ weights: batch.weights, outputs, loss: batch.loss });
  const direction = build(blocks, named(symbols('gradient')), weights[0]![1].dtype as 'f32' | 'f64');
  const map = linearize(
    [outputs, batch.loss],
    weights.map(([, t]) => t),
  );
  const along = (tangents: readonly Tensor[]) => {
    const [image, rise] = map.apply(tangents) as [Tensor, Tensor];
    const penalty = (): Tensor => weights.map(([, t], i) => product(t, tangents[i]!)).reduce((a, b) => a.add(b));
    const slope = weightDecay === 0 ? rise : rise.add(penalty().mul(weightDecay));
    return { image, slope, curved: loss.hessianProduct(outputs, batch.y, image) };
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
  };
}

/** Programs of the method of this name: it keeps them apart from those of another method or other options on the same objective. */
export function kfacPrograms(
  method: string,
  model: Supervised,
  options: Omit<FactorOptions, 'normalizer'>,
  examples: number,
): KfacPrograms {
  const { loss } = model;
  const label = `${method} ${options.estimate} ${options.sharing}`;
  const blocks = modelBlocks(model, examples);
  return {
    blocks,
    layout: factorLayout(blocks),
    sample: async ({ objective, theta, rows }, generator) => {
      if (options.estimate !== 'sampled') return {};
      const { outputs } = await objective.run('outputs', (b) => ({ outputs: b.outputs }), theta, rows);
      return { sampled: loss.sample(outputs as NDArray<'f32'>, generator) };
    },
    measure: (name, build, { objective, theta, rows }, given, feeds) => {
      const { sampled } = given;
      const measured = (batch: BatchGraph): Tree<Tensor> => {
        const { weights, outputs, y } = batch;
        const targets = sampled ? input('sampled', sampled.dtype, sampled.shape) : y;
        const graph = { weights, outputs, loss: loss.value(outputs, targets) };
        return build(graph, kroneckerBlocks(graph), { ...options, normalizer: loss.normalizer(outputs) });
      };
      return objective.run(`${label} ${name}`, measured, theta, rows, { ...feeds, ...given });
    },
    direction: async ({ objective, theta, rows }, { gradient, previous, feeds }, build) => {
      const all = {
        ...objective.layout.views(gradient as never, 'gradient.'),
        ...objective.layout.views(previous as never, 'previous.'),
        ...feeds,
      };
      const graph = (batch: BatchGraph) => directionGraph(batch, build, loss, objective.weightDecay);
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
      const [uu, us, ss, alongU, alongStep] = means as [number, number, number, number, number];
      return { direction, curvature: [uu, us, ss], slopes: [alongU, alongStep] };
    },
  };
}
