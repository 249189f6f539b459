import { describe, expect, it } from 'vitest';
import { where } from '../../src/ops/index.js';
import { DTypeError, InputError, input, ShapeError, type Tensor } from '../../src/tensor/index.js';

const x = input('x', 'f32', [2, 3]);
const wide = input('wide', 'f64', [2, 3]);
const long = input('long', 'f32', [4]);
const whole = input('whole', 'i32', [3]);
const flag = input('flag', 'bool', [3]);

type Refusal = readonly [what: string, build: () => Tensor, type: new (message: string) => Error, message: RegExp];

const refusals: readonly Refusal[] = [
  [
    'shapes that do not broadcast',
    () => x.add(long),
    ShapeError,
    /add of "x" \(f32 \[2, 3\]\) and "long" \(f32 \[4\]\)/,
  ],
  ['two dtypes', () => x.mul(wide), DTypeError, /mul: dtypes differ: "x" .* against "wide" .*cast\('f32'\)/],
  ['two dtypes of a power', () => x.pow(wide), DTypeError, /pow: dtypes differ/],
  ['a scalar constant of another dtype', () => x.pow(wide.sum().mul(0)), DTypeError, /pow: dtypes differ/],
  ['arithmetic of booleans', () => flag.add(flag), DTypeError, /add: needs numbers, got "flag" \(bool \[3\]\)/],
  ['an order of booleans', () => flag.less(flag), DTypeError, /less: needs numbers, got "flag"/],
  ['a function of integers', () => whole.exp(), DTypeError, /exp: needs f32 or f64, got "whole" .*cast\('f32'\)/],
  ['an angle of integers', () => whole.atan2(whole), DTypeError, /atan2: needs f32 or f64, got "whole"/],
  ['isNaN of integers', () => whole.isNaN(), DTypeError, /isNaN: needs f32 or f64, got "whole"/],
  ['logic of numbers', () => whole.logicalAnd(whole), DTypeError, /logicalAnd: needs bool, got "whole"/],
  ['negation of numbers', () => x.logicalNot(), DTypeError, /logicalNot: needs bool, got "x"/],
  ['the sign of a boolean', () => flag.neg(), DTypeError, /neg: needs numbers, got "flag"/],
  ['a fraction with integers', () => whole.add(0.5), InputError, /0.5 is not an integer, but the dtype is i32/],
  ['bounds in the wrong order', () => x.clip(1, 0), InputError, /clip of "x" .*needs low ≤ high, got 1 and 0/],
  ['a bound that is not a number', () => x.clip(Number.NaN, 0), InputError, /needs low ≤ high, got NaN and 0/],
  ['a fraction as a bound of integers', () => whole.clip(0, 1.5), InputError, /"whole".*1.5 is not an integer/],
  ['bounds of booleans', () => flag.clip(0, 1), DTypeError, /clip: needs numbers, got "flag"/],
  ['a condition of numbers', () => where(x, x, x), DTypeError, /where: the condition must be bool, got "x"/],
  ['branches of two dtypes', () => flag.where(x, wide), DTypeError, /where: dtypes differ: "x" .* against "wide"/],
  ['branches that do not broadcast', () => flag.where(x, long), ShapeError, /where of "flag" .*, "x" .* and "long"/],
  ['two numbers as branches', () => flag.where(1, 0), InputError, /1 and 0 are both numbers.*full/],
];

describe('elementwise ops refuse', () => {
  it.each(refusals)('%s', (_, build, type, message) => {
    expect(build).toThrow(type);
    expect(build).toThrow(message);
  });
});
