import { describe, expect, it } from 'vitest';
import { dense, layerNorm, residual, sequential, squaredError, transformerBlock } from '../../src/nn/index.js';
import { supervisedObjective } from '../../src/objective/index.js';
import {
  adaHessian,
  adam,
  adaptiveCubic,
  bfgs,
  diagonalGgn,
  ekfac,
  gaussNewton,
  gaussNewtonLsmr,
  hessianFree,
  kfac,
  lbfgs,
  levenbergMarquardt,
  multiBatchLbfgs,
  muon,
  naturalGradient,
  newton,
  type Optimizer,
  scheduleFreeAdamW,
  sgd,
  shampoo,
  soap,
  sophiaG,
  train,
  trustRegion,
} from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, ndarray, zeros } from '../../src/tensor/index.js';
import { smallProblem } from '../objective/support.js';

// What these tests are of is also that they compile, without a cast.

describe('optimizers of different states', () => {
  const all: readonly Optimizer[] = [
    adam(),
    sgd(),
    scheduleFreeAdamW(),
    adaHessian(),
    sophiaG(),
    diagonalGgn(),
    muon(),
    shampoo(),
    soap(),
    kfac({ damping: 1 }),
    ekfac({ damping: 1 }),
    lbfgs(),
    bfgs(),
    multiBatchLbfgs(),
    newton(),
    trustRegion(),
    adaptiveCubic(),
    gaussNewton(),
    gaussNewtonLsmr(),
    levenbergMarquardt(),
    hessianFree(),
    naturalGradient(),
  ];

  it.each(all)('$name makes steps as any other', async (optimizer) => {
    const { objective, start } = smallProblem();
    const run = train({ objective, optimizer, parameters: start, seed: 0, steps: 3 });
    const accepted: boolean[] = [];
    for await (const { event } of run) accepted.push(event.accepted);
    expect(accepted).toHaveLength(3);
    expect(accepted).toContain(true);
  });
});

describe('the model of an objective', () => {
  const common = { executor: referenceExecutor(), loss: squaredError(), y: zeros('f64', [4, 3]) };
  const x = zeros('f64', [4, 3]);

  it('is the function of a sequence of layers', async () => {
    const net = sequential([dense(3, 5), residual(dense(5, 5)), layerNorm(5), dense(5, 3)]);
    const parameters = net.init(generator(1), 'f64');
    const objective = supervisedObjective({ ...common, model: net.apply, parameters, x });
    expect(await objective.value(objective.layout.flat(parameters), [0, 1])).toBe(0);
  });

  it('is the function of one layer, whose parameters have a type of their own', async () => {
    const layer = dense(3, 3);
    const parameters = layer.init(generator(1), 'f64');
    const objective = supervisedObjective({ ...common, model: layer.apply, parameters, x });
    expect(await objective.value(objective.layout.flat(parameters), [0, 1])).toBe(0);
    const block = transformerBlock(4, 2, { hidden: 8 });
    const nested = block.init(generator(1), 'f64');
    const [inputs, targets] = [zeros('f64', [4, 3, 4]), zeros('f64', [4, 3, 4])];
    const attending = supervisedObjective({ ...common, model: block.apply, parameters: nested, x: inputs, y: targets });
    expect(await attending.value(attending.layout.flat(nested), [0, 1])).toBeCloseTo(0, 20);
  });

  it('sees its parameters by name where it is written in place', async () => {
    const objective = supervisedObjective({
      ...common,
      parameters: { gain: ndarray('f64', [2, 2, 2]), rest: [ndarray('f64', [1, 1, 1])] },
      model: ({ gain, rest: [shift] }, inputs) => inputs.mul(gain).add(shift!),
      x,
    });
    expect(await objective.value(Float64Array.of(2, 2, 2, 1, 1, 1), [0])).toBe(1);
  });
});
