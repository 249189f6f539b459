import { type Command, Option } from 'commander';
import type { End } from './exit-status.js';
import { addTarget, type TargetFlags, targetOptions } from './target.js';
import { natural } from './values.js';

interface SpectrumFlags extends TargetFlags {
  matrix: 'hessian' | 'ggn';
  count: number;
  probes: number;
  steps: number;
  html?: string;
  json?: boolean;
}

/** Adds `osculate spectrum`. */
export function addSpectrum(root: Command, end: End): void {
  const command = root
    .command('spectrum')
    .description('extreme eigenvalues, trace and eigenvalue density of the curvature of a problem or an ONNX model');
  addTarget(command)
    .addOption(new Option('-m, --matrix <name>', 'which matrix').choices(['hessian', 'ggn']).default('hessian'))
    .option('-k, --count <number>', 'eigenvalues at each end', natural, 5)
    .option('--probes <number>', 'random vectors for trace and density', natural, 4)
    .option('--steps <number>', 'products for each of these', natural, 25)
    .option('--html <file>', 'write a page with plots of density and eigenvalues')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExit status: 0 done, 1 eigenvalues did not converge, 2 wrong use.')
    .action(async (problem: string, flags: SpectrumFlags) => {
      const { spectrum } = await import('../commands/spectrum.js');
      const { matrix, count, probes, steps, seed, threads, html, json = false } = flags;
      const { stdout, stderr } = process;
      const target = targetOptions(problem, flags);
      const settings = { matrix, count, probes, steps, seed };
      end(await spectrum({ target, settings, threads, ...(html !== undefined && { html }), json, stdout, stderr }));
    });
}
