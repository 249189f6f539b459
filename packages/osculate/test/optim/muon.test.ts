import { describe, expect, it } from 'vitest';
import { newtonSchulz } from '../../src/linalg/dense/newton-schulz.js';
import { matrix } from '../../src/linalg/matrix.js';
import {
  type AnyLayer,
  conv2d,
  dense,
  embedding,
  flatten,
  type LayerLike,
  layerNorm,
  lstm,
  positions,
  relu,
  sequential,
  squaredError,
  tanh,
  transformerBlock,
} from '../../src/nn/index.js';
import { supervisedObjective } from '../../src/objective/index.js';
import { adamW, muon, type Optimizer, type OptimizerState } from '../../src/optim/index.js';
import type { MuonOptions } from '../../src/optim/matrix/muon.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { constant, generator, type NDArray, ndarray, type Tensor, zeros } from '../../src/tensor/index.js';
import { relativeError } from '../objective/support.js';
import { draws, follow as followIn, type Model, type Shapes } from './planted.js';

/** Parameters behind one another: a table, vectors that are added, and matrices or convolutions with tanh behind them. */
const network: Model = (weights, x) => {
  let h = x;
  for (const [name, w] of Object.entries(weights)) {
    const [outputs, ...inputs] = w.shape;
    if (name === 'embedding') h = h.add(w.gather(constant(ndarray('i32', [0])), 0));
    else if (w.rank < 2) h = h.add(w);
    else {
      const one = h
        .sum()
        .reshape([1, ...inputs.map(() => 1)])
        .expand([1, ...inputs]);
      h = (w.rank === 2 ? one.product(w, false, true) : one.conv(w).reshape([1, outputs!])).tanh();
    }
  }
  return h.sum([1]).reshape([1, 1]);
};

const follow = <S extends OptimizerState>(
  optimizer: Optimizer<S>,
  shapes: Shapes,
  gradients: readonly ArrayLike<number>[],
  start?: Float64Array,
) => followIn(optimizer, shapes, gradients, start, network);

/** What Muon does with the parameters of a layer on some rows. */
function described(layer: LayerLike, x: NDArray, outputs: readonly number[], options: MuonOptions = {}) {
  const { apply, init } = sequential([layer]);
  const y = zeros('f32', [x.shape[0]!, ...outputs]);
  const parameters = init(generator(1));
  const executor = referenceExecutor();
  const objective = supervisedObjective({ executor, model: apply, loss: squaredError(), parameters, x, y });
  return muon(options)
    .describe(objective)
    .map(({ name, method, reason }) => [name.replace(/^0\./, ''), method, reason]);
}

const ids = ndarray('i32', [
  [0, 1, 2],
  [3, 4, 5],
]);

