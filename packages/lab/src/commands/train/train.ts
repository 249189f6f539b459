import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { writeParameters } from 'osculate/import';
import { ortExecutor, writeFileAtomic } from 'osculate/node';
import type { Vector } from 'osculate/objective';
import { encodeModel } from 'osculate/onnx';
import { type Executor, referenceExecutor } from 'osculate/runtime';
import { mapTree, type NDArray, ParameterLayout } from 'osculate/tensor';
import { exitStatus } from '../../command-line/exit-status.js';
import type { Contestant } from '../../contestants.js';
import { contentsOf } from '../../file-contents.js';
import { ProgressLine, type Terminal } from '../../report/progress.js';
import { trainHtml } from '../../report/train/html.js';
import { trainProgress, trainText } from '../../report/train/text.js';
import { UsageError } from '../../usage-error.js';
import { modelIn } from '../inspect/inspect.js';
import { type RunIdentity, TrainCheckpoint } from './checkpoint.js';
import { lossNamed, type TrainLoss } from './losses.js';
import type { ModelChoice } from './model.js';
import { chosenOptimizer, madeOptimizer, type OptimizerChoice, stepsOf } from './optimizer.js';
import { loadProblem, type TrainProblem } from './problem.js';
import type { TrainResult } from './result.js';
import { type TrainOutcome, trainRun } from './run.js';

export interface TrainOptions extends ModelChoice, OptimizerChoice {
  readonly file: string;
  readonly data: readonly string[];
  readonly target?: string;
  readonly loss: TrainLoss;
  /** A share of the rows, or a file. */
  readonly validation?: string;
  readonly seed: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly time?: number;
  readonly checkpoint?: string;
  readonly every: { readonly steps: number } | { readonly seconds: number };
  readonly resume: boolean;
  readonly fresh: boolean;
  readonly out: string;
  readonly executor: 'onnxruntime' | 'reference';
  readonly threads: number;
  readonly html?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

const defaultEpochs = 10;

function limits({ epochs, steps, time }: TrainOptions, rows: number, contestant: Contestant) {
  const passes = epochs ?? (steps === undefined && time === undefined ? defaultEpochs : undefined);
  const all = [
    ...(steps === undefined ? [] : [steps]),
    ...(passes === undefined ? [] : [stepsOf(passes, rows, contestant)]),
  ];
  return { ...(all.length > 0 && { steps: Math.min(...all) }), ...(time !== undefined && { seconds: time }) };
}

function identityOf(options: TrainOptions, problem: TrainProblem, bytes: Uint8Array, settings: object): RunIdentity {
  const { loss, optimizer, seed, executor } = options;
  return {
    model: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
    data: problem.hash.slice(0, 16),
    output: problem.output,
    tensors: Object.values(problem.imported.sources).join(' '),
    optimizer: optimizer.split(':')[0]!,
    settings: JSON.stringify(settings),
    loss,
    seed: String(seed),
    executor,
  };
}

function checkPlaces({ file, out, fresh }: TrainOptions, checkpoint: TrainCheckpoint, resume: boolean): void {
  if (resolve(out) === resolve(file)) throw new UsageError(`--out ${out} is the model itself; choose another name`);
  if (fresh && resume) throw new UsageError('--fresh and --resume contradict each other');
  if (fresh) checkpoint.remove();
  else if (checkpoint.exists() && !resume)
    throw new UsageError(`${checkpoint.folder} holds a run: --resume goes on with it, --fresh starts again`);
}

/** Writes the file with the trained values under its name only when it is whole. */
async function writeTrained(options: TrainOptions, { imported, proto }: TrainProblem, vector: Vector): Promise<string> {
  const views = ParameterLayout.of(imported.parameters).views(vector);
  const trained = mapTree(imported.parameters, (_: NDArray, name): NDArray => views[name]!);
  const path = resolve(options.out);
  mkdirSync(dirname(path), { recursive: true });
  await writeFileAtomic(path, encodeModel(writeParameters(proto, imported, trained)));
  return options.out;
}

interface Prepared {
  readonly bytes: Uint8Array;
  readonly problem: TrainProblem;
  readonly contestant: Contestant;
}

async function prepare(options: TrainOptions): Promise<Prepared> {
  const bytes = contentsOf(options.file);
  const problem = await loadProblem(options, modelIn(options.file, bytes), lossNamed(options.loss));
  return { bytes, problem, contestant: chosenOptimizer(options) };
}

async function execute(options: TrainOptions, { bytes, problem, contestant }: Prepared, executor: Executor) {
  const { stderr, seed, resume, every, signal } = options;
  const bounds = limits(options, problem.rows.train, contestant);
  const optimizer = madeOptimizer(contestant, options, bounds.steps);
  const folder = options.checkpoint ?? `${options.out}.checkpoint`;
  const checkpoint = new TrainCheckpoint(folder, identityOf(options, problem, bytes, optimizer.settings));
  checkPlaces(options, checkpoint, resume);
  const line = new ProgressLine(stderr);
  let told = 0;
  const outcome = await trainRun({
    ...{ problem: problem.loaded, optimizer, executor, seed, checkpoint, resume, every, signal, ...bounds },
    note: (text) => line.note(text),
    progress: (seconds, step, loss, point) => {
      if (performance.now() - told < 100) return;
      told = performance.now();
      line.show(trainProgress({ title: contestant.title, ...bounds }, seconds, step, loss, point));
    },
  });
  line.clear();
  return { outcome, optimizer, checkpoint };
}

async function publish(options: TrainOptions, result: TrainResult): Promise<void> {
  const { json, html, stdout, stderr } = options;
  stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : `${trainText(result)}\n`);
  if (html === undefined) return;
  const path = resolve(html);
  await writeFileAtomic(path, trainHtml(result));
  stderr.write(`report: ${relative(process.cwd(), path)}\n`);
}

