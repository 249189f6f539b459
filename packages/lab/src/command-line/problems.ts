import type { Command } from 'commander';
import { problems } from '../commands/problems.js';
import type { End } from './exit-status.js';

/** Adds `osculate problems`. */
export function addProblems(root: Command, end: End): void {
  root
    .command('problems')
    .description('list the problems that optimizers can be compared on, or describe one')
    .argument('[problem]', 'the problem to describe, with its argument and settings')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExit status: 0 done, 2 wrong use.')
    .action((name: string | undefined, { json = false }: { json?: boolean }) => {
      const { stdout } = process;
      end(problems({ json, stdout, ...(name !== undefined && { name }) }));
    });
}
