import { erfOf } from '../../ops/erf.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';

/** A literal stays a number until it meets a tensor: constant exponents then need no logarithm in their derivatives. */
export type Value = Tensor | number;

interface KnownFunction {
  readonly least: number;
  readonly most: number;
  apply(args: readonly Value[]): Value;
}

function unary(number: (x: number) => number, tensor: (x: Tensor) => Tensor): KnownFunction {
  return { least: 1, most: 1, apply: ([x]) => (typeof x === 'number' ? number(x) : tensor(x!)) };
}

function both(
  a: Value,
  b: Value,
  number: (a: number, b: number) => number,
  tensor: (a: Tensor, b: Value) => Tensor,
): Value {
  if (typeof a !== 'number') return tensor(a, b);
  return typeof b === 'number' ? number(a, b) : tensor(full(a, b.dtype), b);
}

function chain(number: (a: number, b: number) => number, tensor: (a: Tensor, b: Value) => Tensor): KnownFunction {
  return { least: 1, most: 100, apply: (args) => args.reduce((a, b) => both(a, b, number, tensor)) };
}

function binary(number: (a: number, b: number) => number, tensor: (a: Tensor, b: Value) => Tensor): KnownFunction {
  return { least: 2, most: 2, apply: ([a, b]) => both(a!, b!, number, tensor) };
}

const power = binary(Math.pow, (a, b) => a.pow(b));
const logarithm = unary(Math.log, (x) => x.log());

/** The functions that an expression may call. */
export const functions: ReadonlyMap<string, KnownFunction> = new Map(
  Object.entries({
    abs: unary(Math.abs, (x) => x.abs()),
    atan: unary(Math.atan, (x) => x.atan()),
    cos: unary(Math.cos, (x) => x.cos()),
    cosh: unary(Math.cosh, (x) => x.cosh()),
    erf: unary(erfOf, (x) => x.erf()),
    exp: unary(Math.exp, (x) => x.exp()),
    ln: logarithm,
    log: logarithm,
    log10: unary(Math.log10, (x) => x.log().div(Math.LN10)),
    max: chain(Math.max, (a, b) => a.maximum(b)),
    min: chain(Math.min, (a, b) => a.minimum(b)),
    pow: power,
    sin: unary(Math.sin, (x) => x.sin()),
    sinh: unary(Math.sinh, (x) => x.sinh()),
    sqrt: unary(Math.sqrt, (x) => x.sqrt()),
    tan: unary(Math.tan, (x) => x.tan()),
    tanh: unary(Math.tanh, (x) => x.tanh()),
  }),
);

/** The operators between two values, as jsep writes them. */
export const operators: ReadonlyMap<string, (a: Value, b: Value) => Value> = new Map([
  [
    '+',
    (a, b) =>
      both(
        a,
        b,
        (x, y) => x + y,
        (x, y) => x.add(y),
      ),
  ],
  [
    '-',
    (a, b) =>
      both(
        a,
        b,
        (x, y) => x - y,
        (x, y) => x.sub(y),
      ),
  ],
  [
    '*',
    (a, b) =>
      both(
        a,
        b,
        (x, y) => x * y,
        (x, y) => x.mul(y),
      ),
  ],
  [
    '/',
    (a, b) =>
      both(
        a,
        b,
        (x, y) => x / y,
        (x, y) => x.div(y),
      ),
  ],
  ['**', (a, b) => both(a, b, Math.pow, (x, y) => x.pow(y))],
]);

/** −x. */
export function negative(x: Value): Value {
  return typeof x === 'number' ? -x : x.neg();
}

/** Names with a value of their own. */
export const constants: ReadonlyMap<string, number> = new Map([
  ['pi', Math.PI],
  ['e', Math.E],
]);
