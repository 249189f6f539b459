import { readPath, standardError, writePath } from '../data/environment.js';
import type { Vector } from '../linalg/vectors.js';
import type { Loss, Parameters } from '../nn/index.js';
import type { Mode } from '../objective/application.js';
import type { Batch, Objective } from '../objective/objective.js';
import { adamW } from '../optim/first-order/adam.js';
import type { Optimizer, OptimizerState } from '../optim/optimizer.js';
import { type TrainEvent, type TrainResult, type TrainStep, train } from '../optim/train.js';
import type { Tensor } from '../tensor/ir.js';
import { full } from '../tensor/leaf.js';
import { type Generator, generator } from '../tensor/random.js';
import type { Tree } from '../tensor/tree.js';
import { checkSettings } from './check-settings.js';
import { decodeRun, encodeRun } from './checkpoint-file.js';
import { type Conversion, prepareExamples, type Prepared as Rows, rowsMark, splitRows } from './data.js';
import { defaultExecutor } from './default-executor.js';
import type { FitModelOptions, FitModelSettings } from './fit-options.js';
import { requireFit } from './forecast.js';
import type { EarlyStopping, Measures } from './history.js';
import { type StatisticsByName, statisticsAt } from './inference.js';
import { type FitReason, ModelRun } from './model-run.js';
import { objectiveOf, soleLoss } from './objective-of.js';
import { epochText, type TrainingProgress, trainingProgress } from './progress.js';
import { RunProgress } from './run-progress.js';
import { type Prepared, prepareModel, shapesOf, type TrainableModel, withLeaves } from './trainable-model.js';

/** Steps of an epoch: methods without a batch size look at all rows. */
function stepsPerEpoch({ settings }: Optimizer, rows: number): number {
  const size = typeof settings.batchSize === 'number' ? settings.batchSize : rows;
  return Math.max(1, Math.ceil(rows / Math.min(size, rows)));
}

function progressOf({ progress }: FitModelSettings): TrainingProgress | null {
  if (progress === false) return null;
  if (typeof progress === 'object') return trainingProgress(progress);
  const out = standardError();
  return out && trainingProgress(out);
}

/**
 * Trains a model on examples: a layer, a model from an ONNX file, or parameters with a function of named inputs. Everything is in the open:
 * it makes a `supervisedObjective`, runs `train` on it, and keeps a history. In training dropout has masks and batch normalisation the statistics of the
 * batch; validation, predictions and files use inference, with statistics that are means over the training rows.
 *
 * Numbers are given as nested lists, typed arrays or NDArrays; whole numbers are classes for `softmaxCrossEntropy`. A run whose loss is not finite is never
 * stepped on: it ends as diverged, at the last good parameters. What needs more memory than there is is refused before it starts, see `fits`.
 * @throws InputError, ShapeError or DTypeError for a model, examples or options that do not fit.
 * @example
 * const net = sequential([dense(2, 32), tanh(), dropout(0.1), dense(32, 2)]);
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: kfac(), epochs: 30, validation: 0.2, earlyStopping: true });
 * const outputs = await run.predict([[0.5, -1]]);
 */
export async function fitModel<P extends Parameters>(
  model: TrainableModel<P>,
  options: FitModelOptions,
): Promise<ModelRun<P>> {
  checkSettings('fitModel', options);
  const { dtype = 'f32', seed = 0, optimizer = adamW(), trainable } = options;
  const random = generator(seed);
  const common = { dtype, trainable };
  const drawing = random.split();
  const conversion = { dtype, classes: soleLoss(options.loss)?.classes ?? false };
  const [rows, held] = examplesOf(options, conversion, random);
  const { executor, note } = options.executor ? { executor: options.executor } : await defaultExecutor();
  // No function here knows `prepared`: the parameters that a run starts from are not held to its end.
  const objectiveOn = (of: Prepared, given: Rows, mode: Mode): Objective =>
    objectiveOf(of, given, options, executor, mode);
  // Before anything of the size of the parameters is made.
  await requireFit(objectiveOn(shapesOf(model, options), rows, 'training'), optimizer);
  const prepared = prepareModel(model, { ...common, generator: drawing, parameters: options.parameters });
  const objective = objectiveOn(prepared, rows, 'training');
  const judge = held && objectiveOn(prepared, held, 'inference');
  const measure = async (on: Objective, theta: Vector): Promise<Measures> =>
    measuresOf(on, theta, await statisticsAt(objective, theta, dtype), soleLoss(options.loss) ?? {});

  const start = objective.layout.flat(prepared.trained);
  const limits = limitsOf(options, stepsPerEpoch(optimizer, objective.rows));
  const bytes = typeof options.resume === 'string' ? await readPath('fitModel', options.resume) : options.resume;
  const what = typeof options.resume === 'string' ? `"${options.resume}"` : 'resume';
  const mark = await rowsMark(rows.source);
  const earlier = bytes && decodeRun({ bytes, what, rows: mark }, optimizer, optimizer.init(objective, start.slice()));
  const progress = new RunProgress(earlier?.state, start, stoppingOf(options));
  const run = new FitLoop(options, limits, progress, optimizer, mark);
  const steps = train({
    ...{ objective, optimizer, parameters: start, seed, steps: limits.steps, recycle: true },
    ...(options.seconds !== undefined && { seconds: options.seconds }),
    ...(options.signal && { signal: options.signal }),
    ...(earlier && { resume: earlier.snapshot }),
  });
  const { reason, last } = await run.follow(steps, judge && ((theta) => measure(judge, theta)));
  await judge?.dispose();
  if (last) progress.settle(last);
  const { best } = progress.state();
  const back = reason === 'early stopping' || (reason === 'diverged' && best.epoch > 0);
  const theta = back ? best.parameters : (last?.parameters ?? earlier?.snapshot.state.parameters ?? start);
  const named = new Map(Object.entries(objective.layout.views(theta)));
  // The nesting is that of the model's own parameters.
  const parameters = withLeaves(prepared.parameters, named) as P;
  const trained = prepareModel(model, { ...common, generator: random, parameters });
  return new ModelRun({
    model: trained,
    parameters,
    statistics: await statisticsAt(objective, theta, dtype),
    dtype,
    objective,
    executor,
    ownsExecutor: options.executor === undefined,
    history: progress.history,
    reason,
    bestEpoch: best.epoch,
    notes: [...(note === undefined ? [] : [note]), ...objective.notes()],
    inputs: Object.fromEntries(rows.inputs.map((name) => [name, rows.source.fields[name]!])),
    checkpoint: () => run.checkpoint(),
    evaluate: async (examples) => {
      const on = objectiveOn(trained, prepareExamples(examples, conversion), 'inference');
      return measure(on, theta).finally(() => on.dispose());
    },
  });
}

