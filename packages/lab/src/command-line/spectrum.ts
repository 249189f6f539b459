import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import type { End } from './exit-status.js';
import { natural, threadCount } from './values.js';

interface SpectrumFlags {
  matrix: 'hessian' | 'ggn';
  rows: number;
  count: number;
  probes: number;
  steps: number;
  seed: number;
  threads: number;
  html?: string;
  json?: boolean;
}

/** Adds `osculate spectrum`. */
export function addSpectrum(root: Command, end: End): void {
  root
    .command('spectrum')
    .description('extreme eigenvalues, trace and eigenvalue density of the curvature of a problem at its initial point')
    .argument('[problem]', 'where the curvature is taken', 'autoencoder')
    .addOption(new Option('-m, --matrix <name>', 'which matrix').choices(['hessian', 'ggn']).default('hessian'))
    .option('-r, --rows <number>', 'training examples, from the first on', natural, 200)
    .option('-k, --count <number>', 'eigenvalues at each end', natural, 5)
    .option('--probes <number>', 'random vectors for trace and density', natural, 4)
    .option('--steps <number>', 'products for each of these', natural, 25)
    .option('-s, --seed <number>', 'seed of initial parameters and random vectors', natural, 0)
    .option('-t, --threads <number>', 'threads of ONNX Runtime', threadCount, Math.min(256, availableParallelism()))
    .option('--html <file>', 'write a page with plots of density and eigenvalues')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExit status: 0 done, 1 eigenvalues did not converge, 2 wrong use.')
    .action(async (problem: string, flags: SpectrumFlags) => {
      const { spectrum } = await import('../commands/spectrum.js');
      const { stdout, stderr } = process;
      end(await spectrum({ problem, ...flags, json: flags.json ?? false, stdout, stderr }));
    });
}
