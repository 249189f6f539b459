import { describe, expect, it } from 'vitest';
import { ggn, hessian } from '../../src/autodiff/index.js';
import {
  dense,
  type Loss,
  sequential,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  squaredError,
  tanh,
} from '../../src/nn/index.js';
import { type Batch, type Objective, supervisedObjective } from '../../src/objective/index.js';
import { averageOverKernels } from '../../src/optim/diagonal/adahessian.js';
import { hessianProbe } from '../../src/optim/diagonal/hessian-probe.js';
import { type SophiaState, sampledGradient, sophiaMethod } from '../../src/optim/diagonal/sophia.js';
import { adaHessian, type Optimizer, sophiaG, sophiaH, stateBytes } from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, leaves, ndarray, ParameterLayout, zeros } from '../../src/tensor/index.js';
import { relativeError, smallProblem } from '../objective/support.js';
import { draws, follow } from './planted.js';

/** A 3-4-3 net on 6 rows, whose targets suit the loss. */
function net(loss: Loss, chunk = 1000): { objective: Objective; start: Float64Array; rows: Uint32Array } {
  const layer = sequential([dense(3, 3), tanh(), dense(3, 3)]);
  const parameters = layer.init(generator(1), 'f64');
  const y = loss.name.startsWith('softmax') ? ndarray('i32', [0, 1, 2, 0, 1, 2]) : zeros('f64', [6, 3]);
  const objective = supervisedObjective({
    executor: referenceExecutor(),
    model: layer.apply,
    loss,
    parameters,
    x: ndarray('f64', draws(1, 18, 2)[0]!, [6, 3]),
    y,
    chunk,
  });
  const start = objective.layout.flat(parameters) as Float64Array;
  return { objective, start, rows: Uint32Array.from([0, 1, 2, 3, 4, 5]) };
}

type Dense = (batch: Batch) => ReturnType<typeof hessian>;

async function diagonal({ objective, start, rows }: ReturnType<typeof net>, matrix: Dense): Promise<Float64Array> {
  const { m } = await objective.run('dense', (batch) => ({ m: matrix(batch) }), start, rows);
  const n = objective.layout.size;
  return Float64Array.from({ length: n }, (_, i) => Number(m!.data[i * (n + 1)]));
}

/** Means of `count` vectors and the standard errors of the means. */
async function means(count: number, draw: () => Promise<ArrayLike<number>>) {
  const all: ArrayLike<number>[] = [];
  for (let k = 0; k < count; k++) all.push(await draw());
  return Array.from(all[0]!, (_, i) => {
    const mean = all.reduce((s, v) => s + v[i]!, 0) / count;
    const variance = all.reduce((s, v) => s + (v[i]! - mean) ** 2, 0) / (count - 1);
    return { mean, error: Math.sqrt(variance / count) };
  });
}

/** Within 5 standard errors everywhere: a factor of 2 anywhere fails. */
function expectUnbiased(estimates: readonly { mean: number; error: number }[], truth: ArrayLike<number>): void {
  estimates.forEach(({ mean, error }, i) => {
    expect(Math.abs(mean - truth[i]!)).toBeLessThan(5 * error + 1e-12);
  });
  const scale = Math.max(...Array.from(truth, Math.abs));
  expect(Math.max(...estimates.map((e) => e.error))).toBeLessThan(scale / 5);
}

const weightsOf = (batch: Batch) => leaves(batch.weights).map(([, t]) => t);

