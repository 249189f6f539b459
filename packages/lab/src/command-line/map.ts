import type { Command } from 'commander';
import { cancellation } from './cancellation.js';
import type { End } from './exit-status.js';
import { numberList } from './lists.js';
import { natural, positive } from './values.js';

interface MapFlags {
  optimizers?: string;
  window?: number[];
  grid: number;
  maxSteps: number;
  tolerance: number;
  html: string;
  svg?: string;
  json?: boolean;
}

/** Adds `osculate map`. */
export function addMap(root: Command, end: End): void {
  root
    .command('map')
    .description(
      'where optimizers end from every start in a window of a function of two variables; writes an HTML page',
    )
    .argument(
      '[problem]',
      'rosenbrock, beale, himmelblau, monkey-saddle, cube-roots, or another of two variables',
      'himmelblau',
    )
    .option('-o, --optimizers <list>', 'optimizers, separated by commas (default: a selection that suits the problem)')
    .option('--window <x0,x1,y0,y1>', 'the starts (default: around the stationary points)', numberList)
    .option('--grid <number>', 'starts along each side', natural, 120)
    .option('--max-steps <number>', 'steps from each start at most', natural, 500)
    .option('--tolerance <number>', 'length of the gradient at a stationary point', positive, 1e-8)
    .option('--html <file>', 'the page with the maps', 'map.html')
    .option('--svg <folder>', 'write each map as an SVG file')
    .option('--json', 'print the result as JSON, with the end and the steps of every start')
    .addHelpText('after', '\nExit status: 0 done, 2 wrong use, 130 interrupted.')
    .action(async (problem: string, flags: MapFlags) => {
      const { map } = await import('../commands/map.js');
      const { optimizers, window, grid, maxSteps, tolerance, html, svg, json = false } = flags;
      const chosen = { ...(optimizers !== undefined && { optimizers }), ...(window !== undefined && { window }) };
      const settings = { ...chosen, grid, maxSteps, tolerance };
      const { stdout, stderr } = process;
      const folder = svg === undefined ? {} : { svg };
      end(await map({ problem, settings, html, ...folder, json, signal: cancellation(), stdout, stderr }));
    });
}
