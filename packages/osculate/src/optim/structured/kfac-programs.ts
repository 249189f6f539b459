import { linearize } from '../../autodiff/index.js';
import {
  type Block,
  type FactorLayout,
  type FactorOptions,
  factorInputs,
  factorLayout,
  factorViews,
  kroneckerBlocks,
  kroneckerFactors,
  namedFactors,
  precondition,
} from '../../curvature/index.js';
import type { Loss, Parameters } from '../../nn/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { parameters } from '../../tensor/parameters.js';
import type { Generator } from '../../tensor/random.js';
import { leaves, mapTree, type Tree } from '../../tensor/tree.js';
import type { BatchGraph, Objective, Rows, Vector } from '../objective.js';

/** What has to be known of a model to find its layers. */
export interface KroneckerModel {
  readonly model: (weights: never, x: Tensor) => Tensor;
  readonly loss: Loss;
  /** Parameter arrays: names, shapes and dtype count, not their values. */
  readonly parameters: Parameters;
  /** Shapes and dtypes of inputs and targets; the first axis counts examples. */
  readonly x: Pick<NDArray, 'shape' | 'dtype'>;
  readonly y: Pick<NDArray, 'shape' | 'dtype'>;
}

const named = (tree: Tree<Tensor>): Record<string, Tensor> => Object.fromEntries(leaves(tree));

/** Blocks of a model, in the order of its factors: traced on a batch of so many examples. */
export function modelBlocks({ model, loss, parameters: tree, x, y }: KroneckerModel, examples: number): Block[] {
  const weights = parameters(tree, 'parameters.') as unknown as Tree<Tensor>;
  const batch = (name: string, { shape, dtype }: typeof x): Tensor => input(name, dtype, [examples, ...shape.slice(1)]);
  const outputs = model(weights as never, batch('x', x));
  return kroneckerBlocks({ weights, outputs, loss: loss.value(outputs, batch('y', y)) });
}

/** Runs the programs of K-FAC on an objective. Factors and inverses are flat vectors in the order of `layout`. */
export interface KfacPrograms {
  readonly blocks: readonly Block[];
  readonly layout: FactorLayout;
  /** Factors at the parameters, from targets that the model itself draws for these rows. */
  factors(objective: Objective, theta: Vector, rows: Rows, generator: Generator): Promise<Record<string, NDArray>>;
  /** G⁻¹·∇W·A⁻¹, and the products of the Gauss-Newton matrix with it and with the previous step among themselves. */
  direction(objective: Objective, point: DirectionPoint): Promise<Direction>;
}

export interface DirectionPoint {
  readonly theta: Vector;
  /** Rows of the Gauss-Newton products. */
  readonly rows: Rows;
  readonly gradient: Vector;
  readonly inverses: Vector;
  readonly previous: Vector;
}

export interface Direction {
  /** The preconditioned gradient U. */
  readonly direction: Vector;
  /** UᵀFU, UᵀFδ and δᵀFδ with the previous step δ. */
  readonly curvature: readonly [number, number, number];
}

/** Σ (J·a)·H·(J·b) over the outputs. */
function directionGraph(batch: BatchGraph, blocks: readonly Block[], layout: FactorLayout, loss: Loss): Tree<Tensor> {
  const symbols = (prefix: string) => mapTree(batch.weights, (t, name) => input(`${prefix}.${name}`, t.dtype, t.shape));
  const weights = leaves(batch.weights);
  const dtype = weights[0]![1].dtype as 'f32' | 'f64';
  const direction = precondition(blocks, named(symbols('gradient')), factorInputs(layout, 'inverse.', dtype));
  const map = linearize(
    [batch.outputs],
    weights.map(([, t]) => t),
  );
  const alongU = map.apply(weights.map(([name]) => direction[name]!))[0]!;
  const alongStep = map.apply(leaves(symbols('previous')).map(([, t]) => t))[0]!;
  const curved = (u: Tensor): Tensor => loss.hessianProduct(batch.outputs, batch.y, u);
  const [hu, hs] = [curved(alongU), curved(alongStep)];
  const product = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum();
  return {
    direction: mapTree(batch.weights, (_, name) => direction[name]!),
    uu: product(alongU, hu),
    us: product(alongU, hs),
    ss: product(alongStep, hs),
  };
}

export function kfacPrograms(
  model: KroneckerModel,
  options: Omit<FactorOptions, 'normalizer'>,
  examples: number,
): KfacPrograms {
  const { loss } = model;
  const blocks = modelBlocks(model, examples);
  const layout = factorLayout(blocks);
  const factorsOf = (batch: BatchGraph, targets: Tensor): Tree<Tensor> => {
    const graph = { weights: batch.weights, outputs: batch.outputs, loss: loss.value(batch.outputs, targets) };
    const normalizer = loss.normalizer(batch.outputs);
    return namedFactors(layout, kroneckerFactors(graph, kroneckerBlocks(graph), { ...options, normalizer }));
  };
  return {
    blocks,
    layout,
    factors: async (objective, theta, rows, generator) => {
      const run = (name: string, build: (batch: BatchGraph) => Tree<Tensor>, feeds = {}) =>
        objective.run(name, build, theta, rows, feeds);
      if (options.estimate !== 'sampled') return run('kfac factors', (batch) => factorsOf(batch, batch.y));
      const { outputs } = await run('kfac outputs', (batch) => ({ outputs: batch.outputs }));
      const sampled = loss.sample(outputs as NDArray<'f32'>, generator);
      const targets = input('sampled', sampled.dtype, sampled.shape);
      return run('kfac factors', (batch) => factorsOf(batch, targets), { sampled });
    },
    direction: async (objective, { theta, rows, gradient, inverses, previous }) => {
      const feeds = {
        ...objective.layout.views(gradient as never, 'gradient.'),
        ...objective.layout.views(previous as never, 'previous.'),
        ...factorViews(layout, inverses, 'inverse.'),
      };
      const build = (batch: BatchGraph) => {
        const graph = { weights: batch.weights, outputs: batch.outputs, loss: batch.loss };
        return directionGraph(batch, kroneckerBlocks(graph), layout, loss);
      };
      const results = await objective.run('kfac direction', build, theta, rows, feeds);
      const number = (name: string): number => Number(results[name]!.data[0]);
      return {
        direction: objective.layout.gather(results, 'direction.'),
        curvature: [number('uu'), number('us'), number('ss')],
      };
    },
  };
}
