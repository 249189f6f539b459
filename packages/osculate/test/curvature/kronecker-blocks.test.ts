import { describe, expect, it } from 'vitest';
import { kroneckerBlocks, kroneckerFactors } from '../../src/curvature/index.js';
import { cholesky, matrix } from '../../src/linalg/index.js';
import {
  type AnyLayer,
  conv1d,
  conv2d,
  dense,
  embedding,
  flatten,
  gru,
  layerNorm,
  lstm,
  rnn,
  sequential,
  softmaxCrossEntropy,
  squaredError,
  tanh,
} from '../../src/nn/index.js';
import { concat, scan } from '../../src/ops/index.js';
import { generator, InputError, type NDArray, ndarray, type Tensor } from '../../src/tensor/index.js';
import { type Comparison, compareWithGgn, evaluate, makeCase, prepare } from './support.js';

function expectPsd(data: Float64Array, order: number): void {
  const damped = data.slice();
  const trace = damped.reduce((sum, v, i) => (i % (order + 1) === 0 ? sum + v : sum), 0);
  for (let i = 0; i < order; i++) damped[i * (order + 1)]! += 1e-10 * trace;
  expect(cholesky(matrix(order, order, damped)).status).toBe('ok');
}

/** Every factor is finite and positive semi-definite, and not zero. */
function checkFactors(found: readonly Comparison[]): void {
  for (const { block, input, output } of found) {
    for (const factor of [input, output]) {
      if (factor === null) continue;
      const order = Math.round(Math.sqrt(factor.length));
      const isDiagonal = factor === output ? block.kind === 'diagonal' : block.kind === 'embedding';
      expect(factor.some((v) => v !== 0)).toBe(true);
      if (isDiagonal) expect(factor.every((v) => v >= 0 && Number.isFinite(v))).toBe(true);
      else expectPsd(factor, order);
    }
  }
}

const kinds = (found: readonly Comparison[]) =>
  Object.fromEntries(
    found.map(({ block }) =>
      block.kind === 'full' || block.kind === 'diagonal'
        ? [block.parameter.name, block.kind]
        : [`${block.weight.name}${block.bias ? ` + ${block.bias.name}` : ''}`, block.kind],
    ),
  );

describe('as many steps as examples', () => {
  const size = 3;
  /** h′ = tanh(x + g ⊙ h), summed over time. */
  const gated = {
    init: () => ({ gain: ndarray('f64', [0.4, -0.7, 0.9]) }),
    apply: ({ gain }: { gain: Tensor }, x: Tensor) => {
      const steps = x.transpose([1, 0, 2]);
      const { ys } = scan(
        ([h], [step]) => {
          const next = step!.add(h!.mul(gain)).tanh();
          return { carry: [next], y: [next] };
        },
        [steps.slice([0], [1]).reshape(steps.shape.slice(1)).mul(0)],
        [steps],
      );
      return ys[0]!.sum([0]);
    },
  };

  it('a gain inside a scan has the rows of the examples, not of the steps', async () => {
    const found = await compareWithGgn(
      makeCase(gated as unknown as AnyLayer, { x: [size, size, size], loss: squaredError() }),
    );
    expect(found[0]!.block.kind).toBe('full');
    expect(found[0]!.error).toBeLessThan(1e-10);
  });

  it.each([
    ['lstm', lstm(2, 2)],
    ['rnn', rnn(2, 2)],
  ] as [string, unknown][])(
    'a bias outside of the scan of an %s has the rows of the examples, too',
    async (_, layer) => {
      const problem = makeCase(layer as AnyLayer, { x: [size, size, 2], loss: squaredError() });
      const bias = (await compareWithGgn(problem)).find(({ block }) => block.kind === 'full')!;
      expect(bias.block).toMatchObject({ parameter: { name: 'bias_hh' } });
      expect(bias.error).toBeLessThan(1e-10);
    },
  );

  it.each(['weight_ih', 'weight_hh'])('%s is reduced over the steps, not over the examples', async (name) => {
    const options = { x: [size, size, 2], loss: squaredError() };
    const layer = rnn(2, 2, { output: 'last' }) as unknown as AnyLayer;
    const one = makeCase(layer, options);
    // Every example twice: the same means, and no doubt which axis is which.
    const twice = makeCase(layer, { ...options, x: [2 * size, size, 2] });
    const doubled = (a: NDArray): NDArray =>
      ({
        ...a,
        shape: [2 * a.shape[0]!, ...a.shape.slice(1)],
        data: Float64Array.from([...(a.data as Float64Array), ...(a.data as Float64Array)]),
      }) as NDArray;
    const feeds = { ...one.feeds, x: doubled(one.feeds.x!), y: doubled(one.feeds.y!) };
    const recurrent = (all: readonly Comparison[]) =>
      all.find(({ block }) => block.kind === 'dense' && block.weight.name === name)!;
    const [a, b] = [
      recurrent(await compareWithGgn(one, { sharing: 'reduce' })),
      recurrent(await compareWithGgn({ ...twice, feeds }, { sharing: 'reduce' })),
    ];
    for (const side of ['input', 'output'] as const) {
      a[side]!.forEach((v, i) => void expect(v).toBeCloseTo(b[side]![i]!, 12));
    }
  });
});