describe('estimates of the diagonal', () => {
  it.each(['normal', 'rademacher'] as const)('by %s probes have the Hessian’s as their mean', async (kind) => {
    const problem = net(softmaxCrossEntropy());
    const { objective, start, rows } = problem;
    const truth = await diagonal(problem, (batch) => hessian(batch.loss, weightsOf(batch)));
    const random = generator(3);
    const probe = () =>
      hessianProbe(
        objective,
        start,
        rows,
        start.map(() => random[kind]()),
      );
    expectUnbiased(await means(600, probe), truth);
  });

  it.each<[string, Loss]>([
    ['softmax cross-entropy', softmaxCrossEntropy()],
    ['softmax cross-entropy a row', softmaxCrossEntropy({ reduction: 'examples' })],
    ['sigmoid cross-entropy', sigmoidCrossEntropy()],
    ['sigmoid cross-entropy a row', sigmoidCrossEntropy({ reduction: 'examples' })],
    ['squared error', squaredError()],
  ])('by sampled labels, times their number, have the Gauss-Newton matrix’s as their mean: %s', async (_, loss) => {
    const problem = net(loss);
    const { objective, start, rows } = problem;
    const truth = await diagonal(problem, (batch) => ggn(batch.loss, batch.outputs, weightsOf(batch)));
    const random = generator(4);
    const draw = async () => {
      const { gradient, normalizer } = await sampledGradient(objective, start, rows, random);
      return gradient.map((g) => normalizer * g * g);
    };
    expectUnbiased(await means(600, draw), truth);
  });

  it('are the same in chunks, and see the weight decay', async () => {
    const [whole, parts] = [net(softmaxCrossEntropy()), net(softmaxCrossEntropy(), 4)];
    const { start, rows } = whole;
    const z = draws(1, start.length, 7)[0]!;
    const probe = (objective: Objective) => hessianProbe(objective, start, rows, z);
    const expected = await probe(whole.objective);
    expect(relativeError(await probe(parts.objective), expected)).toBeLessThan(1e-13);
    const decayed = await probe({ ...whole.objective, weightDecay: 0.5 });
    expect(
      relativeError(
        decayed,
        expected.map((v, i) => v + 0.5 * z[i]! ** 2),
      ),
    ).toBeLessThan(1e-13);
    const sampled = ({ objective }: typeof whole) => sampledGradient(objective, start, rows, generator(1));
    const [one, two] = [await sampled(whole), await sampled(parts)];
    expect(two.normalizer).toBe(one.normalizer);
    expect(relativeError(two.gradient, one.gradient)).toBeLessThan(1e-13);
  });
});

describe('sophia', () => {
  const estimates = draws(4, 5, 8);

  it('steps by the clipped ratio, with the curvature every third update', async () => {
    const gradients = draws(8, 5, 9);
    const start = draws(1, 5, 10)[0]!;
    let calls = 0;
    const kind = { name: 'planted', settings: {}, scale: 0.5, least: 0.01, estimate: async () => estimates[calls++]! };
    const optimizer = sophiaMethod(kind, { learningRate: 0.1, weightDecay: 0.2, interval: 3 });
    const states = await follow(optimizer, { w: [5] }, gradients, start);
    expect(calls).toBe(3);
    const [m, h] = [new Float64Array(5), new Float64Array(5)];
    let theta = start;
    gradients.forEach((g, k) => {
      theta = theta.map((p, i) => {
        m[i] = 0.965 * m[i]! + 0.035 * g[i]!;
        if (k % 3 === 0) h[i] = 0.99 * h[i]! + 0.01 * estimates[k / 3]![i]!;
        const step = Math.sign(m[i]!) * Math.min(1, Math.abs(m[i]!) / Math.max(0.5 * h[i]!, 0.01));
        return 0.98 * p - 0.1 * step;
      });
      expect(relativeError(states[k + 1]!.parameters, theta)).toBeLessThan(1e-13);
    });
  });

  it('moves no coordinate by more than the learning rate and reports the share that it did not clip', async () => {
    const curvature = Float64Array.of(1, 1, 1e-9, -1, 4);
    const kind = { name: 'planted', settings: {}, scale: 1, least: 1e-15, estimate: async () => curvature };
    const optimizer = sophiaMethod(kind, { learningRate: 0.1, weightDecay: 0, betas: [0, 0] });
    const { objective } = smallProblem();
    const gradient = Float64Array.of(0.5, 3, 2, -2, -2);
    const five = {
      ...objective,
      layout: ParameterLayout.of({ w: zeros('f64', [5]) }),
      valueAndGradient: async () => ({ value: 1, gradient }),
    };
    const { state, report } = await optimizer.step(optimizer.init(objective, new Float64Array(5)), {
      objective: five,
      generator: generator(0),
    });
    [-0.05, -0.1, -0.1, 0.1, 0.05].forEach((v, i) => {
      expect(state.parameters[i]).toBeCloseTo(v, 14);
    });
    expect(report.details.winRate).toBe(0.4);
  });

  it('rejects a step whose curvature is not finite', async () => {
    const kind = {
      name: 'planted',
      settings: {},
      scale: 1,
      least: 0,
      estimate: async () => Float64Array.of(1, Number.POSITIVE_INFINITY),
    };
    await expect(follow(sophiaMethod(kind, {}), { w: [2] }, [[1, 1]])).rejects.toThrow(/step 0 was rejected/);
  });

  it('G multiplies squares of sampled gradients by ρ and their number, H Hutchinson’s estimate by γ', async () => {
    const loss = softmaxCrossEntropy();
    const { objective, start, rows } = net(loss);
    const first = async (optimizer: Optimizer<SophiaState>) =>
      (await optimizer.step(optimizer.init(objective, start), { objective, generator: generator(5) })).state;
    const random = () => generator(5);
    const { gradient } = await objective.valueAndGradient(start, rows);
    const step = (h: number, i: number, scale: number, least: number) =>
      (1 - 1e-3 * 0.1) * start[i]! -
      1e-3 * Math.max(-1, Math.min(1, (0.035 * gradient[i]!) / Math.max(scale * h, least)));
    const g = await first(sophiaG());
    const sampled = await sampledGradient(objective, start, rows, random());
    const h = sampled.gradient.map((v) => 0.01 * 6 * v * v);
    expect(relativeError(g.curvature, h)).toBeLessThan(1e-14);
    expect(
      relativeError(
        g.parameters,
        h.map((v, i) => step(v, i, 0.04, 1e-15)),
      ),
    ).toBeLessThan(1e-14);
    const probed = await first(sophiaH({ gamma: 0.3 }));
    const draw = random();
    const z = start.map(() => draw.normal());
    const d = (await hessianProbe(objective, start, rows, z)).map((v) => 0.01 * v);
    expect(relativeError(probed.curvature, d)).toBeLessThan(1e-14);
    expect(
      relativeError(
        probed.parameters,
        d.map((v, i) => step(v, i, 0.3, 1e-8)),
      ),
    ).toBeLessThan(1e-14);
  });
});

