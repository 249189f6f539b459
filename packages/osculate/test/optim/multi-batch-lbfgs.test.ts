import { describe, expect, it } from 'vitest';
import type { Objective, Vector } from '../../src/objective/index.js';
import { fullStep, multiBatchLbfgs } from '../../src/optim/index.js';
import type { MultiBatchLbfgsOptions, MultiBatchLbfgsState } from '../../src/optim/quasi-newton/multi-batch-lbfgs.js';
import { generator, InputError } from '../../src/tensor/index.js';
import { quadratic, rosenbrock, rosenbrockStart } from '../objective/functions.js';
import { dot, relativeError, smallProblem } from '../objective/support.js';
import { path } from './path.js';

/** An objective that notes the rows of each gradient. */
function watched(objective: Objective): { readonly objective: Objective; readonly seen: number[][] } {
  const seen: number[][] = [];
  const spy = Object.create(objective) as Objective;
  spy.valueAndGradient = (theta, rows) => {
    seen.push([...rows]);
    return objective.valueAndGradient(theta, rows);
  };
  return { objective: spy, seen };
}

async function steps(options: MultiBatchLbfgsOptions, objective: Objective, start: Vector, count: number) {
  const optimizer = multiBatchLbfgs(options);
  const random = generator(8);
  const states: MultiBatchLbfgsState[] = [optimizer.init(objective, start.slice())];
  const losses: number[] = [];
  for (let k = 0; k < count; k++) {
    const { state, report } = await optimizer.step(states.at(-1)!, { objective, generator: random });
    states.push(state);
    losses.push(report.loss);
  }
  return { states, losses };
}

describe('multi-batch L-BFGS', () => {
  it('draws batches without repetition that contain what the last one promised', async () => {
    const { objective, start } = smallProblem({ rows: 40 });
    const spy = watched(objective);
    const { states } = await steps({ batchSize: 20, overlap: 0.2 }, spy.objective, start, 3);
    // A step looks at its next part (4), what it shares (only the first), the rest (12), and the next part again.
    expect(spy.seen.map((rows) => rows.length)).toEqual([4, 4, 12, 4, 4, 12, 4, 4, 12, 4]);
    const [next, shared, rest] = spy.seen as [number[], number[], number[]];
    expect(new Set([...next, ...shared, ...rest]).size).toBe(20);
    expect([...states[1]!.shared]).toEqual(next);
    expect(new Set([...states[1]!.shared, ...spy.seen[4]!, ...spy.seen[5]!]).size).toBe(20);
    expect([...states[2]!.shared]).toEqual(spy.seen[4]);
  });

  it('has the loss and the gradient of its whole batch, weight decay included', async () => {
    const { objective, start } = smallProblem({ rows: 40, weightDecay: 0.3 });
    const spy = watched(objective);
    const { states, losses } = await steps({ batchSize: 17, overlap: 0.3, search: fullStep }, spy.objective, start, 1);
    const batch = spy.seen.slice(0, 3).flat();
    expect(batch.length).toBe(17);
    const { value, gradient } = await objective.valueAndGradient(start, batch);
    expect(losses[0]).toBeCloseTo(value, 12);
    // The first step is along the gradient, of length 1 at most.
    const length = Math.min(1, 1 / Math.sqrt(dot(gradient, gradient)));
    const moved = Array.from(states[1]!.parameters, (v, i) => (start[i]! - v) / length);
    expect(relativeError(moved, gradient)).toBeLessThan(1e-12);
  });

  it('makes its pairs of the gradients on the overlap at both points', async () => {
    const { objective, start } = smallProblem({ rows: 40, linear: true });
    const { states } = await steps({ batchSize: 20, overlap: 0.25 }, objective, start, 2);
    const [, before, after] = states;
    const rows = after!.shared;
    const [a, b] = await Promise.all([before!, after!].map((s) => objective.valueAndGradient(s.parameters, rows)));
    expect(after!.pairs).toBe(2);
    expect(
      relativeError(
        after!['y.1']!,
        Array.from(b!.gradient, (v, i) => v - a!.gradient[i]!),
      ),
    ).toBeLessThan(1e-12);
    expect(relativeError(after!.sharedGradient, b!.gradient)).toBeLessThan(1e-12);
  });

  it('works on the whole data when a batch is not smaller, and stops where nothing is left to gain', async () => {
    const { points, reports } = await path(multiBatchLbfgs({ batchSize: 2 }), rosenbrock(), rosenbrockStart, 80);
    expect(relativeError(points.at(-1)!, [1, 1])).toBeLessThan(1e-7);
    expect(reports.at(-1)!.stop).toBe('stalled');
    const poisoned = smallProblem({ poison: Number.NaN });
    const step = (batchSize: number) => {
      const optimizer = multiBatchLbfgs({ batchSize });
      return optimizer.step(optimizer.init(poisoned.objective, poisoned.start), {
        ...poisoned,
        generator: generator(1),
      });
    };
    expect((await step(100)).report.stop).toBe('diverged');
    // Another batch may be without the row that is not finite.
    const { report } = await step(23);
    expect(report.accepted).toBe(false);
    expect(report.stop).toBeUndefined();
  });

  it('leaves out a pair of negative curvature, or damps it to a quarter of the curvature of the memory', async () => {
    const objective = quadratic([
      [-1, 0],
      [0, 3],
    ]);
    const start = multiBatchLbfgs({ batchSize: 2, memory: 2 }).init(objective, Float64Array.of(1, 0));
    // One pair of curvature 5 along the second axis.
    const known = { ...start, 's.0': Float64Array.of(0, 1), 'y.0': Float64Array.of(0, 5), pairs: 1 };
    const after = async (curvature: 'skip' | 'damp') => {
      const optimizer = multiBatchLbfgs({ batchSize: 2, memory: 2, curvature });
      return (await optimizer.step(known, { objective, generator: generator(1) })).state;
    };
    const skipped = await after('skip');
    expect(skipped.parameters[0]).toBeGreaterThan(1);
    expect(skipped.pairs).toBe(1);
    const damped = await after('damp');
    const [s, y] = [damped['s.1']!, damped['y.1']!];
    expect(damped.pairs).toBe(2);
    expect(dot(s, y)).toBeCloseTo(0.25 * 5 * dot(s, s), 12);
  });

  it('trains on batches of a fifth of the data to near the minimum over all of it', async () => {
    const { objective, start } = smallProblem({ rows: 200, linear: true });
    const rows = Uint32Array.from({ length: 200 }, (_, i) => i);
    const { states } = await steps({ batchSize: 40, overlap: 0.25, learningRate: 0.5 }, objective, start, 60);
    const whole = await steps({ batchSize: 200 }, objective, start, 60);
    const least = await objective.value(whole.states.at(-1)!.parameters, rows);
    const first = await objective.value(start, rows);
    expect((await objective.value(states.at(-1)!.parameters, rows)) - least).toBeLessThan(0.02 * (first - least));
  });

  it('says what an option must be', () => {
    expect(() => multiBatchLbfgs({ batchSize: 1 })).toThrow(InputError);
    expect(() => multiBatchLbfgs({ overlap: 0.6 })).toThrow('at most 0.5');
    expect(() => multiBatchLbfgs({ overlap: 0 })).toThrow(InputError);
    expect(() => multiBatchLbfgs({ memory: 0 })).toThrow('an integer ≥ 1');
    expect(() => multiBatchLbfgs({ learningRate: -1 })).toThrow(InputError);
  });
});
