import type { Command } from 'commander';
import type { End } from './exit-status.js';
import { addTarget, type TargetFlags, targetOptions } from './target.js';
import { natural } from './values.js';

interface CurvatureFlags extends TargetFlags {
  count: number;
  probes: number;
  steps: number;
  resolution: number;
  html: string;
  json?: boolean;
}

/** Adds `osculate curvature`. */
export function addCurvature(root: Command, end: End): void {
  const command = root
    .command('curvature')
    .description(
      'the whole picture: eigenvalues and their density, layer by layer, gradient noise, landscape; writes an HTML page',
    );
  addTarget(command)
    .option('-k, --count <number>', 'eigenvalues at each end', natural, 5)
    .option('--probes <number>', 'random vectors for traces and density', natural, 4)
    .option('--steps <number>', 'products for each of these', natural, 25)
    .option('--resolution <number>', 'points along each of the two eigenvectors of the landscape', natural, 21)
    .option('--html <file>', 'the page with the pictures', 'curvature.html')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExit status: 0 done, 1 eigenvalues did not converge, 2 wrong use.')
    .action(async (problem: string, flags: CurvatureFlags) => {
      const { curvature } = await import('../commands/curvature.js');
      const { count, probes, steps, resolution, seed, threads, html, json = false } = flags;
      const settings = { matrix: 'hessian' as const, count, probes, steps, resolution, seed };
      const { stdout, stderr } = process;
      end(await curvature({ target: targetOptions(problem, flags), settings, threads, html, json, stdout, stderr }));
    });
}
