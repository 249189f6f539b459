import type { Command } from 'commander';
import { compare, defaultThreads } from '../commands/compare.js';
import { problemNamed } from '../problems/index.js';
import { cancellation } from './cancellation.js';
import type { End } from './exit-status.js';
import { natural, positive, threadCount } from './values.js';

interface CompareFlags {
  optimizers?: string;
  budget?: number;
  seed: number;
  threads: number;
  out?: string;
  fresh?: boolean;
  report: string;
  saveEvery?: number;
  json?: boolean;
}

/** Adds `osculate compare`. */
export function addCompare(root: Command, end: End): void {
  root
    .command('compare')
    .description('compare optimizers on a problem, each for the same time; prints a table, writes an HTML report')
    .argument(
      '[problem]',
      'what to optimize, with its settings as name:key=value; `osculate problems` lists them',
      'autoencoder',
    )
    .option(
      '-o, --optimizers <list>',
      'names separated by commas, each with settings as name:key=value (default: those that suit the problem)',
    )
    .option('-b, --budget <seconds>', 'seconds of stepping for each optimizer (default: that of the problem)', positive)
    .option('-s, --seed <number>', 'seed of initial parameters and mini-batches', natural, 0)
    .option('-t, --threads <number>', 'threads of ONNX Runtime', threadCount, defaultThreads())
    .option('--out <folder>', 'where the runs are kept (default: a new folder below runs)')
    .option('--fresh', 'do not go on with an unfinished comparison')
    .option('--report <file>', 'the HTML report', 'report.html')
    .option(
      '--save-every <seconds>',
      'seconds between checkpoints of a run, more where one takes long (default: 10)',
      positive,
    )
    .option('--json', 'print the results as JSON')
    .addHelpText('after', '\nExit status: 0 done, 1 a run failed, 2 wrong use, 130 interrupted with the work saved.')
    .action(async (problem: string, flags: CompareFlags) => {
      const { optimizers: list, budget, seed, threads, fresh = false, json = false, ...rest } = flags;
      const chosen = problemNamed(problem);
      const optimizers = list?.split(',').map((s) => s.trim()) ?? chosen.optimizers;
      const study = { problem, optimizers, budget: budget ?? chosen.budget, seed, threads };
      const { stdout, stderr } = process;
      end(await compare({ study, ...rest, fresh, json, signal: cancellation(), stdout, stderr }));
    });
}
