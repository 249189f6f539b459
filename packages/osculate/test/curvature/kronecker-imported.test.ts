import { describe, expect, it } from 'vitest';
import { importOnnx } from '../../src/import/index.js';
import { type AnyLayer, gru, type Layer, lstm, squaredError } from '../../src/nn/index.js';
import type { RecurrentParameters } from '../../src/nn/layers/recurrent.js';
import { node } from '../../src/onnx/index.js';
import { astype, mapTree, type NDArray, ndarray } from '../../src/tensor/index.js';
import { modelOf, random } from '../import/against-runtime.js';
import { type Case, type Comparison, compareWithGgn, makeCase } from './support.js';

const [time, batch, inputs, hidden] = [4, 5, 3, 2];

/** A recurrent op of a file as a layer over `[batch, time, inputs]`. */
function imported(
  opType: 'GRU' | 'LSTM',
  directions: number,
  attributes: Record<string, number | string>,
  steps = time,
): AnyLayer {
  const rows = (opType === 'LSTM' ? 4 : 3) * hidden;
  const initializers = {
    W: random([directions, rows, inputs], 1),
    R: random([directions, rows, hidden], 2),
    B: random([directions, 2 * rows], 3),
  };
  const nodes = [node(opType, ['x', 'W', 'R', 'B'], ['y'], { hidden_size: hidden, ...attributes })];
  const model = importOnnx(modelOf({ x: random([steps, batch, inputs]) }, ['y'], { nodes, initializers }, 14));
  return {
    init: () => mapTree(model.parameters, (a) => astype(a, 'f64')) as never,
    apply: (w, x) => {
      const y = model.call(w as never, { x: x.transpose([1, 0, 2]) }).y!;
      return y.transpose([2, 0, 1, 3]).reshape([x.shape[0]!, steps, directions * hidden]);
    },
  };
}

/** Rows of the gates in another order. */
function reordered(values: ArrayLike<number | bigint>, order: readonly number[]): number[] {
  const each = values.length / order.length;
  return order.flatMap((gate) => Array.from({ length: each }, (_, k) => Number(values[gate * each + k])));
}

/** The factor of the outputs with rows and columns in another order of the gates. */
function reorderedFactor(factor: Float64Array, order: readonly number[]): number[] {
  const n = order.length * hidden;
  const from = order.flatMap((gate) => Array.from({ length: hidden }, (_, k) => gate * hidden + k));
  return from.flatMap((i) => from.map((j) => factor[i * n + j]!));
}

/** A without the row and column of the bias. */
function withoutBias(factor: Float64Array, bias: boolean, size: number): number[] {
  if (!bias) return [...factor];
  return Array.from({ length: size * size }, (_, k) => factor[Math.floor(k / size) * (size + 1) + (k % size)]!);
}

const blockOf = (found: readonly Comparison[], name: string): Comparison =>
  found.find(
    ({ block: b }) => (b.kind === 'dense' ? b.weight.name : 'parameter' in b ? b.parameter.name : '') === name,
  )!;

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((v, i) => {
    expect(Math.abs(actual[i]! - v)).toBeLessThan(1e-10);
  });
}

describe('recurrent weights of imported models', () => {
  const order = { LSTM: [0, 3, 1, 2], GRU: [1, 0, 2] } as const;

  it.each([
    ['LSTM', lstm(inputs, hidden), {}],
    ['GRU', gru(inputs, hidden), { linear_before_reset: 1 }],
  ] as [keyof typeof order, Layer<RecurrentParameters>, Record<string, number>][])(
    '%s has the factors of the equal layer',
    async (opType, layer, attributes) => {
      const options = { x: [batch, time, inputs], loss: squaredError() };
      const own: Case = makeCase(layer as AnyLayer, options);
      const file = makeCase(imported(opType, 1, attributes), options);
      const gates = order[opType];
      const of = (name: string): number[] => reordered(own.feeds[`w.${name}`]!.data, gates);
      const feeds: Record<string, NDArray> = {
        ...own.feeds,
        'w.W': ndarray('f64', of('weight_ih'), [1, gates.length * hidden, inputs]),
        'w.R': ndarray('f64', of('weight_hh'), [1, gates.length * hidden, hidden]),
        'w.B': ndarray('f64', [...of('bias_ih'), ...of('bias_hh')], [1, 2 * gates.length * hidden]),
      };
      const expected = await compareWithGgn(own);
      const found = await compareWithGgn({ ...file, feeds });
      for (const [theirs, ours, size] of [
        ['W', 'weight_ih', inputs],
        ['R', 'weight_hh', hidden],
      ] as const) {
        const [actual, like] = [blockOf(found, theirs), blockOf(expected, ours)];
        expect(actual.block.kind).toBe('dense');
        const biased = like.block.kind === 'dense' && like.block.bias !== null;
        expectClose(actual.input!, withoutBias(like.input!, biased, size));
        expectClose(actual.output, reorderedFactor(like.output, gates));
      }
    },
  );

  it('of two directions in one array: each gives a part of the outputs', async () => {
    const layer = imported('LSTM', 2, { direction: 'bidirectional' });
    const found = await compareWithGgn(makeCase(layer, { x: [batch, time, inputs], loss: squaredError() }));
    const [w, r] = [blockOf(found, 'W'), blockOf(found, 'R')];
    expect(w.block).toMatchObject({ kind: 'dense', reason: 'matmul, 2 parts' });
    expect(r.block).toMatchObject({ kind: 'dense', reason: 'matmul inside a scan, 2 parts' });
    const n = 8 * hidden;
    // Each direction has the factor that it has alone, and nothing between the two.
    for (const { output } of [w, r]) {
      expect(output.some((v, k) => v !== 0 && Math.floor(k / n) >= n / 2 && k % n >= n / 2)).toBe(true);
      expect(output.every((v, k) => v === 0 || Math.floor(k / n) >= n / 2 === k % n >= n / 2)).toBe(true);
    }
  });

  it('are exact for one example and one step', async () => {
    const options = { x: [1, 1, inputs], loss: squaredError() };
    const found = await compareWithGgn(makeCase(imported('LSTM', 1, {}, 1), options));
    expect(blockOf(found, 'W').error).toBeLessThan(1e-8);
  });

  it('GRU with the reset gate in front of the product has two parts', async () => {
    const found = await compareWithGgn(
      makeCase(imported('GRU', 1, {}), { x: [batch, time, inputs], loss: squaredError() }),
    );
    expect(blockOf(found, 'R').block).toMatchObject({ kind: 'dense', reason: 'matmul inside a scan, 2 parts' });
    // The parts share A, the mean over both: nearer to the Gauss-Newton block than 0 is.
    expect(blockOf(found, 'R').error).toBeLessThan(1);
  });
});
