import { describe, expect, it } from 'vitest';
import { soap, stateBytes } from '../../src/optim/index.js';
import { relativeError } from '../objective/support.js';
import { draws, follow, planted, type Shapes, times, transposed } from './planted.js';

/** SOAP without rotations: Adam with its count, ε and decay, which does nothing in the first call. */
function unrotated(gradients: readonly ArrayLike<number>[], start: Float64Array, decay = 0): readonly Float64Array[] {
  const [m, v] = [start.map(() => 0), start.map(() => 0)];
  let theta = start;
  return gradients.map((g, t) => {
    if (t === 0) return theta;
    theta = theta.map((p, i) => {
      m[i] = 0.95 * m[i]! + 0.05 * g[i]!;
      v[i] = 0.95 * v[i]! + 0.05 * g[i]! ** 2;
      const bias = Math.sqrt(1 - 0.95 ** t) / (1 - 0.95 ** t);
      return (1 - 0.1 * decay) * (p - (0.1 * bias * m[i]!) / (Math.sqrt(v[i]!) + 1e-8));
    });
    return theta;
  });
}

/** An orthogonal matrix of order 3: a product of two rotations. */
const rotation = ((c: number, s: number) => times([c, -s, 0, s, c, 0, 0, 0, 1], [1, 0, 0, 0, c, -s, 0, s, c], 3, 3, 3))(
  Math.cos(0.7),
  Math.sin(0.7),
);

describe('soap', () => {
  const options = { learningRate: 0.1, weightDecay: 0 };

  it('only makes the bases in its first call', async () => {
    const start = draws(1, 8, 1)[0]!;
    const [before, after] = await follow(soap(options), { w: [3, 2], b: [2] }, draws(1, 8, 2), start);
    expect(after!.parameters).toEqual(start);
    expect([after!.first, after!.second]).toEqual([before!.first, before!.second]);
    expect(after!.bases).not.toEqual(before!.bases);
  });

  it('is Adam for vectors and for matrices whose sides are all too long', async () => {
    const shapes = { w: [3, 3], b: [2] };
    const [gradients, start] = [draws(6, 11, 1), draws(1, 11, 2)[0]!];
    const optimizer = soap({ learningRate: 0.1, weightDecay: 0.2, largestSide: 2 });
    const states = await follow(optimizer, shapes, gradients, start);
    unrotated(gradients, start, 0.2).forEach((theta, k) => {
      expect(relativeError(states[k + 1]!.parameters, theta)).toBeLessThan(1e-13);
    });
  });

  /**
   * With diagonal gradients every basis is a permutation of the axes, so that SOAP is Adam. The order of the eigenvalues changes
   * on the way: a second moment that is not permuted with the columns would belong to other axes from then on.
   */
  it('keeps the moments with their directions when the eigenvalues change places', async () => {
    const diagonals = [
      [3, 2, 1],
      [3, 2, 1],
      [3, 1, 2],
      [0.1, 4, 9],
      [0.1, 9, 4],
      [8, 0.3, 4],
      [7, 0.2, 9],
      [1, 1.5, 2],
    ];
    const gradients = diagonals.map(([a, b, c]) => [a!, 0, 0, 0, b!, 0, 0, 0, c!]);
    const start = new Float64Array(9);
    const optimizer = soap({ ...options, interval: 1 });
    const states = await follow(optimizer, { w: [3, 3] }, gradients, start);
    const order = (k: number) =>
      [0, 1, 2].map((j) => [0, 1, 2].findIndex((i) => Math.abs(states[k]!.bases[i * 3 + j]!) > 0.5));
    expect(order(1)).toEqual([0, 1, 2]);
    expect(order(8)).not.toEqual([0, 1, 2]);
    unrotated(gradients, start).forEach((theta, k) => {
      expect(relativeError([...states[k + 1]!.parameters, 1], [...theta, 1])).toBeLessThan(1e-7);
    });
  });

  it('keeps the first moment the moving average of the gradients, whatever the bases', async () => {
    const gradients = draws(9, 9, 3);
    const optimizer = soap({ ...options, interval: 2 });
    const states = await follow(optimizer, { w: [3, 3] }, gradients);
    let mean = new Float64Array(9);
    gradients.forEach((g, k) => {
      if (k > 0) mean = mean.map((m, i) => 0.95 * m + 0.05 * g[i]!);
      const { bases, first } = states[k + 1]!;
      const [left, right] = [bases.subarray(0, 9), bases.subarray(9)];
      expect(relativeError(times(transposed(left, 3, 3), left, 3, 3, 3), [1, 0, 0, 0, 1, 0, 0, 0, 1])).toBeLessThan(
        1e-14,
      );
      const back = times(times(left, first, 3, 3, 3), transposed(right, 3, 3), 3, 3, 3);
      expect(relativeError([...back, 1], [...mean, 1])).toBeLessThan(1e-14);
    });
  });

  it('turns with the gradients, as no method that works in the given axes does', async () => {
    const gradients = draws(12, 9, 4);
    const turned = gradients.map((g) => times(rotation, g, 3, 3, 3));
    const run = (g: readonly Float64Array[]) => follow(soap({ ...options, interval: 3 }), { w: [3, 3] }, g);
    const [states, others] = [await run(gradients), await run(turned)];
    states.forEach(({ parameters }, k) => {
      const expected = times(rotation, parameters, 3, 3, 3);
      expect(relativeError([...others[k]!.parameters, 1], [...expected, 1])).toBeLessThan(1e-6);
    });
  });

  it('says what it rotates, and takes the memory that its description says', () => {
    const objective = planted({ conv: [4, 2, 3, 3], long: [2, 30], bias: [4], huge: [21, 22] }, []);
    const { layout } = objective;
    const optimizer = soap({ largestSide: 20 });
    expect(optimizer.describe(objective).map(({ method, reason }) => [method, reason])).toEqual([
      ['SOAP', 'rotates both sides, flattened to 4 x 18'],
      ['SOAP', 'rotates the rows, the other side is longer than 20'],
      ['Adam', 'not a matrix'],
      ['Adam', 'both sides are longer than 20'],
    ]);
    const state = optimizer.init(objective, layout.zeros());
    expect(stateBytes(state)).toBe(8 * (3 * layout.size + 2 * (16 + 18 * 18 + 4)));
  });

  it('serves objectives of different layouts in turn', async () => {
    const problems: readonly Shapes[] = [{ w: [3, 2] }, { w: [2, 2], b: [2] }];
    const shared = soap({ ...options, interval: 1 });
    for (const shapes of [...problems, ...problems]) {
      const alone = soap({ ...options, interval: 1 });
      const gradients = draws(3, 6, 5);
      expect(await follow(shared, shapes, gradients)).toEqual(await follow(alone, shapes, gradients));
    }
  });
});