describe('blocks of layers', () => {
  it('convolutions: patches, with biases', async () => {
    const layer = sequential([
      conv2d(2, 3, 3, { padding: 1, stride: 2 }),
      tanh(),
      conv2d(3, 2, [2, 1], { dilation: 2, bias: false }),
      flatten(),
      dense(8, 3),
    ]);
    const found = await compareWithGgn(
      makeCase(layer, { x: [4, 2, 7, 3], loss: softmaxCrossEntropy(), classes: true }),
    );
    expect(kinds(found)).toEqual({
      '0.weight + 0.bias': 'convolution',
      '2.weight': 'convolution',
      '4.weight + 4.bias': 'dense',
    });
    checkFactors(found);
    for (const { error } of found) expect(error).toBeLessThan(1);
  });

  it('a convolution with one position is a dense layer: exact for one example', async () => {
    const layer = sequential([conv1d(2, 3, 4), flatten(), dense(3, 2)]);
    const found = await compareWithGgn(makeCase(layer, { x: [1, 2, 4], loss: squaredError() }));
    for (const { error } of found) expect(error).toBeLessThan(1e-8);
  });

  it('a linear convolution with a loss at every position is exact when expanded', async () => {
    const found = await compareWithGgn(
      makeCase(conv1d(2, 3, 2, { stride: 2 }), { x: [5, 2, 6], loss: squaredError() }),
    );
    for (const { error } of found) expect(error).toBeLessThan(1e-8);
  });

  it('embeddings: exact below a linear layer with a loss at every position', async () => {
    const layer = sequential([embedding(5, 3), dense(3, 2)]);
    const found = await compareWithGgn(makeCase(layer, { x: [6, 3], loss: squaredError(), vocabulary: 5 }));
    expect(kinds(found)).toEqual({ '0.weight': 'embedding', '1.weight + 1.bias': 'dense' });
    checkFactors(found);
    for (const { error } of found) expect(error).toBeLessThan(1e-8);
  });

  it('gains and shifts of normalisations: their exact blocks', async () => {
    const layer = sequential([dense(3, 4), layerNorm(4), tanh(), dense(4, 2)]);
    const found = await compareWithGgn(makeCase(layer, { x: [5, 2, 3], loss: softmaxCrossEntropy(), classes: true }));
    const full = found.filter(({ block }) => block.kind === 'full');
    expect(full.map(({ block }) => block.kind === 'full' && block.parameter.name)).toEqual(['1.weight', '1.bias']);
    for (const { error } of full) expect(error).toBeLessThan(1e-8);
    checkFactors(found);
  });

  it.each([
    ['rnn', rnn(3, 4)],
    ['lstm', lstm(3, 2, { output: 'last' })],
    ['gru', gru(3, 2, { reverse: true })],
  ] as const)('weights inside a scan: %s', async (_, layer) => {
    const found = await compareWithGgn(makeCase(sequential([layer]), { x: [5, 6, 3], loss: squaredError() }));
    expect(kinds(found)).toMatchObject({ '0.weight_ih + 0.bias_ih': 'dense' });
    checkFactors(found);
    const recurrent = found.find(({ block }) => block.kind === 'dense' && block.weight.name === '0.weight_hh');
    expect(recurrent?.block.reason).toContain('inside a scan');
    for (const { block, error } of found) {
      if (block.kind === 'full') expect(error).toBeLessThan(1e-8);
    }
  });

  it('a scan of one step is exact for one example', async () => {
    const found = await compareWithGgn(makeCase(sequential([rnn(3, 4)]), { x: [1, 1, 3], loss: squaredError() }));
    for (const { block, error } of found) {
      if (block.kind === 'dense' && block.weight.name === '0.weight_ih') expect(error).toBeLessThan(1e-8);
    }
  });
});

