import { describe, expect, it } from 'vitest';
import { dense, sequential, softmaxCrossEntropy, tanh } from '../../src/nn/index.js';
import * as optim from '../../src/optim/index.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import { fitModel, fits } from '../../src/training/index.js';

const x = Array.from({ length: 20 }, (_, i) => [i / 20, (i % 3) / 3]);
const y = x.map((_, i) => i % 2);
const data = { x, y, loss: softmaxCrossEntropy(), executor: referenceExecutor(), progress: false };
const small = sequential([dense(2, 16), tanh(), dense(16, 2)]);
const smallSize = 3 * 16 + 17 * 2;
/** Its Hessian takes terabytes. */
const large = sequential([dense(2, 1000), tanh(), dense(1000, 1000), tanh(), dense(1000, 2)]);
const largeSize = 3 * 1000 + 1001 * 1000 + 1001 * 2;

/** Nothing can be run on it. */
const idle: Executor = {
  name: 'idle',
  load: () => Promise.reject(new Error('a program was loaded')),
  dispose: () => Promise.resolve(),
};

describe('fits', () => {
  it('foretells what a small network takes', async () => {
    const found = await fits(small, { ...data, optimizer: optim.adam() });
    expect(found).toMatchObject({ fits: true, parameters: smallSize, instead: [] });
    const { parameters, state, program, total } = found.memory;
    expect(parameters + state + program).toBe(total);
    expect(total).toBeLessThan(found.available);
    expect(found.seconds).toBeGreaterThan(0);
    expect(found.range).toEqual([expect.closeTo(found.seconds, 12), expect.closeTo(found.seconds, 12)]);
  });

  it('gives a range of times where they depend on the data', async () => {
    const { range, seconds } = await fits(small, { ...data, optimizer: optim.newtonCg({ maxIterations: 30 }) });
    expect(range[1] / range[0]).toBeGreaterThan(10);
    expect(seconds ** 2).toBeCloseTo(range[0] * range[1], 12);
  });

  it('says what does not fit, and what does', async () => {
    const found = await fits(large, { ...data, optimizer: optim.newton() });
    expect(found).toMatchObject({
      fits: false,
      parameters: largeSize,
      instead: ['kfac', 'lbfgs', 'newtonCg', 'adamW'],
    });
    expect(found.memory.total).toBeGreaterThan(8 * largeSize ** 2);
    expect(found.reason).toMatch(
      /^Newton needs \d+\.\d TB for its 1,006,002 × 1,006,002 Hessian and there are .*; kfac, lbfgs, newtonCg, adamW fit$/,
    );
  });

  it.each([
    ['twice the pairs, in double precision', optim.lbfgs({ memory: 100 }), optim.lbfgs({ memory: 50 }), 8 * 100],
    ['two moments before and after a step', optim.adam(), optim.sgd(), 4 * 4],
    ['a matrix', optim.bfgs(), optim.lbfgs({ memory: 10 }), 8 * (3 * smallSize + 2) - 8 * 20],
  ])('counts %s', async (_, more, less, bytesOfEach) => {
    const [a, b] = [await fits(small, { ...data, optimizer: more }), await fits(small, { ...data, optimizer: less })];
    expect((a.memory.state - b.memory.state) / smallSize).toBeCloseTo(bytesOfEach, 9);
  });

  it('knows every method of the library', async () => {
    const makers = Object.entries(optim).filter(([, make]) => typeof make === 'function' && make.length === 0);
    const made = makers.flatMap(([name, make]) => {
      const found: unknown = name === 'stateBytes' ? null : Reflect.apply(make, null, []);
      const isMethod = typeof found === 'object' && found !== null && 'step' in found && 'init' in found;
      return isMethod ? [[name, found] as const] : [];
    });
    expect(made.length).toBeGreaterThan(30);
    expect(made.filter(([, method]) => !('demand' in method)).map(([name]) => name)).toEqual([]);
  });

  it('refuses to guess about an optimizer that says nothing', async () => {
    const { demand: _, ...silent } = optim.adam();
    await expect(fits(small, { ...data, optimizer: silent })).rejects.toThrow('"Adam" has no demand');
    const run = await fitModel(small, { ...data, optimizer: silent, steps: 1 });
    expect(run.reason).toBe('steps');
    await run.dispose();
  });
});

describe('fitModel', () => {
  it('refuses what does not fit before anything is loaded', async () => {
    await expect(fitModel(large, { ...data, executor: idle, optimizer: optim.newton() })).rejects.toThrow(
      /fitModel: Newton needs .* TB for its 1,006,002 × 1,006,002 Hessian and there are/,
    );
  });
});
