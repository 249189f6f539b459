import type { Command } from 'commander';
import { cancellation } from './cancellation.js';
import type { End } from './exit-status.js';
import { addTarget, type TargetFlags, targetOptions } from './target.js';
import { positive } from './values.js';

interface RooflineFlags extends TargetFlags {
  optimizers?: string;
  seconds: number;
  html?: string;
  svg?: string;
  json?: boolean;
}

/** Adds `osculate roofline`. */
export function addRoofline(root: Command, end: End): void {
  const command = root
    .command('roofline')
    .description('how near loss, gradient and curvature products come to the machine’s float32 peak and bandwidth');
  addTarget(command)
    .option('-o, --optimizers <list>', 'optimizers whose steps are timed as well, separated by commas')
    .option(
      '--seconds <number>',
      'seconds for each program, and for each size of the machine’s measurement',
      positive,
      1,
    )
    .option('--html <file>', 'write a page with the plot')
    .option('--svg <folder>', 'write the plot as an SVG file')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nMeasured with one thread and with --threads, on an otherwise idle machine. Exit status: 0 done, 2 wrong use, 130 interrupted.',
    )
    .action(async (problem: string, flags: RooflineFlags) => {
      const { roofline } = await import('../commands/roofline.js');
      const { optimizers, seconds, seed, threads, html, svg, json = false } = flags;
      const pages = { ...(html !== undefined && { html }), ...(svg !== undefined && { svg }) };
      const settings = { threads: [1, threads], seconds, seed };
      const { stdout, stderr } = process;
      const target = targetOptions(problem, flags);
      const chosen = optimizers === undefined ? {} : { optimizers };
      end(await roofline({ target, settings, ...chosen, ...pages, json, signal: cancellation(), stdout, stderr }));
    });
}
