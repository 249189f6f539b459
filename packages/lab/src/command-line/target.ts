import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import type { TargetOptions } from '../analysis/target.js';
import type { TrainLoss } from '../commands/train/losses.js';
import { startValues } from './assignments.js';
import { natural, threadCount } from './values.js';

/** The flags that say what is analysed and how. */
export interface TargetFlags {
  checkpoint?: string;
  model?: string;
  data?: string[];
  target?: string;
  output?: string;
  loss?: TrainLoss;
  value: Record<string, number>;
  rows: number;
  seed: number;
  threads: number;
}

const losses = ['squared', 'softmax', 'sigmoid', 'poisson', 'huber'] satisfies TrainLoss[];

/** Adds the argument and the flags to a command of analysis. */
export function addTarget(command: Command): Command {
  return command
    .argument('[problem]', 'what is analysed: a problem, see `osculate problems`', 'autoencoder')
    .option('--checkpoint <file>', 'safetensors of a run or of parameters by name, in place of the initial point')
    .option('--model <file>', 'an ONNX model in place of the problem; needs --data')
    .option('--data <files...>', 'examples for --model: .npz, .npy, .safetensors, .csv, mnist or fashion-mnist')
    .option('--target <name>', 'array or column that is the target')
    .option('--output <name>', 'value of the model that the loss is of')
    .addOption(new Option('--loss <name>', 'loss for --model (default: squared)').choices(losses))
    .option('--value <list>', 'inputs of the model that hold one number, as sr=16000,state=0', startValues, {})
    .option('-r, --rows <number>', 'training examples, from the first on', natural, 200)
    .option('-s, --seed <number>', 'seed of initial parameters and random vectors', natural, 0)
    .option('-t, --threads <number>', 'threads of ONNX Runtime', threadCount, Math.min(256, availableParallelism()));
}

/** What the flags ask for. */
export function targetOptions(problem: string, flags: TargetFlags): TargetOptions {
  const { checkpoint, model, data = [], target, output, loss, value, rows, seed } = flags;
  return {
    problem,
    data,
    values: value,
    rows,
    seed,
    ...(checkpoint !== undefined && { checkpoint }),
    ...(model !== undefined && { model }),
    ...(target !== undefined && { target }),
    ...(output !== undefined && { output }),
    ...(loss !== undefined && { loss }),
  };
}
