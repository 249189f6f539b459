/** The command `osculate`. Exit status: 0 done, 1 a run failed, 2 wrong use, 130 interrupted (work saved). */
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { addCompare } from './command-line/compare.js';
import { addCompletion } from './command-line/completion.js';
import { addCurvature } from './command-line/curvature.js';
import { type End, exitStatus } from './command-line/exit-status.js';
import { addFit } from './command-line/fit.js';
import { addInspect } from './command-line/inspect.js';
import { addLandscape } from './command-line/landscape.js';
import { addMap } from './command-line/map.js';
import { addOptimizers } from './command-line/optimizers.js';
import { guardOutputs } from './command-line/outputs.js';
import { addProblems } from './command-line/problems.js';
import { addReport } from './command-line/report.js';
import { addRoofline } from './command-line/roofline.js';
import { addSpectrum } from './command-line/spectrum.js';
import { addStudy } from './command-line/study.js';
import { addSweep } from './command-line/sweep.js';
import { addTrain } from './command-line/train.js';
import { visible } from './command-line/visible.js';
import { UsageError } from './usage-error.js';

const subcommands = [
  addCompare,
  addCompletion,
  addCurvature,
  addFit,
  addInspect,
  addLandscape,
  addMap,
  addOptimizers,
  addProblems,
  addReport,
  addRoofline,
  addSpectrum,
  addStudy,
  addSweep,
  addTrain,
];

function program(end: End): Command {
  const root = new Command('osculate')
    .description('Second-order optimisation and curvature analysis of neural networks.')
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit status: 0 done, 1 a run failed or found no answer, 2 wrong use, 130 interrupted (what there is to save is saved).' +
        '\n`osculate <command> --help` says more of each; `osculate completion --help` how shells complete all this.',
    )
    .configureOutput({ outputError: (text, write) => write(pc.red(text)) });
  for (const add of subcommands) add(root, end);
  guardOutputs(root);
  return root;
}

// The reader of what is printed may have seen enough, as `| head` has: the rest goes nowhere, which is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// Names from files are among what is printed; only colours are for the terminal.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean =>
  Reflect.apply(write, process.stdout, [typeof chunk === 'string' ? visible(chunk) : chunk, ...rest]);

try {
  await program((status) => {
    process.exitCode = status;
  }).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitStatus.done : exitStatus.wrongUse;
  else if (error instanceof UsageError) {
    process.stderr.write(`${pc.red(visible(`error: ${error.message}`))}\n`);
    process.exitCode = exitStatus.wrongUse;
  } else {
    process.stderr.write(`${pc.red(visible(error instanceof Error ? error.message : String(error)))}\n`);
    process.exitCode = exitStatus.failed;
  }
}
