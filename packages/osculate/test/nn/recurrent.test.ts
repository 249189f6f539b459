import { describe, expect, it } from 'vitest';
import { bidirectional, gru, lstm, rnn } from '../../src/nn/index.js';
import type { RecurrentParameters } from '../../src/nn/layers/recurrent.js';
import { generator, leaves, type NDArray, toNumbers } from '../../src/tensor/index.js';
import { expectClose } from '../ops/closeness.js';
import { flat, nested, outputOf, random, randomParameters } from './apply.js';
import * as naive from './naive.js';

const weightsOf = (w: RecurrentParameters): naive.RecurrentWeights => ({
  weight_ih: nested(w.weight_ih),
  weight_hh: nested(w.weight_hh),
  bias_ih: nested(w.bias_ih),
  bias_hh: nested(w.bias_hh),
});

const kinds = [
  ['rnn', rnn, naive.rnn, 1],
  ['lstm', lstm, naive.lstm, 4],
  ['gru', gru, naive.gru, 3],
] as const;

describe.each(kinds)('%s', (name, make, oracle, gates) => {
  const x = random([3, 5, 2], 4);

  it.each([false, true])('every step’s hidden state, reverse: %s', async (reverse) => {
    const layer = make(2, 4, { reverse });
    const w = randomParameters(layer);
    const y = await outputOf(layer, w, x);
    expect(y.shape).toEqual([3, 5, 4]);
    const wanted = nested(x).map((sequence) => oracle(weightsOf(w), sequence, reverse));
    expectClose(name, toNumbers(y), flat(wanted), 1e-12);
  });

  it.each([false, true])('the last state in the direction of travel, reverse: %s', async (reverse) => {
    const layer = make(2, 4, { reverse, output: 'last' });
    const w = randomParameters(layer);
    const y = await outputOf(layer, w, x);
    expect(y.shape).toEqual([3, 4]);
    const wanted = nested(x).map((sequence) => oracle(weightsOf(w), sequence, reverse).at(reverse ? 0 : -1));
    expectClose(name, toNumbers(y), flat(wanted), 1e-12);
  });

  it('names and layouts of PyTorch’s cells, initially within 1/√hidden', () => {
    const w = make(2, 4).init(generator(0));
    expect(leaves<NDArray>(w).map(([key, { shape }]) => [key, shape])).toEqual([
      ['weight_ih', [4 * gates, 2]],
      ['weight_hh', [4 * gates, 4]],
      ['bias_ih', [4 * gates]],
      ['bias_hh', [4 * gates]],
    ]);
    const values = leaves<NDArray>(w).flatMap(([, a]) => toNumbers(a));
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.5);
    expect(Math.max(...values)).toBeGreaterThan(0.35);
    expect(Math.min(...values)).toBeLessThan(-0.35);
  });

  it('bidirectional joins both directions at their positions', async () => {
    const layer = bidirectional(make(2, 4), make(2, 3, { reverse: true }));
    const w = randomParameters(layer);
    const y = await outputOf(layer, w, x);
    expect(y.shape).toEqual([3, 5, 7]);
    const wanted = nested(x).map((sequence) => {
      const forwards = oracle(weightsOf(w.forwards), sequence, false);
      const backwards = oracle(weightsOf(w.backwards), sequence, true);
      return forwards.map((h, t) => [...h, ...backwards[t]!]);
    });
    expectClose(name, toNumbers(y), flat(wanted), 1e-12);
  });
});

describe('rnn', () => {
  it('with ReLU', async () => {
    const layer = rnn(2, 4, { activation: 'relu' });
    const [w, x] = [randomParameters(layer), random([2, 4, 2], 3)];
    const wanted = nested(x).map((sequence) => naive.rnn(weightsOf(w), sequence, false, (v) => Math.max(v, 0)));
    expectClose('rnn', toNumbers(await outputOf(layer, w, x)), flat(wanted), 1e-12);
  });
});
