import { type Command, Option } from 'commander';
import { compare, defaultThreads } from '../commands/compare.js';
import { problemNamed } from '../problems/index.js';
import { UsageError } from '../usage-error.js';
import { cancellation } from './cancellation.js';
import type { End } from './exit-status.js';
import { nameList, seedList } from './lists.js';
import { natural, positive, threadCount, trialCount } from './values.js';

interface CompareFlags {
  optimizers?: string[];
  budget?: number;
  seed: number;
  seeds?: number[];
  tune?: number;
  threads: number;
  out?: string;
  fresh?: boolean;
  report: string;
  saveEvery?: number;
  json?: boolean;
}

const notes = `
Several problems, several --seeds or --tune make it a study: intervals over seeds, tests, performance profiles. Its file is kept with the
runs, to be edited and run with \`osculate study\`; the same command goes on where it was cut off.

Exit status: 0 done, 1 a run failed, 2 wrong use, 130 interrupted with the work saved.`;

/** Runs a comparison as a study: of several problems or seeds, or with a search. */
async function many(problems: readonly string[], flags: CompareFlags): Promise<number> {
  const { compareMany } = await import('../commands/compare-many.js');
  const { optimizers, budget, seed, seeds = [seed], tune, threads, fresh = false, json = false, ...rest } = flags;
  const twice = problems.find((name, i) => problems.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`the problem "${twice}" is named twice`);
  const comparison = {
    ...{ problems, seeds, threads },
    ...(optimizers && { optimizers }),
    ...(budget !== undefined && { budget }),
    ...(tune !== undefined && { trials: tune }),
  };
  const { stdout, stderr } = process;
  return compareMany({ comparison, ...rest, fresh, json, signal: cancellation(), stdout, stderr });
}

/** Adds `osculate compare`. */
export function addCompare(root: Command, end: End): void {
  root
    .command('compare')
    .description('compare optimizers on problems, each for the same time; prints tables, writes an HTML report')
    .argument(
      '[problem...]',
      'what to optimize, each with its settings as name:key=value; `osculate problems` lists them',
      ['autoencoder'],
    )
    .option(
      '-o, --optimizers <list>',
      'names separated by commas, each with settings as name:key=value (default: those that suit each problem)',
      nameList,
    )
    .option('-b, --budget <seconds>', 'seconds of stepping for each run (default: that of the problem)', positive)
    .option('-s, --seed <number>', 'seed of initial parameters and mini-batches', natural, 0)
    .addOption(
      new Option('--seeds <list>', 'several seeds, 0,1,2 or 1-5; with intervals and tests over them')
        .argParser(seedList)
        .conflicts('seed'),
    )
    .option(
      '--tune <count>',
      'search for the learning rate, damping or radius of each optimizer over so many values, a quarter of the budget each',
      trialCount,
    )
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
    .addHelpText('after', notes)
    .action(async (problems: string[], flags: CompareFlags) => {
      const { optimizers: named, budget, seed, seeds, tune, threads, fresh = false, json = false, ...rest } = flags;
      if (problems.length > 1 || (seeds && seeds.length > 1) || tune !== undefined) {
        end(await many(problems, flags));
        return;
      }
      const problem = problems[0]!;
      const chosen = problemNamed(problem);
      const study = {
        ...{ problem, optimizers: named ?? chosen.optimizers, budget: budget ?? chosen.budget },
        ...{ seed: seeds?.[0] ?? seed, threads },
      };
      const { stdout, stderr } = process;
      end(await compare({ study, ...rest, fresh, json, signal: cancellation(), stdout, stderr }));
    });
}
