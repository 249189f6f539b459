import { type Command, InvalidArgumentError } from 'commander';
import { startValues } from './assignments.js';
import type { End } from './exit-status.js';

interface InspectFlags {
  shape: Record<string, readonly number[]>;
  value: Record<string, number>;
  json?: boolean;
}

/** Adds `name=1,3,48,192` to the shapes so far. @throws InvalidArgumentError */
function addShape(text: string, shapes: Record<string, readonly number[]>): typeof shapes {
  const at = text.lastIndexOf('=');
  const sizes = text
    .slice(at + 1)
    .split(',')
    .map(Number);
  if (at < 1 || !sizes.every((d) => Number.isSafeInteger(d) && d > 0))
    throw new InvalidArgumentError('It must be of the form name=1,3,48,192.');
  return { ...shapes, [text.slice(0, at)]: sizes };
}

/** Adds `osculate inspect`. */
export function addInspect(root: Command, end: End): void {
  root
    .command('inspect')
    .description('say what an ONNX model takes and gives, costs, and what of it can be differentiated and trained')
    .argument('<model>', 'an ONNX file')
    .option('--shape <name=sizes>', 'shape of an input, as x=1,3,48,192; once for each input', addShape, {})
    .option('--value <list>', 'inputs of one element that are fixed, as sr=16000', startValues, {})
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nSizes that the file and --shape leave open are chosen, and named.' +
        '\nExit status: 0 done, 1 something cannot be imported (it is listed), 2 wrong use.',
    )
    .action(async (file: string, { shape, value, json = false }: InspectFlags) => {
      const { inspect } = await import('../commands/inspect/inspect.js');
      end(await inspect({ file, shapes: shape, values: value, json, stdout: process.stdout }));
    });
}
