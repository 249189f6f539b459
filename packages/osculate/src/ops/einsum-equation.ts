import { describe } from '../tensor/describe.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';

/** The letters of each operand's axes and of the result's. */
interface EinsumEquation {
  readonly operands: readonly string[];
  readonly output: string;
}

/** Without an arrow the result has the letters that occur once, in alphabetical order (NumPy's rule). */
function implicitOutput(operands: readonly string[]): string {
  const letters = [...operands.join('')];
  return letters
    .filter((c) => letters.indexOf(c) === letters.lastIndexOf(c))
    .sort()
    .join('');
}

/** Parses `ij,jk->ik`. */
export function parseEinsum(equation: string): EinsumEquation {
  const fail = (why: string): never => {
    throw new InputError(`einsum: "${equation}" ${why}`);
  };
  const text = equation.replaceAll(' ', '');
  if (text.includes('.')) fail('has an ellipsis, which is not supported: give every axis a letter');
  if (!/^[a-zA-Z]*(,[a-zA-Z]*)*(->[a-zA-Z]*)?$/.test(text)) fail('is not of the form "ij,jk->ik"');
  const [left, right] = text.split('->') as [string, string | undefined];
  const operands = left.split(',');
  const output = right ?? implicitOutput(operands);
  for (const c of output) {
    if (!left.includes(c)) fail(`has "${c}" in the result but in no operand`);
    if (output.indexOf(c) !== output.lastIndexOf(c)) fail(`has "${c}" twice in the result`);
  }
  return { operands, output };
}

/** Throws unless the operands fit the equation: their number, their ranks, and one length for each letter. */
export function checkEinsum(equation: string, { operands }: EinsumEquation, tensors: readonly Tensor[]): void {
  if (operands.length !== tensors.length) {
    throw new InputError(`einsum: "${equation}" is of ${operands.length} operands, but ${tensors.length} were given`);
  }
  const seen = new Map<string, { length: number; t: Tensor }>();
  operands.forEach((letters, i) => {
    const t = tensors[i]!;
    if (t.rank !== letters.length) {
      throw new ShapeError(`einsum: "${letters}" of "${equation}" needs rank ${letters.length}, got ${describe(t)}`);
    }
    [...letters].forEach((c, axis) => {
      const length = t.shape[axis]!;
      const before = seen.get(c);
      if (before && before.length !== length) {
        throw new ShapeError(
          `einsum: axis "${c}" of "${equation}" has length ${before.length} in ${describe(before.t)} and ${length} in ${describe(t)}`,
        );
      }
      seen.set(c, { length, t });
    });
  });
}
