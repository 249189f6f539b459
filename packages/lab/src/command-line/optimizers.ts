import type { Command } from 'commander';
import { optimizers } from '../commands/optimizers.js';
import type { End } from './exit-status.js';

/** Adds `osculate optimizers`. */
export function addOptimizers(root: Command, end: End): void {
  root
    .command('optimizers')
    .description('list the optimizers with their settings and what they need')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExit status: 0 done, 2 wrong use.')
    .action(({ json = false }: { json?: boolean }) => end(optimizers({ json, stdout: process.stdout })));
}
