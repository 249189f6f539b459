import { axpy, scale } from '../../linalg/krylov/vectors.js';
import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import type { Tree } from '../../tensor/tree.js';
import {
  type Block,
  type FactorEstimate,
  type FactorLayout,
  type FactorOptions,
  factorLayout,
  kroneckerBlocks,
  kroneckerFactors,
  namedFactors,
  type WeightSharing,
} from '../kronecker/index.js';
import { sitesOf } from '../kronecker/measurement.js';
import { ggnDiagonal } from '../operators/ggn-diagonal.js';
import type { CurvatureModel, ModelBatch, StreamOptions } from '../operators/index.js';
import { secondMomentDiagonal } from '../operators/row-gradients.js';
import { sampledTargets } from '../operators/sampled-targets.js';
import { type ChosenParameters, chooseBlocks, chooseParameters } from './block-place.js';

export interface StructureOptions {
  /** Default 'exact': the Gauss-Newton matrix itself. 'sampled' needs a generator. */
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

/** Elements of all cotangents of one layer that are held at once. */
const HELD = 2 ** 24;

/** Runs programs of the blocks over the whole data set, once for each draw of the targets. */
export interface FactorMeasurement {
  readonly chosen: ChosenParameters;
  /** All blocks but the diagonal ones. */
  readonly blocks: readonly Block[];
  readonly layout: FactorLayout;
  /** Diagonals of the other parameters, by name. */
  readonly diagonals: Readonly<Record<string, Float64Array>>;
  readonly factors: Float64Array;
  measure(name: string, build: MeasureGraph, feeds?: StreamOptions['feeds']): Promise<Record<string, Float64Array>>;
}

export type MeasureGraph = (batch: ModelBatch, blocks: readonly Block[], options: FactorOptions) => Tree<Tensor>;

const kinds = (blocks: readonly Block[]): string => blocks.map(({ kind }) => kind).join();

/** Means of several runs' results, by name. */
async function meanOfRuns(
  targets: readonly (NDArray | undefined)[],
  run: (targets: NDArray | undefined) => Promise<Record<string, Float64Array>>,
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

function checkOptions({ estimate = 'exact', sharing = 'expand', samples }: StructureOptions): void {
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

async function drawn(model: CurvatureModel, { estimate, generator, samples = 1 }: StructureOptions) {
  if (estimate !== 'sampled') return [undefined];
  if (generator === undefined) {
    throw new InputError("Kronecker factors: the estimate 'sampled' draws targets; give a generator");
  }
  if (!(Number.isInteger(samples) && samples >= 1)) {
    throw new InputError(`Kronecker factors: samples is ${samples}; it must be an integer ≥ 1`);
  }
  return sampledTargets(model, samples, generator.split());
}

/** The exact diagonal for parameters without a block, of the same matrix as the factors. */
async function restOf(
  model: CurvatureModel,
  estimate: FactorEstimate,
  names: readonly string[],
  targets: readonly (NDArray | undefined)[],
): Promise<Record<string, Float64Array>> {
  if (names.length === 0) return {};
  if (estimate === 'exact') return ggnDiagonal(model, names);
  const slots = model.layout.slots.filter(({ name }) => names.includes(name));
  return meanOfRuns(targets, async (y) => {
    const squares = await secondMomentDiagonal(model, y ? { targets: y } : {});
    scale(model.normalizer, squares);
    return Object.fromEntries(slots.map(({ name, offset, size }) => [name, squares.slice(offset, offset + size)]));
  });
}

/** Most rows in a run: an exact estimate holds a stack of cotangents for every output of a row. */
function rowsAtOnce(model: CurvatureModel, blocks: readonly Block[], estimate: FactorEstimate): number {
  if (estimate !== 'exact') return model.chunk;
  const sizes = blocks.flatMap(sitesOf).map(({ output, scan }) => output.size * (scan?.attrs.length ?? 1));
  const widest = Math.max(1, ...sizes);
  return Math.max(1, Math.floor(HELD / (model.graph(1).outputs.size * widest)));
}

/** Kronecker factors over the whole data set. InputError for options that do not fit, and when blocks differ between batches of different sizes. */
export async function measuredFactors(model: CurvatureModel, options: StructureOptions): Promise<FactorMeasurement> {
  checkOptions(options);
  const { estimate = 'exact', sharing = 'expand', layers } = options;
  const chosen = chooseParameters(model.layout, layers);
  const all = chooseBlocks(kroneckerBlocks(model.graph(1)), chosen);
  const own = (batch: ModelBatch): Block[] => {
    const blocks = chooseBlocks(kroneckerBlocks(batch), chosen);
    if (kinds(blocks) === kinds(all)) return blocks.filter(({ kind }) => kind !== 'diagonal');
    throw new InputError(
      `Kronecker factors: the blocks are ${kinds(all)} in a batch of one row and ${kinds(blocks)} in one of ${batch.rows}; set the model's chunk to another size`,
    );
  };
  const blocks = all.filter(({ kind }) => kind !== 'diagonal');
  const targets = await drawn(model, options);
  const chunk = rowsAtOnce(model, blocks, estimate);
  const measure: FactorMeasurement['measure'] = (name, build, feeds = {}) =>
    meanOfRuns(targets, (y) =>
      model.mean(
        [name, estimate, sharing, ...(layers ?? [])].join(' '),
        (batch) => build(batch, own(batch), { estimate, sharing, normalizer: model.loss.normalizer(batch.outputs) }),
        { feeds, chunk, ...(y && { targets: y }) },
      ),
    );
  const layout = factorLayout(blocks);
  const named = await measure('Kronecker factors', (batch, found, given) =>
    namedFactors(layout, kroneckerFactors(batch, found, given)),
  );
  const factors = new Float64Array(layout.size);
  for (const { name, offset } of layout.slots) factors.set(named[name]!, offset);
  const rest = all.flatMap((b) => (b.kind === 'diagonal' ? [b.parameter.name] : []));
  return { chosen, blocks, layout, factors, diagonals: await restOf(model, estimate, rest, targets), measure };
}