function resultOf(options: TrainOptions, { problem, contestant }: Prepared, outcome: TrainOutcome, out: string | null) {
  const { snapshot, reason, points } = outcome;
  const { loss, errorName } = lossNamed(options.loss);
  return {
    ...{ model: options.file, out, output: problem.output, optimizer: contestant.title },
    ...{ loss: loss.name, errorName, reason, steps: snapshot.state.step, seconds: snapshot.seconds },
    ...{ parameters: snapshot.state.parameters.length, rows: problem.rows, notes: problem.notes, points },
  };
}

/**
 * Trains a model file on data and writes the trained file. Resolves to the exit status: 1 when the run diverged (nothing is written), 130
 * when it was interrupted (a checkpoint is).
 * @throws UsageError for whatever is wrong with flags, model or data
 */
export async function trainCommand(options: TrainOptions): Promise<number> {
  const { stderr } = options;
  const prepared = await prepare(options);
  for (const note of prepared.problem.notes) stderr.write(`note: ${note}\n`);
  const executor =
    options.executor === 'reference' ? referenceExecutor() : await ortExecutor({ threads: options.threads });
  try {
    const { outcome, optimizer, checkpoint } = await execute(options, prepared, executor);
    const { reason, snapshot } = outcome;
    if (reason === 'cancelled') {
      stderr.write(
        `interrupted at step ${snapshot.state.step}: the same command with --resume goes on from ${checkpoint.folder}\n`,
      );
      return exitStatus.interrupted;
    }
    const diverged = reason === 'diverged';
    const out = diverged ? null : await writeTrained(options, prepared.problem, snapshot.state.parameters);
    await publish(options, { ...resultOf(options, prepared, outcome, out), settings: optimizer.settings });
    // A folder that nobody asked for holds nothing that the written file does not.
    if (!diverged && options.checkpoint === undefined) checkpoint.remove();
    if (diverged) stderr.write('the run diverged: nothing is written; try a smaller --lr or a larger --damping\n');
    return diverged ? exitStatus.failed : exitStatus.done;
  } finally {
    await executor.dispose();
  }
}
