import { expect, it } from 'vitest';
import { flatten, unflatten } from '../../src/autodiff/dense.js';
import { hvp } from '../../src/autodiff/index.js';
import type { Rows } from '../../src/data/source.js';
import { allRows, type Batch, type Objective, supervisedObjective } from '../../src/objective/index.js';
import { onRows } from '../../src/objective/rows.js';
import { generator, input, leaves, type NDArray } from '../../src/tensor/index.js';
import { counted } from './executors.js';
import { relativeError, smallProblem } from './support.js';

const product = (batch: Batch) => {
  const weights = leaves(batch.weights).map(([, t]) => t);
  const v = input('direction', 'f64', [weights.reduce((n, w) => n + w.size, 0)]);
  return { product: flatten(hvp(batch.loss, weights, unflatten(v, weights))), loss: batch.loss };
};

const draw = (n: number, seed: number): NDArray => {
  const random = generator(seed);
  return { dtype: 'f64', shape: [n], data: Float64Array.from({ length: n }, () => random.normal()) };
};

/** The small problem's objective, and the outputs of each run of a program. */
function watched() {
  const { model, loss, parameters, x, y, start } = smallProblem();
  const runs: string[][] = [];
  const { executor } = counted((program) => void runs.push(Object.keys(program.outputs)));
  return { objective: supervisedObjective({ executor, model, loss, parameters, x, y }), runs, start };
}

async function compare(objective: Objective, at: Parameters<Objective['at']>[0], batches: readonly Rows[]) {
  const point = objective.at(at);
  for (let k = 0; k < 4; k++) {
    for (const rows of batches) {
      const direction = draw(objective.layout.size, k);
      const held = await point.run('product', product, rows, { direction });
      const whole = await objective.run('product', product, at, rows, { direction });
      expect(relativeError(held.product!.data as Float64Array, whole.product!.data as Float64Array)).toBeLessThan(
        1e-14,
      );
      expect(held.loss).toEqual(whole.loss);
    }
  }
}

it('runs at a point are those of the whole program, for every batch', async () => {
  const { objective, start } = watched();
  const batches = [allRows(12), [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23], [0, 3, 5]];
  await compare(objective, start, batches);
  await compare(objective, start.map((x) => 0.5 * x) as typeof start, batches);
  await compare(onRows(objective, Uint32Array.of(1, 5, 7, 11)), start, [allRows(4), [3, 1]]);
});

it('what runs at a point have in common is computed once, at the third, and counts as work once', async () => {
  const { objective, runs, start } = watched();
  const rows = allRows(objective.rows);
  const point = objective.at(start);
  const work: number[] = [];
  for (let k = 0; k < 5; k++) {
    await point.run('product', product, rows, { direction: draw(objective.layout.size, k) });
    work.push(objective.work());
  }
  expect(runs.map((outputs) => outputs[0]!.startsWith('held'))).toEqual([false, false, true, false, false, false]);
  const [whole, again, split, ...later] = work.map((w, k) => w - (work[k - 1] ?? 0));
  expect(again).toBe(whole);
  // In two parts it is as much work as in one.
  expect(split).toBeCloseTo(whole!, 6);
  expect(later).toHaveLength(2);
  for (const w of later) expect(w).toBeLessThan(0.8 * whole!);
});
