import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRows } from '../../src/objective/index.js';
import {
  adaHessian,
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

const makers: Readonly<Record<string, () => Optimizer>> = {
  kfac: () => kfac({ batchSize: 48, damping: 1 }),
  ekfac: () => ekfac({ batchSize: 48, damping: 1 }),
  muon: () => muon({ learningRate: 0.05, adamLearningRate: 0.02 }),
  shampoo: () => shampoo({ learningRate: 0.1, interval: 5 }),
  soap: () => soap({ learningRate: 0.02, interval: 5 }),
  sophiaG: () => sophiaG({ learningRate: 0.02, weightDecay: 0 }),
  sophiaH: () => sophiaH({ learningRate: 0.02, weightDecay: 0 }),
  adaHessian: () => adaHessian({ learningRate: 0.1 }),
  diagonalGgn: () => diagonalGgn(),
  naturalGradient: () => naturalGradient({ batchSize: 48 }),
  sampledNaturalGradient: () => naturalGradient({ batchSize: 48, fisher: 'sampled' }),
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
    const optimizer = makers[name]!();
    const rows = allRows(objective.rows);
    let state = optimizer.init(objective, start);
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