describe('muon', () => {
  it.each([
    [1, 0.696436],
    [0.5, 0.765439],
    [0.1, 0.71212],
    [0.01, 0.698917],
    [0.001, 0.470544],
  ])('takes the singular value %f to %f', async (value, expected) => {
    // diag(σ, √(1 − σ²)) has Frobenius norm 1; the momentum of the first step is a multiple of the gradient.
    const gradient = [3 * value, 0, 0, 3 * Math.sqrt(1 - value * value), 0];
    const states = await follow(muon({ learningRate: 1 }), { hidden: [2, 2], out: [1, 1] }, [gradient]);
    expect(-states[1]!.parameters[0]!).toBeCloseTo(expected, 6);
  });

  it.each<[string, number[], number, number]>([
    ['a wide matrix', [3, 5], 3, 5],
    ['a tall matrix', [6, 2], 6, 2],
    ['a convolution, flattened', [8, 1, 2, 2], 8, 4],
  ])('steps along the orthogonalised Nesterov momentum of %s', async (_, shape, rows, columns) => {
    const size = rows * columns;
    const gradients = draws(4, size + 1, 3);
    const start = draws(1, size + 1, 4)[0]!;
    const optimizer = muon({ learningRate: 0.1, weightDecay: 0.2 });
    const states = await follow(optimizer, { hidden: shape, out: [1, 1] }, gradients, start);
    let [theta, b] = [Array.from(start.subarray(0, size)), new Array<number>(size).fill(0)];
    gradients.forEach((g, k) => {
      b = b.map((v, i) => 0.95 * v + g[i]!);
      const combined = Float64Array.from(b, (v, i) => g[i]! + 0.95 * v);
      const { data } = newtonSchulz(matrix(rows, columns, combined));
      const scale = Math.sqrt(Math.max(1, rows / columns));
      theta = theta.map((p, i) => 0.98 * p - 0.1 * scale * data[i]!);
      expect(relativeError(states[k + 1]!.parameters.subarray(0, size), theta)).toBeLessThan(1e-12);
    });
  });

  it('gives vectors, embeddings and the last matrix AdamW with its own learning rate', async () => {
    const shapes = { embedding: [3, 2], hidden: [2, 2], bias: [2], out: [2, 1] };
    const gradients = draws(3, 14, 5);
    const start = draws(1, 14, 6)[0]!;
    const states = await follow(muon({ weightDecay: 0.1 }), shapes, gradients, start);
    const reference = adamW({ learningRate: 3e-3, betas: [0.9, 0.95], epsilon: 1e-10, weightDecay: 0.1 });
    const expected = await follow(reference, shapes, gradients, start);
    const others = (v: ArrayLike<number>) => Array.from(v).filter((_, i) => i < 6 || i >= 10);
    expect(others(states.at(-1)!.parameters)).toEqual(others(expected.at(-1)!.parameters));
    expect(states.at(-1)!.parameters[7]).not.toBeCloseTo(expected.at(-1)!.parameters[7]!, 3);
  });

  it('leaves a matrix whose gradient is zero where it is', async () => {
    const [before, after] = await follow(
      muon(),
      { hidden: [2, 2], out: [1, 1] },
      [[0, 0, 0, 0, 1]],
      Float64Array.of(1, 2, 3, 4, 5),
    );
    expect(after!.parameters.subarray(0, 4)).toEqual(before!.parameters.subarray(0, 4));
  });

  it.each([
    [{}, [3e-3, 3e-3, 3e-3]],
    [{ adamLearningRate: 0.01 }, [0.01, 0.01, 0.01]],
    [{ embeddingLearningRate: 0.1, outputLearningRate: 0.2 }, [0.1, 3e-3, 0.2]],
  ])('has a rate for tables, for vectors and for the matrix of the outputs: %j', async (options, rates) => {
    const shapes = { embedding: [1, 2], hidden: [2, 2], bias: [2], out: [1, 2] };
    const states = await follow(muon(options), shapes, [[1, 1, 1, 0, 0, 1, 1, 1, 1, 1]]);
    // Adam's first step has the length of the rate.
    const { parameters } = states[1]!;
    [parameters[0], parameters[6], parameters[8]].forEach((v, i) => void expect(-v!).toBeCloseTo(rates[i]!, 9));
  });

  it('finds tables and the matrix of the outputs in the graph, whatever they are called', () => {
    const net = sequential([embedding(9, 4), positions(3, 4), dense(4, 5), tanh(), layerNorm(5), dense(5, 2)]);
    expect(described(net, ids, [3, 2])).toEqual([
      ['0.weight', 'AdamW', 'its rows are looked up'],
      ['1.weight', 'AdamW', 'it enters through add'],
      ['2.weight', 'Muon', 'a hidden matrix'],
      ['2.bias', 'AdamW', 'not a matrix'],
      ['4.weight', 'AdamW', 'not a matrix'],
      ['4.bias', 'AdamW', 'not a matrix'],
      ['5.weight', 'AdamW', 'its product makes the outputs'],
      ['5.bias', 'AdamW', 'not a matrix'],
    ]);
    const more = described(net, ids, [3, 2], { notHidden: /^0\.2/ });
    expect(more[2]).toEqual(['2.weight', 'AdamW', 'its name matches /^0\\.2/']);
  });

  it.each<[string, LayerLike, NDArray, readonly number[], readonly string[]]>([
    [
      'a convolution, flattened',
      sequential([conv2d(1, 8, 3), relu(), conv2d(8, 4, 3), relu(), flatten(), dense(4, 3)]),
      zeros('f32', [2, 1, 5, 5]),
      [3],
      ['0.weight', '2.weight'],
    ],
    [
      'a recurrent layer',
      sequential([lstm(3, 4), dense(4, 2)]),
      zeros('f32', [2, 5, 3]),
      [5, 2],
      ['0.weight_ih', '0.weight_hh'],
    ],
    [
      'Transformer blocks',
      sequential([embedding(9, 4), transformerBlock(4, 2), layerNorm(4), dense(4, 9)]),
      ids,
      [3, 9],
      ['1.attention.query.weight', '1.attention.key.weight'],
    ],
  ])('takes the matrices of %s for hidden', (_, layer, x, outputs, names) => {
    const found = described(layer, x, outputs);
    const hidden = found.filter(([, method]) => method === 'Muon').map(([name]) => name);
    for (const name of names) expect(hidden).toContain(name);
    expect(found.filter(([, , reason]) => reason === 'its product makes the outputs')).toHaveLength(1);
  });

  it('takes a table that also makes the outputs for a table', () => {
    const tied: AnyLayer = {
      init: () => ({ table: zeros('f32', [9, 4]), hidden: zeros('f32', [4, 4]) }),
      apply: (weights, x) => {
        const { table, hidden } = weights as Record<string, Tensor>;
        return table!.gather(x, 0).matmul(hidden!).tanh().product(table!, false, true);
      },
    };
    expect(described(tied, ids, [3, 9]).map(([, method]) => method)).toEqual(['AdamW', 'Muon']);
  });
});
