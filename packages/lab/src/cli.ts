#!/usr/bin/env node
/** The command `osculate`. Exit status: 0 done, 1 a run failed, 2 wrong use, 130 interrupted (work saved). */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { compare, defaultThreads } from './commands/compare.js';
import { defaultContestants } from './contestants.js';
import { UsageError } from './usage-error.js';

const failed = 1;
const wrongUse = 2;

interface CompareFlags {
  optimizers: string;
  budget: number;
  seed: number;
  threads: number;
  out?: string;
  fresh?: boolean;
  report: string;
  json?: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError('It must be a positive number.');
  return value;
}

function natural(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  }
  return value;
}

function threadCount(text: string): number {
  const value = natural(text);
  if (value < 1 || value > 256) throw new InvalidArgumentError('It must be between 1 and 256.');
  return value;
}

/** Ctrl-C and termination ask for a clean end; a second Ctrl-C ends at once. */
function cancellation(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const stop = (): void => {
    // A terminal and npm may both pass the same Ctrl-C on.
    if (controller.signal.aborted && Date.now() - first > 500) process.exit(130);
    if (!controller.signal.aborted) first = Date.now();
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  return controller.signal;
}

function program(end: (status: number) => void): Command {
  const root = new Command('osculate')
    .description('Second-order optimisation and curvature analysis of neural networks.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(pc.red(text)) });
  root
    .command('compare')
    .description('compare optimizers on a real problem, each for the same time; prints a table, writes an HTML report')
    .argument('[problem]', 'what to optimize', 'autoencoder')
    .option(
      '-o, --optimizers <list>',
      'names separated by commas, each with settings as name:key=value',
      defaultContestants,
    )
    .option('-b, --budget <seconds>', 'seconds of stepping for each optimizer', positive, 60)
    .option('-s, --seed <number>', 'seed of initial parameters and mini-batches', natural, 0)
    .option('-t, --threads <number>', 'threads of ONNX Runtime', threadCount, defaultThreads())
    .option('--out <folder>', 'where the runs are kept (default: a new folder below runs)')
    .option('--fresh', 'do not go on with an unfinished comparison')
    .option('--report <file>', 'the HTML report', 'report.html')
    .option('--json', 'print the results as JSON')
    .addHelpText('after', '\nExit status: 0 done, 1 a run failed, 2 wrong use, 130 interrupted with the work saved.')
    .action(async (problem: string, flags: CompareFlags) => {
      const { optimizers, budget, seed, threads, out, report } = flags;
      const study = { problem, optimizers: optimizers.split(',').map((s) => s.trim()), budget, seed, threads };
      const { stdout, stderr } = process;
      const signal = cancellation();
      const common = { study, fresh: flags.fresh ?? false, report, json: flags.json ?? false, signal, stdout, stderr };
      end(await compare(out === undefined ? common : { ...common, out }));
    });
  return root;
}

try {
  await program((status) => {
    process.exitCode = status;
  }).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : wrongUse;
  else if (error instanceof UsageError) {
    process.stderr.write(`${pc.red(`error: ${error.message}`)}\n`);
    process.exitCode = wrongUse;
  } else {
    process.stderr.write(`${pc.red(error instanceof Error ? error.message : String(error))}\n`);
    process.exitCode = failed;
  }
}