/** A layer of one weight (and a bias) that is used by a function. */
const custom = (
  shapes: Record<string, readonly number[]>,
  use: (w: Record<string, Tensor>, x: Tensor) => Tensor,
): AnyLayer => ({
  init: () =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        ndarray('f64', new Float64Array(shape.reduce((a, b) => a * b, 1)), shape) as NDArray,
      ]),
    ),
  apply: (w, x) => use(w as Record<string, Tensor>, x),
});

const linear = { loss: squaredError(), x: [5, 3] as const };

describe('ways in which a weight enters', () => {
  it.each([
    ['x·W', { w: [3, 2] }, (w, x) => x.matmul(w.w!)],
    ['x·(Wᵀ)', { w: [2, 3] }, (w, x) => x.matmul(w.w!.transpose())],
    ['W·xᵀ', { w: [2, 3] }, (w, x) => w.w!.product(x, false, true).transpose()],
    ['Wᵀ·xᵀ', { w: [3, 2] }, (w, x) => w.w!.product(x, true, true).transpose()],
    ['x·W + b', { w: [3, 2], b: [2] }, (w, x) => w.b!.add(x.matmul(w.w!))],
    [
      'x·W by columns',
      { w: [3, 4] },
      ({ w }, x) =>
        concat(
          [0, 1].map((i) => x.matmul(w!.split(2, 1)[i]!)),
          1,
        ),
    ],
    [
      'x·Wᵀ by rows',
      { w: [4, 3] },
      ({ w }, x) =>
        concat(
          [0, 1].map((i) => x.matmul(w!.split(2, 0)[i]!.transpose())),
          1,
        ),
    ],
    [
      'x·Wᵀ, W by columns of the transpose',
      { w: [4, 3] },
      ({ w }, x) => {
        const [a, b] = w!.transpose().split([1, 3], 1);
        return concat([x.matmul(a!), x.matmul(b!)], 1);
      },
    ],
    [
      'a stack of x·Wᵀ by rows',
      { w: [2, 4, 3] },
      ({ w }, x) => {
        const pieces = w!.split(2, 0).flatMap((t) => t.reshape([4, 3]).split([1, 3], 0));
        return concat(
          pieces.map((t) => x.product(t, false, true)),
          1,
        );
      },
    ],
  ] as [string, Record<string, number[]>, (w: Record<string, Tensor>, x: Tensor) => Tensor][])(
    '%s',
    async (_, shapes, use) => {
      const found = await compareWithGgn(makeCase(custom(shapes, use), linear));
      expect(found).toHaveLength(1);
      expect(found[0]!.block.kind).toBe('dense');
      expect(found[0]!.error).toBeLessThan(1e-8);
    },
  );

  it.each([
    ['its inputs', 'it is cut along its inputs', (w, x) => x.matmul(w.slice([0, 0], [3, 4]))],
    [
      'every other output',
      'it enters through slice',
      (w, x) => x.pad([0, 0], [0, 1]).matmul(w.slice([0, 0], [4, 4], [1, 2])),
    ],
  ] as [string, string, (w: Tensor, x: Tensor) => Tensor][])(
    'cut along %s has its exact diagonal',
    async (_, reason, use) => {
      const [found] = await compareWithGgn(
        makeCase(
          custom({ w: [4, 4] }, ({ w }, x) => use(w!, x)),
          linear,
        ),
      );
      expect(found!.block.kind).toBe('diagonal');
      expect(found!.block.reason).toBe(reason);
      expect(found!.error).toBeLessThan(1e-8);
    },
  );

  it('a weight used twice gives the sum over its uses', async () => {
    const tied = custom({ w: [3, 3] }, ({ w }, x) => x.matmul(w!).tanh().matmul(w!));
    const [found] = await compareWithGgn(makeCase(tied, linear));
    expect(found!.block.reason).toContain('2 times: summed');
    checkFactors([found!]);
  });

  it('a table that is also a weight, or a parameter in a power, gets its exact diagonal, and says why', async () => {
    const layer = custom({ w: [4, 3], p: [3] }, ({ w, p }, x) =>
      w!.gather(x, 0).mul(p!.mul(p!)).product(w!, false, true),
    );
    const found = await compareWithGgn(makeCase(layer, { loss: squaredError(), x: [5], vocabulary: 4 }));
    expect(found.map(({ block }) => block.kind)).toEqual(['diagonal', 'diagonal']);
    expect(found[0]!.block.reason).toBe('it is used in 2 different ways');
    for (const { error } of found) expect(error).toBeLessThan(1e-8);
  });

  it('a parameter that the loss does not depend on has a diagonal of zeros, and says why', async () => {
    const problem = makeCase(
      custom({ w: [3, 2], unused: [2] }, ({ w }, x) => x.matmul(w!)),
      linear,
    );
    for (const estimate of ['exact', 'sampled'] as const) {
      const found = await compareWithGgn(problem, { estimate });
      expect(kinds(found)).toEqual({ w: 'dense', unused: 'diagonal' });
      const { block, output } = found[1]!;
      expect(block.reason).toBe('the loss does not depend on it');
      expect([...output]).toEqual([0, 0]);
    }
  });

  it('a parameter that the loss reaches without the data has its exact diagonal', async () => {
    const layer = custom({ w: [3, 2], free: [5, 2] }, ({ w, free }, x) => x.matmul(w!).mul(0).add(free!.exp()));
    const [, found] = await compareWithGgn(makeCase(layer, linear));
    expect(found!.block.kind).toBe('diagonal');
    expect(found!.error).toBeLessThan(1e-8);
  });

  it('refuses the empirical diagonal, which would need the gradient of every example', () => {
    const problem = makeCase(
      custom({ w: [3] }, ({ w }, x) => x.mul(w!.exp())),
      linear,
    );
    const factors = () =>
      kroneckerFactors(problem, kroneckerBlocks(problem), { estimate: 'empirical', normalizer: 15 });
    expect(factors).toThrow(InputError);
  });
});

