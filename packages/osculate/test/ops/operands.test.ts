import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/index.js';
import { concat, stack, where } from '../../src/ops/index.js';
import { matmul } from '../../src/ops/matmul.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import {
  constant,
  DTypeError,
  InputError,
  input,
  ndarray,
  type Operand,
  ShapeError,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.js';

/** What a graph without inputs is. */
const evaluated = (y: Tensor) => referenceExecutor().loadSync(compile({ y })).runSync({}).y;
/** A value that types would not let through. */
const loose = (value: unknown): Operand => value as Operand;

describe('an operand', () => {
  const x = constant([1, 2, 3], 'f64');

  it('may be a number, nested arrays, a typed array or an array with shape, of any numbers', () => {
    const same = [
      Float64Array.of(2, 4, 6),
      Float32Array.of(2, 4, 6),
      BigInt64Array.of(2n, 4n, 6n),
      ndarray('i32', [2, 4, 6]),
    ];
    for (const y of [[2, 4, 6], ...same]) expect(toNumbers(evaluated(x.add(y)))).toEqual([3, 6, 9]);
    expect(toNumbers(evaluated(x.add(1)))).toEqual([2, 3, 4]);
    expect(toNumbers(evaluated(x.greater([0, 5, 1])))).toEqual([1, 0, 1]);
  });

  it('is converted to the tensor’s dtype', () => {
    expect(constant([1], 'f32').add([0.1]).node.inputs[1]!.dtype).toBe('f32');
    expect(toNumbers(evaluated(constant([1, 2], 'i32').mul(Float64Array.of(3, 4))))).toEqual([3, 8]);
    expect(evaluated(constant([1, 0], 'bool').logicalAnd([1, 1]))).toEqual(ndarray('bool', [1, 0]));
  });

  it('broadcasts as NumPy does, whatever its nesting', () => {
    const rows = fc.integer({ min: 1, max: 3 });
    const matrix = rows.chain((n) =>
      fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 }), {
        minLength: n,
        maxLength: n,
      }),
    );
    fc.assert(
      fc.property(matrix, (m) => {
        const sums = m.map((row) => row.map((v, j) => v + j + 1));
        expect(evaluated(x.add(m))).toEqual(ndarray('f64', sums));
      }),
    );
  });

  it.each<[string, () => unknown, new (message: string) => Error, string]>([
    ['null', () => x.add(loose(null)), InputError, 'add: needs a tensor, a number or an array of numbers, got null'],
    [
      'undefined',
      () => x.mul(loose(undefined)),
      InputError,
      'mul: needs a tensor, a number or an array of numbers, got undefined',
    ],
    [
      'a bigint',
      () => x.sub(loose(1n)),
      InputError,
      'sub: needs a tensor, a number or an array of numbers, got the bigint 1n',
    ],
    ['text', () => x.div(loose('2')), InputError, 'got the text "2"'],
    [
      'text in an array',
      () => x.pow(loose([1, '2', 3])),
      InputError,
      'pow: needs numbers or nested arrays of numbers, got the text "2"',
    ],
    ['a tensor in an array', () => x.add(loose([x, x])), InputError, 'got a Tensor'],
    ['ragged arrays', () => x.add([[1, 2, 3], [4]]), ShapeError, 'add: ragged nesting at depth 1: 1 against 3'],
    ['another length', () => x.add([1, 2]), ShapeError, 'do not broadcast'],
    ['a fraction of integers', () => constant([1], 'i32').add([0.5]), InputError, '0.5'],
    ['another dtype', () => x.add(input('y', 'f32', [3])), DTypeError, 'dtypes differ'],
    ['null in where', () => x.greater(0).where(x, loose(null)), InputError, 'where: needs a tensor'],
    ['no tensor in where', () => where(x.greater(0), 1, [1, 2, 3]), InputError, 'leaves the dtype open'],
    ['null in matmul', () => matmul(x, loose(null)), InputError, 'matmul: needs a tensor'],
    ['a scalar in dot', () => x.dot(2), ShapeError, 'needs vectors or matrices'],
    ['no tensor in concat', () => concat([[1], [2]], 0), InputError, 'one of the operands must be a tensor'],
    ['nothing to stack', () => stack([]), InputError, 'stack: there are no tensors'],
    ['null in clip', () => x.clip(0, loose(null)), InputError, 'clip: needs a tensor'],
    [
      'an index out of range',
      () => x.at(3),
      ShapeError,
      'at(3) of result of constant (f64 [3]): 3 is no index of axis 0',
    ],
    ['a negative index out of range', () => x.at(-4), ShapeError, '-4 is no index of axis 0, whose length is 3'],
    ['a fraction as an index', () => x.at(0.5), ShapeError, '0.5 is no index'],
    ['too many indices', () => x.at(0, 0), ShapeError, '2 indices for 1 axes'],
    ['a variance of too few', () => constant([1], 'f64').var(0, false, 1), ShapeError, '1 elements, but ddof is 1'],
    ['a negative ddof', () => x.std(0, false, -1), InputError, 'ddof must be a number ≥ 0, got -1'],
    ['a norm of integers', () => constant([1], 'i32').norm(), DTypeError, 'norm: needs f32 or f64'],
    ['any of numbers', () => x.any(), DTypeError, 'any: needs bool'],
  ])('is refused: %s', (_, build, type, message) => {
    expect(build).toThrow(type);
    expect(build).toThrow(message);
  });
});
