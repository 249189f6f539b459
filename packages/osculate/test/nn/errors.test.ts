import { describe, expect, it } from 'vitest';
import {
  batchNorm,
  conv1d,
  conv2d,
  dense,
  dropout,
  embedding,
  type Layer,
  layerNorm,
  loadParameters,
  lstm,
  multiHeadAttention,
  type Parameters,
  positions,
  residual,
  sequential,
  trainingContext,
} from '../../src/nn/index.js';
import {
  type DType,
  DTypeError,
  generator,
  InputError,
  input,
  leaves,
  type NDArray,
  ndarray,
  parameters,
  ShapeError,
} from '../../src/tensor/index.js';

/** Applies a layer to an input named "x" of a shape. */
function applied<P extends Parameters>(layer: Layer<P>, shape: readonly number[], dtype: DType = 'f32'): () => unknown {
  return () => layer.apply(parameters(layer.init(generator(0))), input('x', dtype, shape), trainingContext());
}

describe('a layer on an input that does not fit names itself, the tensor and the shapes', () => {
  it.each([
    [
      'dense',
      applied(dense(4, 3), [2, 5]),
      /dense\(4, 3\): the last axis of "x" \(f32 \[2, 5\]\) must be 4, to meet "weight" \(f32 \[3, 4\]\)/,
    ],
    ['dense on a scalar', applied(dense(4, 3), []), /dense\(4, 3\)/],
    [
      'conv2d, rank',
      applied(conv2d(3, 8, 3), [2, 3, 5]),
      /conv2d\(3, 8\): needs input \[batch, 3, 2 spatial axes\], got "x" \(f32 \[2, 3, 5\]\)/,
    ],
    ['conv2d, channels', applied(conv2d(3, 8, 3), [2, 4, 5, 5]), /conv2d\(3, 8\): needs input \[batch, 3/],
    ['conv1d', applied(conv1d(3, 8, 3), [2, 4, 5]), /conv1d\(3, 8\): needs input \[batch, 3, 1 spatial axes\]/],
    [
      'lstm',
      applied(lstm(3, 4), [2, 5, 4]),
      /lstm\(3, 4\): needs input \[batch, time, 3\], got "x" \(f32 \[2, 5, 4\]\)/,
    ],
    [
      'multiHeadAttention',
      applied(multiHeadAttention(4, 2), [2, 4]),
      /multiHeadAttention\(4, 2\): needs input \[batch, time, 4\]/,
    ],
    ['layerNorm', applied(layerNorm(4), [2, 5]), /layerNorm\(4\): the last axis of "x" \(f32 \[2, 5\]\) must be 4/],
    ['batchNorm', applied(batchNorm(4), [2, 5]), /batchNorm\(4\): axis 1 of "x" \(f32 \[2, 5\]\) must be 4/],
    [
      'positions, too long',
      applied(positions(4, 3), [2, 5, 3]),
      /positions\(4, 3\): needs input \[…, at most 4, 3\], got "x"/,
    ],
    ['positions, another size', applied(positions(4, 3), [2, 4, 1]), /positions\(4, 3\)/],
    [
      'residual',
      applied(residual(dense(4, 1)), [2, 4]),
      /residual: the layer turns "x" \(f32 \[2, 4\]\) into shape \[2, 1\]/,
    ],
  ])('%s', (_, apply, message) => {
    expect(apply).toThrow(ShapeError);
    expect(apply).toThrow(message);
  });

  it('embedding takes integers', () => {
    expect(applied(embedding(4, 2), [3])).toThrow(DTypeError);
    expect(applied(embedding(4, 2), [3])).toThrow(/embedding: ids must be i32 or i64, got "x" \(f32 \[3\]\)/);
    expect(applied(embedding(4, 2), [3], 'i32')).not.toThrow();
  });

  it('another dtype than the weights’', () => {
    expect(applied(dense(4, 3), [2, 4], 'f64')).toThrow(DTypeError);
  });
});

describe('settings that no layer has', () => {
  it.each([
    ['dropout 1', () => dropout(1), /dropout: the rate must be in \[0, 1\), got 1/],
    ['dropout NaN', () => dropout(Number.NaN), /got NaN/],
    ['heads', () => multiHeadAttention(6, 4), /size 6 is not a multiple of 4 heads/],
    [
      'groups',
      () => conv2d(3, 4, 1, { groups: 2 }),
      /conv2d\(3, 4\): 3 inputs and 4 outputs do not divide into 2 groups/,
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });

  it('sequential without the weights of a layer', () => {
    const layer = sequential([dense(2, 2), dense(2, 2)]);
    const apply = () => layer.apply([{}] as never, input('x', 'f32', [1, 2]));
    expect(() => sequential({ a: dense(2, 2) }).apply({} as never, input('x', 'f32', [1, 2]))).toThrow(
      /sequential: there are no weights for layer "a"/,
    );
    expect(apply).toThrow();
  });
});

describe('loadParameters', () => {
  const layer = sequential([dense(2, 3), residual(dense(3, 3))]);
  const like = layer.init(generator(0));
  const named = Object.fromEntries(leaves<NDArray>(layer.init(generator(1))));

  it('fills the nesting from dotted names', () => {
    expect(loadParameters(like, named)).toEqual(layer.init(generator(1)));
  });

  it.each([
    ['a missing array', { ...named, '0.bias': undefined as never }, /no array for the parameter "0.bias"/],
    [
      'an array too many',
      { ...named, extra: ndarray('f32', [1]) },
      /no parameter is named "extra"; there are 0.weight/,
    ],
    ['another shape', { ...named, '0.bias': ndarray('f32', [1]) }, /"0.bias" is f32 \[1\], the parameter f32 \[3\]/],
    [
      'another dtype',
      { ...named, '0.bias': ndarray('f64', [1, 2, 3]) },
      /"0.bias" is f64 \[3\], the parameter f32 \[3\]/,
    ],
  ])('refuses %s', (_, arrays, message) => {
    expect(() => loadParameters(like, arrays)).toThrow(InputError);
    expect(() => loadParameters(like, arrays)).toThrow(message);
  });
});
