import { setImmediate as turn } from 'node:timers/promises';
import { ortExecutor } from 'osculate/node';
import { generator } from 'osculate/tensor';
import { describe, expect, it } from 'vitest';
import { Breather } from '../src/breather.js';
import { parseContestant } from '../src/contestants.js';
import { problemNamed } from '../src/problems/index.js';
import { objectiveOn } from '../src/problems/objective-on.js';

/** Keeps the processor, and the event loop, for so many milliseconds. */
function work(milliseconds: number): void {
  const start = performance.now();
  while (performance.now() - start < milliseconds);
}

const never = new AbortController().signal;

describe('room for the event loop', () => {
  it('is due after work that has left it none for 50 ms, and then no more', async () => {
    const breather = new Breather(never);
    expect(breather.isDue()).toBe(false);
    work(60);
    expect(breather.isDue()).toBe(true);
    expect(await breather.isCancelled()).toBe(false);
    expect(breather.isDue()).toBe(false);
  });

  it('is never due beside work that turns the loop itself, however long that takes', async () => {
    const breather = new Breather(never);
    for (let k = 0; k < 4; k++) {
      expect(breather.isDue()).toBe(false);
      expect(breather.isDue()).toBe(false);
      await turn();
      work(60);
    }
  });

  it('lets timers and the signal through', async () => {
    const controller = new AbortController();
    const breather = new Breather(controller.signal);
    setTimeout(() => controller.abort(), 1);
    const start = performance.now();
    for (;;) {
      work(1);
      if (breather.isDue() && (await breather.isCancelled())) break;
      if (performance.now() - start > 10_000) throw new Error('the timer was not heard');
    }
  });

  it('is not needed between steps on ONNX Runtime, whose runs turn the loop', async () => {
    const executor = await ortExecutor({ threads: 1 });
    const loaded = await problemNamed('mnist-mlp:rows=1000').load(0);
    const objective = objectiveOn(executor, loaded, loaded.train);
    const optimizer = parseContestant('adam').make();
    const random = generator(0);
    let state = optimizer.init(objective, objective.layout.flat(loaded.parameters));
    const breather = new Breather(never);
    for (let k = 0; k < 5; k++) {
      expect(breather.isDue()).toBe(false);
      ({ state } = await optimizer.step(state, { objective, generator: random }));
      work(60);
    }
    await objective.dispose();
    await executor.dispose();
  }, 60_000);
});
