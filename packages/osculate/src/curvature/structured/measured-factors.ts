import { axpy } from '../../linalg/vectors.js';
import { empiricalFisherMatrix, gaussNewtonMatrix, sampledFisherMatrix } from '../../objective/matrices.js';
import type { At, Batch, Feeds, Named } from '../../objective/objective.js';
import { drawTargets, targetsOf } from '../../objective/products.js';
import { checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import type { Tree } from '../../tensor/tree.js';
import { type Block, kroneckerBlocks, type ModelGraph } from '../kronecker/blocks.js';
import {
  type FactorEstimate,
  type FactorOptions,
  kroneckerFactors,
  sitesOf,
  type WeightSharing,
} from '../kronecker/factors.js';
import { type FactorLayout, factorLayout, namedFactors } from '../kronecker/inverses.js';
import { dataOnly } from '../operators/loss-and-gradient.js';
import { matrixDiagonal } from '../operators/matrix-diagonal.js';
import { type ChosenParameters, chooseBlocks, chooseParameters } from './block-place.js';

export interface StructureOptions {
  /** How the factors are made (default 'exact': of the Gauss-Newton matrix itself; 'sampled' needs a generator). */
  readonly estimate?: FactorEstimate;
  /** Draws the targets of the estimate 'sampled'. */
  readonly generator?: Generator;
  /** Targets drawn for each row; default 1. */
  readonly samples?: number;
  /** For weights that are used at several positions of an example; default 'expand'. */
  readonly sharing?: WeightSharing;
  /** Names or beginnings of names of parameters, as of `parameterBlock`: only these are in the operator. Default: all. */
  readonly layers?: readonly string[];
}

export const structureOptions: OptionNames<StructureOptions> = {
  estimate: 1,
  generator: 1,
  samples: 1,
  sharing: 1,
  layers: 1,
};

/** Elements of all cotangents of one layer that are held at once. */
const held = 2 ** 24;

/** Runs programs of the blocks over the whole data set, once for each draw of the targets. */
export interface FactorMeasurement {
  readonly chosen: ChosenParameters;
  /** All blocks but the diagonal ones. */
  readonly blocks: readonly Block[];
  readonly layout: FactorLayout;
  /** Diagonals of the other parameters, by name. */
  readonly diagonals: Readonly<Record<string, Float64Array>>;
  readonly factors: Float64Array;
  measure(name: string, build: MeasureGraph, feeds?: Feeds): Promise<Record<string, Float64Array>>;
}

export type MeasureGraph = (graph: ModelGraph, blocks: readonly Block[], options: FactorOptions) => Tree<Tensor>;

const kinds = (blocks: readonly Block[]): string => blocks.map(({ kind }) => kind).join();

/** In the place of the data's, where they are drawn. */
type Targets = Named<NDArray> | undefined;

/** Means of several runs' results, by name. */
async function meanOfRuns(
  targets: readonly Targets[],
  run: (targets: Targets) => Promise<Record<string, Float64Array>>,
): Promise<Record<string, Float64Array>> {
  const sums: Record<string, Float64Array> = {};
  for (const y of targets) {
    for (const [name, values] of Object.entries(await run(y))) {
      sums[name] ??= new Float64Array(values.length);
      axpy(1 / targets.length, values, sums[name]);
    }
  }
  return sums;
}

const estimates: readonly FactorEstimate[] = ['exact', 'sampled', 'empirical'];
const sharings: readonly WeightSharing[] = ['expand', 'reduce'];

function check({ estimate = 'exact', sharing = 'expand', samples }: StructureOptions): void {
  for (const [what, value, known] of [
    ['estimate', estimate, estimates],
    ['sharing', sharing, sharings],
  ] as const) {
    if ((known as readonly string[]).includes(value)) continue;
    throw new InputError(`Kronecker factors: the ${what} is '${value}'; it must be ${known.join(' or ')}`);
  }
  if (samples === undefined || estimate === 'sampled') return;
  throw new InputError(
    `Kronecker factors: samples is ${samples}, but the estimate '${estimate}' draws no targets; leave it out, or estimate 'sampled'`,
  );
}

async function drawn(at: At, { estimate, generator, samples = 1 }: StructureOptions) {
  if (estimate !== 'sampled') return [undefined];
  if (generator === undefined) {
    throw new InputError("Kronecker factors: the estimate 'sampled' draws targets; give a generator");
  }
  checkOptions('Kronecker factors', { 'an integer ≥ 1': { samples } });
  return drawTargets(at, samples, generator.split());
}

/** The matrix that the factors approximate. */
const matrices = {
  exact: gaussNewtonMatrix,
  sampled: sampledFisherMatrix,
  empirical: empiricalFisherMatrix,
} as const;

/** Where targets are drawn, and for the empirical Fisher matrix, the score stands for the loss. */
const graphOf = ({ weights, outputs, loss, score }: Batch, estimate: FactorEstimate): ModelGraph => ({
  weights,
  outputs,
  loss: estimate === 'exact' ? loss : score,
});

/** Most rows in a run: an exact estimate holds a stack of cotangents for every output of a row. */
function rowsAtOnce({ objective }: At, blocks: readonly Block[], estimate: FactorEstimate): number {
  if (estimate !== 'exact') return objective.chunk;
  const sizes = blocks.flatMap(sitesOf).map(({ output, scan }) => output.size * (scan?.attrs.length ?? 1));
  const widest = Math.max(1, ...sizes);
  return Math.max(1, Math.floor(held / (objective.batch(1).outputs.size * widest)));
}

/** Kronecker factors over the whole data set. InputError for options that do not fit, and when blocks differ between batches of different sizes. */
export async function measuredFactors(point: At, options: StructureOptions): Promise<FactorMeasurement> {
  check(options);
  const at = dataOnly(point);
  const { objective } = at;
  const { estimate = 'exact', sharing = 'expand', layers } = options;
  const chosen = chooseParameters(objective.layout, layers);
  const all = chooseBlocks(kroneckerBlocks(graphOf(objective.batch(1), estimate)), chosen);
  const own = (graph: ModelGraph, rows: number): Block[] => {
    const blocks = chooseBlocks(kroneckerBlocks(graph), chosen);
    if (kinds(blocks) === kinds(all)) return blocks.filter(({ kind }) => kind !== 'diagonal');
    throw new InputError(
      `Kronecker factors: the blocks are ${kinds(all)} in a batch of one row and ${kinds(blocks)} in one of ${rows}; set the objective's chunk to another size`,
    );
  };
  const blocks = all.filter(({ kind }) => kind !== 'diagonal');
  const targets = await drawn(at, options);
  const chunk = rowsAtOnce(at, blocks, estimate);
  const measure: FactorMeasurement['measure'] = (name, build, feeds = {}) =>
    meanOfRuns(targets, (y) =>
      at.mean(
        [name, estimate, sharing, ...(layers ?? [])].join(' '),
        (batch) => {
          const graph = graphOf(batch, estimate);
          return build(graph, own(graph, batch.rows), { estimate, sharing, normalizer: batch.normalizer });
        },
        { feeds: y === undefined ? feeds : (rows) => ({ ...feeds, ...targetsOf(y, rows) }), chunk },
      ),
    );
  const layout = factorLayout(blocks);
  const named = await measure('Kronecker factors', (batch, found, given) =>
    namedFactors(layout, kroneckerFactors(batch, found, given)),
  );
  const factors = new Float64Array(layout.size);
  for (const { name, offset } of layout.slots) factors.set(named[name]!, offset);
  const rest = all.flatMap((b) => (b.kind === 'diagonal' ? [b.parameter.name] : []));
  // The exact diagonal, of the matrix that the factors approximate.
  const diagonals =
    rest.length === 0 ? {} : await meanOfRuns(targets, (y) => matrixDiagonal(at, matrices[estimate], rest, y));
  return { chosen, blocks, layout, factors, diagonals, measure };
}