/** The rows to train on, and those that are held back. */
function examplesOf(
  options: FitModelOptions,
  conversion: Conversion,
  random: Generator,
): readonly [rows: Rows, held: Rows | null] {
  const all = prepareExamples(options, conversion);
  const { validation } = options;
  if (validation === undefined) return [all, null];
  if (typeof validation === 'object') return [all, prepareExamples(validation, conversion)];
  const [source, held] = splitRows(all.source, validation, random.split());
  return [
    { ...all, source },
    { ...all, source: held },
  ];
}

/** The mean loss and the measures of the loss over all rows. */
async function measuresOf(
  objective: Objective,
  theta: Vector,
  statistics: StatisticsByName,
  { metrics = {} }: Pick<Loss, 'metrics'>,
): Promise<Measures> {
  const build = ({ loss, outputs, targets }: Batch): Tree<Tensor> => {
    const [target] = Object.values(targets);
    const averages = Object.entries(metrics).map(([name, metric]) => {
      const { sum, count } = metric(outputs, target!);
      return [name, { sum, count: typeof count === 'number' ? full(count, sum.dtype) : count }];
    });
    return { loss, metrics: Object.fromEntries(averages) };
  };
  const total = new Map<string, number>();
  await objective.at(theta).stream('measures', build, { feeds: statistics }, (results, rows) => {
    for (const [name, { data }] of Object.entries(results)) {
      const weight = name === 'loss' ? rows.length / objective.rows : 1;
      total.set(name, (total.get(name) ?? 0) + weight * Number(data[0]));
    }
  });
  const average = (name: string): [string, number] => [
    name,
    total.get(`metrics.${name}.sum`)! / total.get(`metrics.${name}.count`)!,
  ];
  return { loss: total.get('loss')!, ...Object.fromEntries(Object.keys(metrics).map(average)) };
}

interface Limits {
  readonly perEpoch: number;
  readonly epochs: number;
  readonly steps: number;
}

function limitsOf({ steps = Infinity, seconds, epochs }: FitModelSettings, perEpoch: number): Limits {
  const most = epochs ?? (steps < Infinity || seconds !== undefined ? Infinity : 10);
  return { perEpoch, epochs: most, steps: Math.min(steps, most * perEpoch) };
}

const stoppingOf = ({ earlyStopping = false }: FitModelSettings): EarlyStopping | null =>
  earlyStopping === true ? {} : earlyStopping || null;

/** Follows a run through its epochs. */
class FitLoop<S extends OptimizerState> {
  private latest: TrainStep<S> | null = null;

  constructor(
    private readonly options: FitModelSettings,
    private readonly limits: Limits,
    private readonly progress: RunProgress,
    private readonly optimizer: Optimizer<S>,
    private readonly mark: string,
  ) {}

  /** The bytes of a checkpoint of the present step; null before the first. */
  checkpoint(): Uint8Array | null {
    return this.latest && encodeRun(this.latest.snapshot(), this.progress.state(), this.optimizer, this.mark);
  }

  /** Runs to the end and gives why it ended, and the last step. */
  async follow(
    steps: AsyncGenerator<TrainStep<S>, TrainResult<S>>,
    validate: ((theta: Vector) => Promise<Measures>) | null,
  ): Promise<{ reason: FitReason; last: TrainEvent | null }> {
    const { options, limits, progress } = this;
    const line = progressOf(options);
    try {
      for (;;) {
        const next = await steps.next();
        if (next.done) {
          await this.save();
          return { reason: this.reasonOf(next.value), last: this.latest?.event ?? null };
        }
        this.latest = next.value;
        const { event } = next.value;
        const epoch = Math.ceil(event.step / limits.perEpoch);
        progress.add(event);
        await options.onStep?.({ ...event, epoch });
        line?.show(`epoch ${epoch}  step ${event.step}  loss ${event.loss.toPrecision(4)}`);
        if (event.step % limits.perEpoch !== 0) continue;
        const ended = progress.endEpoch(epoch, event, validate && (await validate(event.parameters)));
        await options.onEpoch?.(ended);
        line?.show(epochText(ended, limits.epochs));
        await this.save();
        if (progress.exhausted()) return { reason: 'early stopping', last: event };
      }
    } finally {
      line?.clear();
    }
  }

  private reasonOf({ reason, snapshot }: TrainResult<S>): FitReason {
    if (reason === 'budget') return 'seconds';
    if (reason !== 'steps' && reason !== 'work') return reason;
    return snapshot.state.step >= this.limits.epochs * this.limits.perEpoch ? 'epochs' : 'steps';
  }

  private async save(): Promise<void> {
    const contents = this.options.checkpoint === undefined ? null : this.checkpoint();
    if (contents) await writePath('fitModel', this.options.checkpoint!, contents);
  }
}
