import { expect, it } from 'vitest';
import { disposeAll } from '../../src/runtime/dispose-all.js';

it('disposes of all that was loaded before it throws', async () => {
  const disposed: number[] = [];
  const entry = (k: number, fails = false) =>
    Promise.resolve({
      dispose: async () => {
        if (fails) throw new Error(`busy ${k}`);
        disposed.push(k);
      },
    });
  const notLoaded = Promise.reject(new Error('never loaded'));
  await expect(
    disposeAll([entry(0), entry(1, true), notLoaded, Promise.resolve(null), entry(2, true), entry(3)]),
  ).rejects.toThrow('busy 1');
  expect(disposed).toEqual([0, 3]);
  await disposeAll([entry(4), Promise.reject(new Error('never loaded'))]);
  expect(disposed).toEqual([0, 3, 4]);
});
