import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  adaHessian,
  allRows,
  diagonalGgn,
  ekfac,
  kfac,
  muon,
  naturalGradient,
  type Optimizer,
  shampoo,
  soap,
  sophiaG,
  sophiaH,
  stateBytes,
} from '../../src/optim/index.js';
import type { Executor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { generator } from '../../src/tensor/index.js';
import { firstOrderMethods } from './methods.js';
import { networkNames, type SmallNetwork, smallNetwork } from './small-networks.js';

const structured: Readonly<Record<string, (network: SmallNetwork) => unknown>> = {
  kfac: (network) => kfac({ ...network, batchSize: 48, damping: 1 }),
  ekfac: (network) => ekfac({ ...network, batchSize: 48, damping: 1 }),
  muon: () => muon({ learningRate: 0.05, adamLearningRate: 0.02 }),
  shampoo: ({ objective }) => shampoo({ layout: objective.layout, learningRate: 0.1, interval: 5 }),
  soap: ({ objective }) => soap({ layout: objective.layout, learningRate: 0.02, interval: 5 }),
  sophiaG: ({ loss }) => sophiaG({ loss, learningRate: 0.02, weightDecay: 0 }),
  sophiaH: () => sophiaH({ learningRate: 0.02, weightDecay: 0 }),
  adaHessian: () => adaHessian({ learningRate: 0.1 }),
  diagonalGgn: ({ model, loss }) => diagonalGgn({ model, loss }),
  naturalGradient: () => naturalGradient({ batchSize: 48 }),
  sampledNaturalGradient: ({ loss }) => naturalGradient({ batchSize: 48, sample: loss }),
};

const makers: typeof structured = {
  ...structured,
  ...Object.fromEntries(
    Object.entries(firstOrderMethods).map(([name, m]) => [name, () => m.make({ learningRate: m.rate })]),
  ),
};

describe.each(networkNames)('a small %s net on ONNX Runtime', (networkName) => {
  let executor: Executor;
  let network: SmallNetwork;
  beforeAll(async () => {
    executor = await ortExecutor();
    network = smallNetwork(networkName, executor);
  });
  afterAll(() => network.objective.dispose());

  it.each(Object.keys(makers))('%s lowers the loss by a fifth in 30 steps', async (name) => {
    const { objective, start } = network;
    const optimizer = makers[name]!(network) as Optimizer;
    const rows = allRows(objective.rows);
    let state = optimizer.init(start);
    const bytes = stateBytes(state);
    for (let k = 0; k < 30; k++) {
      ({ state } = await optimizer.step(state, { objective, generator: generator(k) }));
    }
    const [before, after] = [await objective.value(start, rows), await objective.value(state.parameters, rows)];
    expect(after).toBeLessThan(0.8 * before);
    expect(state.parameters).toBeInstanceOf(Float32Array);
    expect(stateBytes(state)).toBeLessThanOrEqual(bytes + start.byteLength);
  });
});