describe('adaHessian', () => {
  it('averages absolute values over the spatial axes of each kernel and over nothing else', () => {
    const tree = { bias: zeros('f64', [2]), dense: zeros('f64', [2, 2]), kernel: zeros('f64', [2, 1, 1, 3]) };
    const d = Float64Array.of(-1, 2, 3, -4, 5, 6, -1, 2, -3, 4, 0, -8);
    averageOverKernels(ParameterLayout.of(tree), d);
    expect(Array.from(d)).toEqual([1, 2, 3, 4, 5, 6, 2, 2, 2, 4, 4, 4]);
  });

  it('makes Adam’s step with the probe in the second moment', async () => {
    const { objective, start, rows } = net(softmaxCrossEntropy());
    const optimizer = adaHessian({ weightDecay: 0.1 });
    let state = optimizer.init(objective, start);
    const [m, v] = [start.map(() => 0), start.map(() => 0)];
    let theta = start;
    for (let t = 1; t <= 3; t++) {
      const random = generator(t);
      const z = start.map(() => random.rademacher());
      const d = await hessianProbe(objective, theta, rows, z);
      const { gradient } = await objective.valueAndGradient(theta, rows);
      theta = theta.map((p, i) => {
        m[i] = 0.9 * m[i]! + 0.1 * gradient[i]!;
        v[i] = 0.999 * v[i]! + 0.001 * d[i]! ** 2;
        const ratio = m[i]! / (1 - 0.9 ** t) / (Math.sqrt(v[i]! / (1 - 0.999 ** t)) + 1e-4);
        return p - 0.1 * (ratio + 0.1 * p);
      });
      ({ state } = await optimizer.step(state, { objective, generator: generator(t) }));
      expect(relativeError(state.parameters, theta)).toBeLessThan(1e-12);
    }
  });

  it('rejects a step whose curvature is not finite', async () => {
    const { objective, start } = net(squaredError());
    const run: Objective['run'] = async () => ({
      probe: { dtype: 'f64', shape: [24], data: new Float64Array(24).fill(Number.NaN) },
    });
    const optimizer = adaHessian();
    const { state, report } = await optimizer.step(optimizer.init(objective, start), {
      objective: { ...objective, run },
      generator: generator(0),
    });
    expect([report.accepted, state.parameters]).toEqual([false, start]);
  });
});

describe('memory of the diagonal methods', () => {
  it.each<[string, Optimizer]>([
    ['Sophia-G', sophiaG()],
    ['Sophia-H', sophiaH()],
    ['AdaHessian', adaHessian()],
  ])('%s: two vectors beside the parameters', (_, optimizer) => {
    const { objective, start } = smallProblem();
    expect(stateBytes(optimizer.init(objective, start))).toBe(3 * start.byteLength);
  });
});
