import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TrainLoss } from '../commands/train/losses.js';
import type { ScheduleName } from '../commands/train/optimizer.js';
import { startValues } from './assignments.js';
import { cancellation } from './cancellation.js';
import type { End } from './exit-status.js';
import { natural, positive, threadCount } from './values.js';

interface TrainFlags {
  data: string[];
  target?: string;
  loss: TrainLoss;
  optimizer: string;
  lr?: number;
  damping?: number;
  set: Record<string, number>;
  batch?: number;
  epochs?: number;
  steps?: number;
  time?: number;
  schedule?: ScheduleName;
  warmUp?: number;
  trainable?: RegExp;
  freeze?: RegExp;
  output?: string;
  value: Record<string, number>;
  validation?: string;
  seed: number;
  checkpoint?: string;
  every: { steps: number } | { seconds: number };
  resume?: boolean;
  fresh?: boolean;
  out: string;
  executor: 'onnxruntime' | 'reference';
  threads: number;
  html?: string;
  json?: boolean;
}

/** @throws InvalidArgumentError */
function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** A whole number above 0. @throws InvalidArgumentError */
function counting(text: string): number {
  const value = natural(text);
  if (value === 0) throw new InvalidArgumentError('It must be 1 or more.');
  return value;
}

/** `100` steps or `30s`. @throws InvalidArgumentError */
function interval(text: string): TrainFlags['every'] {
  return text.endsWith('s') ? { seconds: positive(text.slice(0, -1)) } : { steps: counting(text) };
}

const losses: readonly TrainLoss[] = ['softmax', 'squared', 'sigmoid', 'poisson', 'huber'];

function addFlags(command: Command): Command {
  return command
    .requiredOption(
      '-d, --data <files...>',
      'files of examples (CSV, NPY as name=file, NPZ, safetensors), mnist or fashion-mnist',
    )
    .addOption(new Option('-l, --loss <name>', 'loss').choices(losses).makeOptionMandatory())
    .option('-o, --optimizer <name>', 'as osculate compare has them, with settings as name:key=value', 'adamw')
    .option('--target <name>', 'array or columns to learn (default: y, target or label, or what is not an input)')
    .option('--lr <number>', 'learning rate', positive)
    .option('--damping <number>', 'damping of second-order methods', positive)
    .option('--set <list>', 'other settings of the optimizer, as momentum=0.9,weightDecay=0', startValues, {})
    .option('-b, --batch <rows>', 'examples a step (default: the method’s, as osculate optimizers lists it)', counting)
    .option('--epochs <number>', 'passes over the data (default: 10)', positive)
    .option('--steps <number>', 'steps at most', counting)
    .option('--time <seconds>', 'seconds of stepping at most', positive)
    .addOption(
      new Option('--schedule <name>', 'of the learning rate').choices([
        'constant',
        'cosine',
        'step',
        'warm-up-stable-decay',
      ]),
    )
    .option('--warm-up <steps>', 'linear warm-up before the schedule', natural)
    .option('--trainable <pattern>', 'train only tensors whose names match (a regular expression)', pattern)
    .option('--freeze <pattern>', 'keep tensors whose names match', pattern)
    .option(
      '--output <name>',
      'the value that the loss is of: an output, or any other of the main graph, as the logits',
    )
    .option('--value <list>', 'inputs that hold one number, as sr=16000,state=0', startValues, {})
    .option('--validation <share or file>', 'examples held out: a share of the data or a file')
    .option('-s, --seed <number>', 'seed of batches, splits and samples', natural, 0)
    .option('--checkpoint <folder>', 'where the run is saved (default: <out>.checkpoint while it runs)')
    .option('--every <interval>', 'steps between checkpoints, or seconds as 30s', interval, { seconds: 30 })
    .option('--resume', 'go on from the checkpoint, if there is one')
    .option('--fresh', 'start again although there is a checkpoint')
    .option('--out <file>', 'the trained model', 'trained.onnx')
    .addOption(
      new Option('--executor <name>', 'what computes').choices(['onnxruntime', 'reference']).default('onnxruntime'),
    )
    .option('-t, --threads <number>', 'threads of ONNX Runtime', threadCount, Math.min(256, availableParallelism()))
    .option('--html <file>', 'write a page with curves of training and validation')
    .option('--json', 'print the result as JSON');
}

/** Adds `osculate train`. */
export function addTrain(root: Command, end: End): void {
  const command = root
    .command('train')
    .description('train an ONNX model on your data with any optimizer; writes the trained model')
    .argument('<model>', 'an ONNX file');
  addFlags(command)
    .addHelpText(
      'after',
      '\nExit status: 0 trained, 1 the run diverged (nothing is written), 2 wrong use, 130 interrupted with a checkpoint saved.',
    )
    .action(async (file: string, flags: TrainFlags) => {
      const { trainCommand } = await import('../commands/train/train.js');
      const { set, value, resume = false, fresh = false, json = false, ...rest } = flags;
      const signal = cancellation();
      const { stdout, stderr } = process;
      const common = { settings: set, values: value, resume, fresh, json, signal, stdout, stderr };
      end(await trainCommand({ file, ...rest, ...common }));
    });
}
