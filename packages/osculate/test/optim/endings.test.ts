import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fn } from '../../src/objective/index.js';
import * as optim from '../../src/optim/index.js';
import { constant, full, type Tensor } from '../../src/tensor/index.js';

/** All methods that take a plain function. */
const methods = {
  ...{
    newton: optim.newton,
    modifiedNewton: optim.modifiedNewton,
    plainNewton: optim.plainNewton,
    newtonCg: optim.newtonCg,
  },
  ...{ trustRegion: optim.trustRegion, dogleg: optim.dogleg, trustRegionNewtonCg: optim.trustRegionNewtonCg },
  ...{ adaptiveCubic: optim.adaptiveCubic, adaptiveCubicLanczos: optim.adaptiveCubicLanczos },
  ...{ saddleFreeNewton: optim.saddleFreeNewton, saddleFreeKrylov: optim.saddleFreeKrylov },
  ...{ bfgs: optim.bfgs, lbfgs: optim.lbfgs, multiBatchLbfgs: optim.multiBatchLbfgs },
  ...{ sgd: optim.sgd, nesterov: optim.nesterov, adam: optim.adam, rmsprop: optim.rmsprop, lion: optim.lion },
  ...{
    adaHessian: optim.adaHessian,
    sophiaH: optim.sophiaH,
    muon: optim.muon,
    shampoo: optim.shampoo,
    soap: optim.soap,
  },
};
const second = [
  'newtonCg',
  'trustRegionNewtonCg',
  'adaptiveCubicLanczos',
  'saddleFreeKrylov',
  'bfgs',
  'lbfgs',
  'sgd',
  'adam',
] as const;

type Part = (x: Tensor) => Tensor;
const scalars: readonly Part[] = [
  (x) => x.abs().sum(),
  (x) => x.relu().sum(),
  (x) => x.mul(constant([1, -2, 0.5], 'f64')).sum(),
  (x) => x.square().sum(),
  (x) => x.exp().sum(),
  (x) => x.log().sum(),
  (x) => x.sqrt().sum(),
  (x) => x.max(),
  (x) => x.at(0).div(x.at(1)),
  (x) => x.at(0).mul(x.at(1)),
  (x) => x.at(2).sin(),
  () => full(3, 'f64'),
  (x) => x.at(0).square().sub(x.at(1).square()),
  (x) => x.tanh().sum().neg(),
  (x) => x.reciprocal().sum(),
];

describe('a minimisation never throws for what the function does', () => {
  it.each(Object.entries(methods))('%s', async (_, make) => {
    const part = fc.integer({ min: 0, max: scalars.length - 1 });
    const coordinate = fc.constantFrom(0, 1, -1, 0.5, 1e-200, 1e200, -3);
    await fc.assert(
      fc.asyncProperty(
        part,
        part,
        fc.constantFrom(1, -1, 1e-9, 0),
        fc.tuple(coordinate, coordinate, coordinate),
        async (a, b, c, start) => {
          const f = fn((x) => scalars[a]!(x).add(scalars[b]!(x).mul(c)));
          const result = await optim.minimize(f, [...start], { method: make(), maxSteps: 25 });
          expect(result.reason).not.toBe('');
          // What is called finite is: a non-finite loss is never stepped on.
          if (result.status !== 'diverged') expect(Number.isFinite(result.f)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('endings say what they are', () => {
  const saddle = fn((x) => x.at(0).square().sub(x.at(1).square()).add(x.at(2).square()));

  it.each(second)('%s that starts at a saddle has not converged', async (name) => {
    const { status, reason, steps } = await optim.minimize(saddle, [0, 0, 0], { method: methods[name]() });
    expect([status, steps]).toEqual(['indefinite', 0]);
    expect(reason).toMatch(/saddle: there is curvature -2/);
  });

  it.each(second)('%s that starts at a minimum, a flat one too, has converged', async (name) => {
    for (const f of [fn((x) => x.square().sum()), fn((x) => x.at(0).square()), fn((x) => x.square().square().sum())]) {
      expect((await optim.minimize(f, [0, 0, 0], { method: methods[name]() })).status).toBe('converged');
    }
  });

  it.each(['trustRegion', 'trustRegionNewtonCg', 'adaptiveCubic', 'saddleFreeNewton', 'saddleFreeKrylov'] as const)(
    '%s on a function without a bottom diverges',
    async (name) => {
      const linear = fn((x) => x.mul(constant([1, -2, 0.5], 'f64')).sum());
      const { status, reason } = await optim.minimize(linear, [1, 1, 1], { method: methods[name](), maxSteps: 400 });
      expect(status).toBe('diverged');
      expect(reason).toMatch(/falls without bound|not finite|f = -?(Infinity|NaN)/);
    },
  );
});
