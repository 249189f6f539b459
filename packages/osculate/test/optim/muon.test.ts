import { describe, expect, it } from 'vitest';
import { newtonSchulz } from '../../src/linalg/dense/newton-schulz.js';
import { matrix } from '../../src/linalg/matrix.js';
import { adamW, muon } from '../../src/optim/index.js';
import { ParameterLayout, zeros } from '../../src/tensor/index.js';
import { relativeError } from '../objective/support.js';
import { draws, follow } from './planted.js';

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

  it('says what it does with which parameter, and why', () => {
    const shapes = { embedding: [9, 4], conv: [8, 2, 3, 3], hidden: [4, 4], bias: [4], scores: [2, 4], gain: [2] };
    const tree = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, zeros('f32', shape)]));
    const described = muon().describe(ParameterLayout.of(tree));
    expect(described.map(({ name, method, reason }) => [name, method, reason])).toEqual([
      ['embedding', 'AdamW', 'its name matches /embed|position/i'],
      ['conv', 'Muon', 'hidden, flattened to 8 x 18'],
      ['hidden', 'Muon', 'a hidden matrix'],
      ['bias', 'AdamW', 'not a matrix'],
      ['scores', 'AdamW', 'the last matrix, which makes the outputs'],
      ['gain', 'AdamW', 'not a matrix'],
    ]);
  });
});
