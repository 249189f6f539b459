import { describe, expect, it } from 'vitest';
import {
  dense,
  lstm,
  sequential,
  softmaxCrossEntropy,
  squaredError,
  tanh,
  transformerBlock,
} from '../../src/nn/index.js';
import { kfac, newton } from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { fitModel, fits } from '../../src/training/index.js';

const executor = referenceExecutor();
const rows = (width: number) => ({ x: [new Array<number>(width).fill(0.5)], y: [[1, 0]] });

describe('a network that is far too large', () => {
  it.each([
    ['of 10^10 parameters', sequential([dense(4, 100_000), tanh(), dense(100_000, 100_000), dense(100_000, 2)])],
    [
      'of one matrix beyond any array',
      sequential([dense(4, 2_000_000), dense(2_000_000, 2_000_000), dense(2_000_000, 2)]),
    ],
  ])('%s is refused from its shapes alone, at once', async (_, net) => {
    const begin = performance.now();
    const before = process.memoryUsage().rss;
    const options = { ...rows(4), loss: softmaxCrossEntropy(), executor, progress: false } as const;
    await expect(fitModel(net, options)).rejects.toThrow(/fitModel: AdamW needs .* (GB|TB) of memory and there are/);
    const { fits: enough, parameters, reason } = await fits(net, { ...options, optimizer: kfac() });
    expect(enough).toBe(false);
    expect(parameters).toBeGreaterThan(1e10);
    expect(reason).toMatch(/needs/);
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  });

  it('has the forecast of the same network with its parameters at hand', async () => {
    const nets = [
      [sequential([dense(4, 6), tanh(), dense(6, 2)]), rows(4)],
      [sequential([dense(4, 8), (x) => x.reshape([x.shape[0]!, 2, 4]), lstm(4, 2, { output: 'last' })]), rows(4)],
      [
        sequential([
          dense(4, 8),
          (x) => x.reshape([x.shape[0]!, 2, 4]),
          transformerBlock(4, 2),
          (x) => x.sum([1]),
          dense(4, 2),
        ]),
        rows(4),
      ],
    ] as const;
    for (const [net, data] of nets) {
      const options = { ...data, loss: squaredError(), executor, progress: false, epochs: 1 } as const;
      const run = await fitModel(net, options);
      for (const optimizer of [kfac(), newton()]) {
        const shapes = await fits(net, { ...options, optimizer });
        const drawn = await fits(net, { ...options, optimizer, parameters: run.parameters });
        expect(shapes.memory).toEqual(drawn.memory);
        expect(shapes.parameters).toBe(drawn.parameters);
      }
    }
  });
});
