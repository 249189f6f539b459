import type { Command } from 'commander';
import { cancellation } from './cancellation.js';
import type { End } from './exit-status.js';
import { nameList, numberList } from './lists.js';
import { natural, positive } from './values.js';

interface SweepFlags {
  optimizers?: string[];
  conditions: number[];
  size: number;
  tolerance: number;
  maxSteps: number;
  html?: string;
  svg?: string;
  json?: boolean;
}

/** Two a decade. */
const conditions = Array.from({ length: 15 }, (_, i) => Number((10 ** (1 + i / 2)).toPrecision(6)));

/** Adds `osculate sweep condition`. */
export function addSweep(root: Command, end: End): void {
  const group = root.command('sweep').description('count iterations over a range of problems');
  group
    .command('condition')
    .description('iterations against the condition number of a quadratic, with fitted slopes beside the theory’s')
    .option(
      '-o, --optimizers <list>',
      'optimizers, separated by commas (default: sgd, heavy-ball, nesterov, newton-cg, lbfgs, gauss-newton, newton)',
      nameList,
    )
    .option('--conditions <list>', 'condition numbers (default: two a decade from 10 to 1e8)', numberList, conditions)
    .option('--size <number>', 'variables of the quadratic', natural, 200)
    .option('--tolerance <number>', 'share of f₀ − f* that is left when solved', positive, 1e-8)
    .option('--max-steps <number>', 'steps of a run at most; harder ones are then not made', natural, 500_000)
    .option('--html <file>', 'write a page with the plot')
    .option('--svg <folder>', 'write the plot as an SVG file')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nsgd, heavy-ball and nesterov get the rate and momentum that are best for each κ; others, with settings as in' +
        '\n`osculate compare`, the same throughout. Exit status: 0 done, 2 wrong use, 130 interrupted.',
    )
    .action(async (flags: SweepFlags) => {
      const { sweep } = await import('../commands/sweep.js');
      const { sweepMethodNames } = await import('../sweep/methods.js');
      const { optimizers = sweepMethodNames, html, svg, json = false, ...settings } = flags;
      const { stdout, stderr } = process;
      const pages = { ...(html !== undefined && { html }), ...(svg !== undefined && { svg }) };
      end(await sweep({ optimizers, settings, ...pages, json, signal: cancellation(), stdout, stderr }));
    });
}