describe('sampled targets', () => {
  it('estimate the exact factors without bias', async () => {
    const layer = sequential([dense(2, 3), tanh(), custom({ p: [3] }, ({ p }, x) => x.mul(p!.exp())), dense(3, 3)]);
    const loss = softmaxCrossEntropy();
    const problem = makeCase(layer, { x: [4, 2], loss, classes: true });
    const exact = await compareWithGgn(problem);
    const random = generator(9);
    const blocks = kroneckerBlocks(problem);
    const { outputs } = await evaluate({ outputs: problem.outputs }, problem.feeds);
    const factors = kroneckerFactors(problem, blocks, { normalizer: problem.normalizer });
    const run = await prepare({ output: factors.map((f) => f.output) });
    const rounds = 4000;
    const sums = exact.map((e) => new Float64Array(e.output.length));
    for (let round = 0; round < rounds; round++) {
      const found = await run({ ...problem.feeds, y: loss.sample(outputs as NDArray<'f64'>, random) });
      for (const [i, sum] of sums.entries()) {
        const { data } = found[`output.${i}`]!;
        for (let k = 0; k < sum.length; k++) sum[k]! += Number(data[k]) / rounds;
      }
    }
    sums.forEach((sum, i) => {
      const scale = Math.max(...exact[i]!.output.map(Math.abs));
      sum.forEach((v, k) => void expect(Math.abs(v - exact[i]!.output[k]!)).toBeLessThan(0.08 * scale));
    });
  });
});
