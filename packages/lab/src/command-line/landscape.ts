import type { Command } from 'commander';
import type { DirectionName } from '../analysis/direction-names.js';
import { directionList } from './directions.js';
import type { End } from './exit-status.js';
import { addTarget, type TargetFlags, targetOptions } from './target.js';
import { natural, positive } from './values.js';

interface LandscapeFlags extends TargetFlags {
  directions: DirectionName[];
  resolution: number;
  range?: number;
  tolerance: number;
  trajectory?: string[];
  html: string;
  json?: boolean;
}

/** Adds `osculate landscape`. */
export function addLandscape(root: Command, end: End): void {
  const command = root
    .command('landscape')
    .description('the loss along one or two directions with its quadratic model beside it; writes an HTML page');
  addTarget(command)
    .option(
      '-d, --directions <list>',
      'one or two of random (filter-normalised), eigen, gradient and pca (of --trajectory)',
      directionList,
      ['random', 'random'],
    )
    .option('--resolution <number>', 'points along each direction', natural, 31)
    .option(
      '--range <number>',
      'largest coordinate along each direction (default: 1, or what shows the trajectory)',
      positive,
    )
    .option(
      '--tolerance <number>',
      'error of the quadratic model, as a share of the change, that is trusted',
      positive,
      0.1,
    )
    .option('--trajectory <files...>', 'safetensors of parameters along a run, in order: drawn as a path')
    .option('--html <file>', 'the page with the pictures', 'landscape.html')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nA coordinate of 1 is one whole direction: random ones are as long as the weights; eigenvectors, and the gradient, so long that' +
        '\nthe quadratic, or linear, term alone is as large as the loss; principal ones have length 1. Exit status: 0 done, 2 wrong use.',
    )
    .action(async (problem: string, flags: LandscapeFlags) => {
      const { landscape } = await import('../commands/landscape.js');
      const { directions, resolution, range, tolerance, trajectory = [], seed, threads, html, json = false } = flags;
      const settings = { directions, resolution, tolerance, trajectory, seed, ...(range !== undefined && { range }) };
      const { stdout, stderr } = process;
      end(await landscape({ target: targetOptions(problem, flags), settings, threads, html, json, stdout, stderr }));
    });
}
