import { describe, expect, it } from 'vitest';
import { attention, multiHeadAttention, trainingContext, transformerBlock } from '../../src/nn/index.js';
import type { AttentionParameters } from '../../src/nn/layers/attention.js';
import type { TransformerBlockOptions, TransformerBlockParameters } from '../../src/nn/layers/transformer.js';
import { constant, generator, leaves, type NDArray, ndarray, toNumbers } from '../../src/tensor/index.js';
import { expectClose } from '../ops/closeness.js';
import { flat, nested, outputOf, random, randomParameters, run } from './apply.js';
import * as naive from './naive.js';

const affineOf = (p: { weight: NDArray; bias?: NDArray }): naive.Affine =>
  p.bias ? { weight: nested(p.weight), bias: nested(p.bias) } : { weight: nested(p.weight) };

const headsOf = (w: AttentionParameters) => ({
  query: affineOf(w.query),
  key: affineOf(w.key),
  value: affineOf(w.value),
  output: affineOf(w.output),
});

describe('attention', () => {
  it.each([false, true])('softmax(Q·Kᵀ/√d)·V, causal: %s', async (causal) => {
    const [q, k, v] = [random([2, 4, 3], 1), random([2, 4, 3], 2), random([2, 4, 5], 3)];
    const { y } = await run({ y: attention(constant(q), constant(k), constant(v), causal) });
    expect(y!.shape).toEqual([2, 4, 5]);
    const wanted = [0, 1].map((b) => naive.attention(nested(q)[b]!, nested(k)[b]!, nested(v)[b]!, causal));
    expectClose('attention', toNumbers(y!), flat(wanted), 1e-12);
  });

  it('a causal output does not depend on later inputs', async () => {
    const layer = multiHeadAttention(4, 2, { causal: true });
    const w = randomParameters(layer);
    const x = random([1, 5, 4], 6);
    const changed = { ...x, data: x.data.map((value, i) => (i >= 12 ? value + 3 : value)) };
    const [before, after] = [await outputOf(layer, w, x), await outputOf(layer, w, changed)];
    expect(toNumbers(after).slice(0, 12)).toEqual(toNumbers(before).slice(0, 12));
    expect(toNumbers(after).slice(12)).not.toEqual(toNumbers(before).slice(12));
  });
});

describe('multiHeadAttention', () => {
  it.each([
    [1, false, true],
    [2, true, true],
    [4, false, false],
  ])('%i heads, causal %s, bias %s', async (heads, causal, bias) => {
    const layer = multiHeadAttention(8, heads, { causal, bias });
    const [w, x] = [randomParameters(layer), random([2, 5, 8], 4)];
    const wanted = nested(x).map((sequence) => naive.multiHead(headsOf(w), sequence, heads, causal));
    expectClose('multiHeadAttention', toNumbers(await outputOf(layer, w, x)), flat(wanted), 1e-12);
  });

  it('names its four projections', () => {
    const names = leaves<NDArray>(multiHeadAttention(4, 2).init(generator(0))).map(([name]) => name);
    expect(names).toEqual(['query', 'key', 'value', 'output'].flatMap((part) => [`${part}.weight`, `${part}.bias`]));
  });
});

describe('transformerBlock', () => {
  const norm = (p: { weight: NDArray; bias: NDArray }) => ({ weight: nested(p.weight), bias: nested(p.bias) });
  const norm1Of = (w: TransformerBlockParameters, t: number[][]) => t.map((row) => naive.layerNorm(norm(w.norm1), row));
  const norm2Of = (w: TransformerBlockParameters, t: number[][]) => t.map((row) => naive.layerNorm(norm(w.norm2), row));
  const plus = (a: number[][], b: number[][]): number[][] => a.map((row, t) => row.map((v, i) => v + b[t]![i]!));

  function block(w: TransformerBlockParameters, xs: number[][], options: TransformerBlockOptions): number[][] {
    const attend = (t: number[][]) => naive.multiHead(headsOf(w.attention), t, 2, options.causal ?? false);
    const feed = (t: number[][]) =>
      t.map((row) => {
        const up = naive.affine(nested(w.up.weight), row, nested(w.up.bias!));
        return naive.affine(
          nested(w.down.weight),
          up.map(options.activation === 'tanh' ? Math.tanh : naive.gelu),
          nested(w.down.bias!),
        );
      });
    if (options.norm === 'post') {
      const middle = norm1Of(w, plus(xs, attend(xs)));
      return norm2Of(w, plus(middle, feed(middle)));
    }
    const middle = plus(xs, attend(norm1Of(w, xs)));
    return plus(middle, feed(norm2Of(w, middle)));
  }

  it.each([
    ['pre-norm, GELU', {}],
    ['post-norm', { norm: 'post' }],
    ['causal, tanh, given width', { causal: true, activation: 'tanh', hidden: 6 }],
  ] as [string, TransformerBlockOptions][])('%s', async (_, options) => {
    const layer = transformerBlock(4, 2, options);
    const [w, x] = [randomParameters(layer), random([2, 3, 4], 4)];
    expect(w.up.weight.shape).toEqual([options.hidden ?? 16, 4]);
    const wanted = nested(x).map((sequence) => block(w, sequence, options));
    expectClose('transformerBlock', toNumbers(await outputOf(layer, w, x)), flat(wanted), 1e-11);
  });

  it.each(['pre', 'post'] as const)('%s-norm dropout has two masks, on the paths beside the input', async (order) => {
    const layer = transformerBlock(4, 2, { norm: order, dropout: 0.5 });
    const [w, x] = [randomParameters(layer), random([2, 3, 4], 4)];
    const masked = (value: number) => {
      const mask = ndarray('f64', new Float64Array(24).fill(value), [2, 3, 4]);
      return outputOf(layer, w, x, trainingContext(), { 'mask.0': mask, 'mask.1': mask });
    };
    expectClose('ones', toNumbers(await masked(1)), toNumbers(await outputOf(layer, w, x)), 1e-14);
    const normed = nested(x).map((sequence) => norm2Of(w, norm1Of(w, sequence)));
    expectClose('zeros', toNumbers(await masked(0)), order === 'pre' ? toNumbers(x) : flat(normed), 1e-12);
  });
});
