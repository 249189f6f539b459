import { checkText } from '../tensor/check-value.js';
import { describe, sameDType } from '../tensor/describe.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import { checkTensors, type Tensor } from '../tensor/ir.js';
import { sizeOf } from '../tensor/shape.js';

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
function parseEinsum(equation: string): EinsumEquation {
  const fail = (why: string) => {
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
function checkEinsum(equation: string, { operands }: EinsumEquation, tensors: readonly Tensor[]): void {
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

/** A tensor with a letter for each axis. */
interface Term {
  readonly t: Tensor;
  readonly letters: string;
}

const has = (letters: string) => (c: string) => letters.includes(c);
const only = (letters: string, keep: (c: string) => boolean): string => [...letters].filter(keep).join('');

function order({ t, letters }: Term, wanted: string): Tensor {
  return t.transpose([...wanted].map((c) => letters.indexOf(c)));
}

function lengths({ t, letters }: Term, of: string): number[] {
  return [...of].map((c) => t.shape[letters.indexOf(c)]!);
}

/** The diagonal of every pair of axes with one letter: steps of n + 1 through the flattened pair. */
function diagonals(term: Term): Term {
  const { t, letters } = term;
  const repeated = [...letters].find((c, i) => letters.indexOf(c) !== i);
  if (repeated === undefined) return term;
  const first = letters.indexOf(repeated);
  const second = letters.indexOf(repeated, first + 1);
  const others = t.shape.flatMap((_, i) => (i === first || i === second ? [] : [i]));
  const n = t.shape[first]!;
  const rest = others.map((i) => t.shape[i]!);
  const flat = t.transpose([first, second, ...others]).reshape([n * n, ...rest]);
  const diagonal = flat.slice([0], [n * n], [n + 1]);
  return diagonals({ t: diagonal, letters: repeated + others.map((i) => letters[i]!).join('') });
}

/** Sums over the axes that nobody needs. */
function reduce({ t, letters }: Term, needed: string): Term {
  const axes = [...letters].flatMap((c, i) => (needed.includes(c) ? [] : [i]));
  return axes.length === 0 ? { t, letters } : { t: t.sum(axes), letters: only(letters, has(needed)) };
}

/** Both orders of an operand's last two groups are possible in a product; the one that needs no copy is taken. */
function matrices(term: Term, batch: string, rows: string, columns: string): { t: Tensor; swapped: boolean } {
  const swapped = term.letters === batch + columns + rows && term.letters !== batch + rows + columns;
  const [p, q] = swapped ? [columns, rows] : [rows, columns];
  const lead = batch === '' ? [] : [sizeOf(lengths(term, batch))];
  const shape = [...lead, sizeOf(lengths(term, p)), sizeOf(lengths(term, q))];
  return { t: order(term, batch + p + q).reshape(shape), swapped };
}

/** Without a common axis to sum over, the product is elementwise with broadcasting. */
function outer(a: Term, b: Term, batch: string, left: string, right: string): Term {
  const x = order(a, batch + left).reshape([...lengths(a, batch + left), ...[...right].map(() => 1)]);
  const y = order(b, batch + right).reshape([...lengths(b, batch), ...[...left].map(() => 1), ...lengths(b, right)]);
  return { t: x.mul(y), letters: batch + left + right };
}

/** Contracts two operands; `needed` are the letters that come later. */
function contract(first: Term, second: Term, needed: string): Term {
  const a = reduce(first, second.letters + needed);
  const b = reduce(second, first.letters + needed);
  const batch = only(a.letters, (c) => b.letters.includes(c) && needed.includes(c));
  const inner = only(a.letters, (c) => b.letters.includes(c) && !needed.includes(c));
  const left = only(a.letters, (c) => !b.letters.includes(c));
  const right = only(b.letters, (c) => !a.letters.includes(c));
  if (inner === '') return outer(a, b, batch, left, right);
  const x = matrices(a, batch, left, inner);
  const y = matrices(b, batch, inner, right);
  const t = x.t.product(y.t, x.swapped, y.swapped);
  const shape = [...lengths(a, batch + left), ...lengths(b, right)];
  return { t: t.reshape(shape), letters: batch + left + right };
}

/**
 * Einstein summation: `einsum('bik,bjk->bij', x, y)` is Σ_k x[b, i, k]·y[b, j, k]. Letters that the result lacks are summed
 * over; a letter twice in one operand is its diagonal; without `->` the result has the letters that occur once, in
 * alphabetical order. Operands are contracted from left to right, each pair by one (batched) matrix product.
 * @throws InputError for an equation that cannot be read (an ellipsis included) or has another number of operands;
 *   ShapeError for a rank or a length that does not fit.
 * @example
 * const [a, b] = [constant([[1, 2]], 'f64'), constant([[3, 4]], 'f64')];
 * einsum('ik,jk->ij', a, b); // [[11]]
 */
export function einsum(equation: string, ...tensors: readonly Tensor[]): Tensor {
  checkText('einsum: the equation', equation);
  checkTensors('einsum', tensors);
  const parsed = parseEinsum(equation);
  checkEinsum(equation, parsed, tensors);
  sameDType('einsum', ...tensors);
  const terms = tensors.map((t, i) => diagonals({ t, letters: parsed.operands[i]! }));
  let result = terms[0]!;
  for (let i = 1; i < terms.length; i++) {
    const later = terms.slice(i + 1).map((term) => term.letters);
    result = contract(result, terms[i]!, later.join('') + parsed.output);
  }
  return order(reduce(result, parsed.output), parsed.output);
}
