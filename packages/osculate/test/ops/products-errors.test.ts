import { describe, expect, it } from 'vitest';
import { einsum } from '../../src/ops/index.js';
import { batchNorm, layerNorm } from '../../src/ops/normalization.js';
import { DTypeError, InputError, input, ShapeError } from '../../src/tensor/index.js';

const a = input('a', 'f32', [2, 3]);
const b = input('b', 'f32', [4, 5]);
const epsilon = 1e-5;

describe('errors of products', () => {
  it('matmul: dimensions, ranks and dtypes that do not fit', () => {
    expect(() => a.matmul(b)).toThrow(ShapeError);
    expect(() => a.matmul(b)).toThrow(
      /matmul of "a" \(f32 \[2, 3\]\) and "b" \(f32 \[4, 5\]\): inner dimensions 3 and 4/,
    );
    expect(() => a.product(b, true, true)).toThrow(
      /"a" \(f32 \[2, 3\]\) transposed and "b" \(f32 \[4, 5\]\) transposed/,
    );
    expect(() => a.matmul(input('s', 'f32', []))).toThrow(/scalars have no matrix product; use mul/);
    expect(() => a.product(input('v', 'f32', [3]))).toThrow(/both need rank 2 or more/);
    expect(() => a.matmul(input('c', 'f64', [3, 2]))).toThrow(DTypeError);
    expect(() => input('p', 'f32', [2, 2, 3]).matmul(input('q', 'f32', [3, 3, 2]))).toThrow(/do not broadcast/);
  });

  it.each([
    ['b...k,kn->b...n', /ellipsis.*give every axis a letter/],
    ['ij;jk->ik', /not of the form/],
    ['ij,jk->im', /"m" in the result but in no operand/],
    ['ij,jk->ii', /"i" twice in the result/],
    ['ij,jk,kl', /is of 3 operands, but 2 were given/],
  ])('einsum: %s', (equation, message) => {
    expect(() => einsum(equation, a, b)).toThrow(InputError);
    expect(() => einsum(equation, a, b)).toThrow(message);
  });

  it('einsum: ranks, lengths and dtypes that do not fit', () => {
    expect(() => einsum('ijk,jk->i', a, b)).toThrow(ShapeError);
    expect(() => einsum('ijk,jk->i', a, b)).toThrow(/"ijk" of "ijk,jk->i" needs rank 3, got "a"/);
    expect(() => einsum('ij,jk->ik', a, b)).toThrow(/axis "j" .* has length 3 in "a" .* and 4 in "b"/);
    expect(() => einsum('ij,kl->il', a, input('c', 'f64', [2, 2]))).toThrow(DTypeError);
  });

  it('layerNorm and batchNorm: parameters that do not fit', () => {
    expect(() => layerNorm(a, { axes: -1, gain: b, epsilon })).toThrow(ShapeError);
    expect(() => layerNorm(a, { axes: -1, gain: b, epsilon })).toThrow(/the gain must have shape \[3\], got "b"/);
    expect(() => batchNorm(a, { bias: b, epsilon })).toThrow(/the bias must have shape \[3\], got "b"/);
    expect(() => batchNorm(a, { mean: input('m', 'f32', [3]), epsilon })).toThrow(InputError);
    expect(() => batchNorm(input('e', 'f32', [0, 3]), { epsilon })).toThrow(/no elements/);
  });
});
