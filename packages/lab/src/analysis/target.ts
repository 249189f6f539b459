import { basename } from 'node:path';
import { type FilterAxes, filterAxes } from 'osculate/curvature';
import { take } from 'osculate/data';
import { loadParameters } from 'osculate/nn';
import { ortExecutor } from 'osculate/node';
import type { At, Objective } from 'osculate/objective';
import { type Executor, referenceExecutor } from 'osculate/runtime';
import { DerivativeError, InputError, ParameterLayout, parameters } from 'osculate/tensor';
import { modelIn } from '../commands/inspect/inspect.js';
import { builtInSet, type RawData, readData, targetName } from '../commands/train/data.js';
import { symbolOf } from '../commands/train/inputs.js';
import { lossNamed, type TrainLoss, targetsFor } from '../commands/train/losses.js';
import { trainableModel } from '../commands/train/model.js';
import { contentsOf } from '../file-contents.js';
import { problemNamed } from '../problems/index.js';
import { objectiveOn } from '../problems/objective-on.js';
import type { Examples, LossModel, Problem } from '../problems/problem.js';
import { UsageError } from '../usage-error.js';
import { parametersIn } from './parameter-file.js';

/** What an analysis is of: a problem, or an ONNX model with data, at its own parameters or at those of a checkpoint. */
export interface TargetOptions {
  readonly problem: string;
  /** A file of parameters (see `parametersIn`) to take in place of the initial ones. */
  readonly checkpoint?: string;
  /** An ONNX file, in place of the problem. */
  readonly model?: string;
  /** Files of examples or a built-in set, for a model. */
  readonly data: readonly string[];
  readonly target?: string;
  readonly output?: string;
  readonly loss?: TrainLoss;
  /** Values of inputs that are not data. */
  readonly values: Readonly<Record<string, number>>;
  /** Examples, from the first on. */
  readonly rows: number;
  readonly seed: number;
}

/** What reports say of a target. */
export interface TargetInfo {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly lossName: string;
  /** Where its curvature is taken: "its initial point". */
  readonly point: string;
}

export interface AnalysisTarget extends LossModel {
  readonly info: TargetInfo;
  readonly examples: Examples;
  readonly executor: Problem['executor'];
}

async function ofProblem(problem: Problem, seed: number): Promise<AnalysisTarget> {
  const { parameters: start, model, loss, train } = await problem.load(seed);
  const { name, title, description, measures, executor } = problem;
  const info = { name, title, description, lossName: measures[0]?.meaning ?? loss.name, point: 'its initial point' };
  return { info, parameters: start, model, loss, examples: train, executor };
}

async function rawData({ data, target, seed }: TargetOptions): Promise<RawData> {
  if (data.length === 0) throw new UsageError('--model needs --data: a file of examples, or mnist or fashion-mnist');
  const set = data.length === 1 ? await builtInSet(data[0]!, seed) : undefined;
  return set?.train ?? readData(data, target);
}

async function ofModel(file: string, options: TargetOptions): Promise<AnalysisTarget> {
  const { loss: lossName = 'squared', values, output, data } = options;
  const choice = lossNamed(lossName);
  const raw = await rawData(options);
  let target = '';
  const proto = modelIn(file, contentsOf(file));
  const found = trainableModel(proto, { values, ...(output !== undefined && { output }) }, choice, raw, (inputs) => {
    target = targetName(raw, inputs, options.target);
    return target;
  });
  const start = found.imported.parameters;
  const x = found.plan.x(raw);
  const traced = found.model(parameters(start, 'parameters.'), symbolOf(x, x.shape[0]!));
  return {
    info: {
      name: basename(file),
      title: `${basename(file)} on ${data.map((d) => basename(d)).join(', ')}`,
      description: `The imported ONNX model ${basename(file)}, output "${found.output}".`,
      lossName: choice.loss.name,
      point: 'the weights in its file',
    },
    parameters: start,
    model: found.model,
    loss: choice.loss,
    examples: { x, y: targetsFor(choice, target, raw.arrays[target]!, traced) },
    executor: 'onnxruntime',
  };
}

function atCheckpoint(target: AnalysisTarget, file: string): AnalysisTarget {
  const layout = ParameterLayout.of(target.parameters);
  const views = layout.views(parametersIn(file, layout));
  const start = loadParameters(target.parameters, views);
  return { ...target, parameters: start, info: { ...target.info, point: basename(file) } };
}

function firstRows(target: AnalysisTarget, wanted: number): AnalysisTarget {
  const { x, y } = target.examples;
  const all = x.shape[0]!;
  if (wanted < 1) throw new UsageError(`--rows is ${wanted}; it must be at least 1`);
  if (wanted > all && all > 1) throw new UsageError(`--rows is ${wanted}; there are ${all} training examples`);
  const rows = Array.from({ length: Math.min(all, wanted) }, (_, i) => i);
  return { ...target, examples: { x: take(x, rows), y: take(y, rows) } };
}

/**
 * Finds and reads what is to be analysed. `problem` stands in for the one named.
 * @throws UsageError for whatever is not there or does not fit
 */
export async function analysisTarget(options: TargetOptions, problem?: Problem): Promise<AnalysisTarget> {
  const found =
    options.model === undefined
      ? await ofProblem(problem ?? problemNamed(options.problem), options.seed)
      : await ofModel(options.model, options);
  const placed = options.checkpoint === undefined ? found : atCheckpoint(found, options.checkpoint);
  return firstRows(placed, options.rows);
}

/** Runs `work` on the target's objective at its parameters, and frees the executor afterwards. */
export async function withObjective<T>(
  target: AnalysisTarget,
  threads: number,
  work: (at: At) => Promise<T>,
): Promise<T> {
  const executor: Executor =
    target.executor === 'reference'
      ? referenceExecutor()
      : await ortExecutor({ threads, fallback: referenceExecutor() });
  try {
    const objective = objectiveOn(executor, target, target.examples);
    return await work(objective.at(objective.layout.flat(target.parameters)));
  } catch (error) {
    if (error instanceof InputError || error instanceof DerivativeError) throw new UsageError(error.message);
    throw error;
  } finally {
    await executor.dispose();
  }
}

/** Where the filters of each parameter lie, or the default where the graph does not tell. */
export function filterAxesOf({ batch, chunk, rows }: Objective): FilterAxes | undefined {
  try {
    return filterAxes(batch(Math.min(chunk, rows)));
  } catch (error) {
    if (error instanceof DerivativeError) return undefined;
    throw error;
  }
}
