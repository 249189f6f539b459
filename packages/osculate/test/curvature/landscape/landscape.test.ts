import { describe, expect, it } from 'vitest';
import { flatten } from '../../../src/autodiff/dense.js';
import { grad, hessian } from '../../../src/autodiff/index.js';
import {
  filterAxes,
  filterNormalized,
  interpolation,
  landscape,
  quadraticModel,
  randomDirection,
} from '../../../src/curvature/index.js';
import { importOnnx } from '../../../src/import/index.js';
import { dense, sequential, softmaxCrossEntropy, squaredError, tanh } from '../../../src/nn/index.js';
import { node } from '../../../src/onnx/index.js';
import { referenceExecutor } from '../../../src/runtime/index.js';
import { ortExecutor } from '../../../src/runtime/node.js';
import {
  astype,
  generator,
  input,
  leaves,
  mapTree,
  type NDArray,
  ndarray,
  ParameterLayout,
  parameters,
  ShapeError,
  type Tensor,
  type Tree,
} from '../../../src/tensor/index.js';
import { modelOf, random } from '../../import/against-runtime.js';
import { pointOf, smallModel, wholeBatch } from '../operators/support.js';

const regression = smallModel({ layer: dense(3, 2), loss: squaredError(), x: [10, 3], y: [10, 2] });

/** Linear regression: its loss is a quadratic. */
const linear = () => pointOf({ ...regression, chunk: 4 });

const mlp = sequential([dense(4, 6), tanh(), dense(6, 3)]);
const classifier = () => smallModel({ layer: mlp, loss: softmaxCrossEntropy(), x: [12, 4], y: [12], classes: 3 });

const normals = (n: number, seed: number): Float64Array => {
  const random = generator(seed);
  return Float64Array.from({ length: n }, () => random.normal());
};

/** The loss of the small regression at parameters [W, b], by hand: mean over the elements of (Wx + b − y)². */
function regressionLoss(p: ArrayLike<number>): number {
  const { x, y } = regression;
  let sum = 0;
  for (let row = 0; row < 10; row++) {
    for (let o = 0; o < 2; o++) {
      let out = p[6 + o]!;
      for (let i = 0; i < 3; i++) out += p[3 * o + i]! * Number(x.data[3 * row + i]);
      sum += (out - Number(y.data[2 * row + o])) ** 2;
    }
  }
  return sum;
}

describe('landscape', () => {
  it('is the loss itself and the model is exact for a quadratic loss, in a plane and on a line', async () => {
    const model = linear();
    const [d, e] = [normals(8, 1), normals(8, 2)];
    const at = Float64Array.from(model.parameters);
    const scale = regressionLoss(at) / (await landscape(model, { directions: [d], resolution: 3 })).losses[1]!;
    const plane = await landscape(model, { directions: [d, e], range: [-2, 3], resolution: 6 });
    expect(plane.axes).toEqual([
      [-2, -1, 0, 1, 2, 3],
      [-2, -1, 0, 1, 2, 3],
    ]);
    plane.losses.forEach((loss, i) => {
      const [a, b] = [plane.axes[0]![i % 6]!, plane.axes[1]![Math.floor(i / 6)]!];
      const moved = at.map((v, k) => v + a * d[k]! + b * e[k]!);
      expect(loss).toBeCloseTo(regressionLoss(moved) / scale, 10);
      expect(plane.modelled[i]).toBeCloseTo(loss, 10);
    });
    expect(plane.trust).toEqual({ radius: Math.hypot(3, 3), wholeGrid: true, errorBeyond: null });
    expect(plane.nonFinite).toBe(0);
    const line = await landscape(model, { directions: [d], range: 0.5, resolution: 5, points: 2 });
    expect(line.axes).toEqual([[-0.5, -0.25, 0, 0.25, 0.5]]);
    line.losses.forEach((loss, i) => void expect(line.modelled[i]).toBeCloseTo(loss, 12));
  });

  it('has the weight decay in the losses and in the model', async () => {
    const weightDecay = 0.3;
    const decayed = pointOf({ ...regression, chunk: 4, weightDecay });
    const grid = { directions: [normals(8, 1), normals(8, 2)], resolution: 4 };
    const [decayedGrid, plain] = [await landscape(decayed, grid), await landscape(linear(), grid)];
    decayedGrid.losses.forEach((loss, i) => {
      const [a, b] = [decayedGrid.axes[0]![i % 4]!, decayedGrid.axes[1]![Math.floor(i / 4)]!];
      const moved = Float64Array.from(decayed.parameters).map(
        (v, k) => v + a * grid.directions[0]![k]! + b * grid.directions[1]![k]!,
      );
      const penalty = 0.5 * weightDecay * moved.reduce((sum, v) => sum + v * v, 0);
      expect(loss).toBeCloseTo(plain.losses[i]! + penalty, 10);
      expect(decayedGrid.modelled[i]).toBeCloseTo(loss, 10);
    });
  });

  it('leaves the quadratic model where the closed form of a quartic says', async () => {
    // L(w) = (w² − 0)² with one row: w = 1 moved by c has L = (1 + c)⁴ and q = 1 + 4c + 6c².
    const model = pointOf({
      executor: referenceExecutor(),
      model: (w) => (w as { w: Tensor }).w,
      ...quartic,
    });
    const { trust, quadratic, lowest } = await landscape(model, {
      directions: [Float64Array.of(1)],
      range: 1,
      resolution: 201,
      tolerance: 0.05,
    });
    expect(quadratic.value).toBeCloseTo(1, 12);
    expect(quadratic.slopes[0]).toBeCloseTo(4, 12);
    expect(quadratic.curvatures[0]![0]).toBeCloseTo(12, 12);
    // max |4c³ + c⁴| ≤ 0.05 max |(1 + c)⁴ − 1|, at c > 0: both are largest at c = r.
    const holds = (r: number) => 4 * r ** 3 + r ** 4 <= 0.05 * ((1 + r) ** 4 - 1);
    const expected = Array.from({ length: 101 }, (_, i) => i / 100)
      .filter(holds)
      .at(-1)!;
    expect(trust.radius).toBeCloseTo(expected, 12);
    expect(trust.wholeGrid).toBe(false);
    expect(trust.errorBeyond).toBeGreaterThan(0.05);
    expect(lowest).toEqual({ loss: 0, coordinates: [-1] });
  });

  it('gives the same losses whatever is batched, on both executors', async () => {
    const options = classifier();
    const directions = [1, 2].map((seed) =>
      randomDirection(pointOf(options).objective.layout, pointOf(options).parameters, generator(seed)),
    );
    const grid = { directions, range: 2, resolution: 7 };
    const once = await landscape(pointOf(options), { ...grid, points: 1 });
    for (const points of [2, 49, 64]) {
      const { losses } = await landscape(pointOf({ ...options, chunk: 5 }), { ...grid, points });
      losses.forEach((loss, i) => void expect(loss).toBeCloseTo(once.losses[i]!, 12));
    }
    const executor = await ortExecutor({ threads: 1 });
    const single = {
      ...options,
      executor,
      parameters: mapTree(options.parameters as never, (a: NDArray) => astype(a, 'f32')) as never,
      x: astype(options.x, 'f32'),
    };
    for (const points of [1, 16]) {
      const { losses, modelled } = await landscape(pointOf(single), { ...grid, points });
      losses.forEach((loss, i) => {
        expect(Math.abs(loss - once.losses[i]!)).toBeLessThan(2e-6 * (1 + loss));
        expect(Math.abs(modelled[i]! - once.modelled[i]!)).toBeLessThan(1e-4 * (1 + Math.abs(modelled[i]!)));
      });
    }
    await executor.dispose();
  });

  it('reports losses that are not finite', async () => {
    const model = linear();
    const far = new Float64Array(8).fill(1e160);
    const { losses, nonFinite, lowest, trust } = await landscape(model, { directions: [far], resolution: 3 });
    expect([...losses].map(Number.isFinite)).toEqual([false, true, false]);
    expect(nonFinite).toBe(2);
    expect(lowest!.coordinates).toEqual([0]);
    expect(trust).toEqual({ radius: 0, wholeGrid: false, errorBeyond: Infinity });
  });

  it('tells of its progress and stops when asked to', async () => {
    const seen: number[] = [];
    const controller = new AbortController();
    const run = landscape(linear(), {
      directions: [normals(8, 1)],
      resolution: 9,
      points: 2,
      signal: controller.signal,
      progress: (done, total) => {
        expect(total).toBe(10);
        seen.push(done);
        if (done >= 4) controller.abort();
      },
    });
    await expect(run).rejects.toThrow(/abort/i);
    expect(seen).toEqual([2, 4]);
  });

  it('rejects what makes no sense', async () => {
    const model = linear();
    const d = normals(8, 1);
    await expect(landscape(model, { directions: [] })).rejects.toThrow('there are 0 directions');
    await expect(landscape(model, { directions: [normals(7, 1)] })).rejects.toThrow('direction 0 has 7 elements');
    await expect(landscape(model, { directions: [d], range: [1, 1] })).rejects.toThrow(
      'the range from 1 to 1 is empty',
    );
    await expect(
      landscape(model, {
        directions: [d],
        range: [
          [0, 1],
          [0, 1],
        ],
      }),
    ).rejects.toThrow('2 ranges for 1');
    await expect(landscape(model, { directions: [d], resolution: 1 })).rejects.toThrow(
      'resolution must be an integer ≥ 2, got 1',
    );
    await expect(landscape(model, { directions: [d], tolerance: 0 })).rejects.toThrow(
      'tolerance must be a number > 0, got 0',
    );
    await expect(landscape(model, { directions: [d], points: 0 })).rejects.toThrow(
      'points must be an integer ≥ 1, got 0',
    );
  });
});

const quartic = {
  parameters: { w: ndarray('f64', [1], [1, 1]) },
  x: ndarray('f64', [0], [1, 1]),
  y: ndarray('f64', [0], [1, 1]),
  loss: {
    ...squaredError(),
    value: (outputs: never) => {
      const w = outputs as unknown as Tensor;
      return w.mul(w).mul(w).mul(w).sum();
    },
  },
};

describe('quadraticModel', () => {
  it('has the entries of the dense gradient and Hessian along the directions', async () => {
    const options = classifier();
    const model = pointOf(options);
    const directions = [normals(model.objective.layout.size, 4), normals(model.objective.layout.size, 5)];
    const { slopes, curvatures } = await quadraticModel(model, directions, 0);
    const n = model.objective.layout.size;
    const list = (weights: Tree<Tensor>) => leaves(weights).map(([, t]) => t);
    const h = await wholeBatch(options, ({ loss, weights }) => hessian(loss, list(weights)));
    const g = await wholeBatch(options, ({ loss, weights }) => flatten(grad(loss, list(weights))).reshape([n, 1]));
    directions.forEach((d, i) => {
      expect(slopes[i]).toBeCloseTo(
        d.reduce((sum, v, k) => sum + v * g.data[k]!, 0),
        10,
      );
      directions.forEach((e, j) => {
        const entry = d.reduce((sum, v, k) => sum + v * e.reduce((s, w, l) => s + w * h.data[k * n + l]!, 0), 0);
        expect(curvatures[i]![j]).toBeCloseTo(entry, 10);
      });
    });
  });
});

describe('filter normalisation', () => {
  const point = pointOf(classifier());
  const { layout } = point.objective;
  const at = Float64Array.from(point.parameters);

  it('gives each neuron the norm of its weights and leaves biases where they are', () => {
    const raw = normals(layout.size, 3);
    const d = filterNormalized(layout, at, raw);
    for (const { shape, offset, size } of layout.slots) {
      if (shape.length < 2) {
        expect([...d.subarray(offset, offset + size)].every((v) => v === 0)).toBe(true);
        continue;
      }
      const columns = shape[1]!;
      for (let k = 0; k < shape[0]!; k++) {
        const row = (v: Float64Array) => v.subarray(offset + k * columns, offset + (k + 1) * columns);
        const ratio = Math.hypot(...row(at)) / Math.hypot(...row(raw));
        row(d).forEach((v, i) => void expect(v / (row(raw)[i]! * ratio)).toBeCloseTo(1, 8));
      }
    }
  });

  it('does so along another axis, and not for parameters that are named null', () => {
    const raw = normals(layout.size, 3);
    const [first, second] = layout.slots.filter(({ shape }) => shape.length === 2);
    const d = filterNormalized(layout, at, raw, { axes: { [first!.name]: 1, [second!.name]: null } });
    const column = (v: Float64Array, j: number) =>
      Array.from({ length: first!.shape[0]! }, (_, i) => v[first!.offset + i * first!.shape[1]! + j]!);
    for (let j = 0; j < first!.shape[1]!; j++) {
      expect(Math.hypot(...column(d, j))).toBeCloseTo(Math.hypot(...column(at, j)), 8);
    }
    expect(d.subarray(second!.offset, second!.offset + second!.size).every((v) => v === 0)).toBe(true);
  });

  it('is zero for a filter of zeros, and reproducible from a seed', () => {
    const zeros = new Float64Array(layout.size);
    expect(filterNormalized(layout, zeros, normals(layout.size, 3)).every((v) => v === 0)).toBe(true);
    expect(filterNormalized(layout, at, zeros).every((v) => v === 0)).toBe(true);
    const draw = (seed: number) => randomDirection(layout, at, generator(seed));
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  it('reads off the graph which axis the neurons lie along', () => {
    const model = pointOf({
      executor: referenceExecutor(),
      model: (w, x) => {
        const { up, down, shift } = w as Record<string, Tensor>;
        return x.matmul(up!).add(shift!).tanh().product(down!, false, true);
      },
      loss: squaredError(),
      parameters: {
        up: ndarray('f64', normals(12, 1), [3, 4]),
        shift: ndarray('f64', normals(4, 2), [4]),
        down: ndarray('f64', normals(8, 3), [2, 4]),
      },
      x: ndarray('f64', normals(15, 4), [5, 3]),
      y: ndarray('f64', normals(10, 5), [5, 2]),
    });
    expect(filterAxes(model.objective.batch(5))).toEqual({ up: 1, shift: null, down: 0 });
  });

  /** The axes of an imported op's parameters. */
  const importedAxes = (
    opType: string,
    x: readonly number[],
    weights: Readonly<Record<string, readonly number[]>>,
    attributes: Readonly<Record<string, number | string>> = {},
  ) => {
    const initializers = Object.fromEntries(Object.entries(weights).map(([name, shape]) => [name, random(shape)]));
    const nodes = [node(opType, ['x', ...Object.keys(weights)], ['y'], attributes)];
    const file = importOnnx(modelOf({ x: random(x) }, ['y'], { nodes, initializers }, 14));
    const tensors = parameters(file.parameters, '');
    const { y } = file.call(tensors as Tree<Tensor>, { x: input('x', 'f32', x) });
    return filterAxes({ weights: tensors as Tree<Tensor>, outputs: y!, loss: y!.square().sum() });
  };

  it('finds the neurons of recurrent weights behind the axis of directions, and with it where there are two', () => {
    const weights = (directions: number) => ({
      W: [directions, 12, 5],
      R: [directions, 12, 3],
      B: [directions, 24],
    });
    const x = [4, 2, 5];
    expect(importedAxes('LSTM', x, weights(1))).toEqual({ W: 1, R: 1, B: null });
    expect(importedAxes('LSTM', x, weights(2), { direction: 'bidirectional' })).toEqual({
      W: [0, 1],
      R: [0, 1],
      B: null,
    });
    const gru = { W: [1, 9, 5], R: [1, 9, 3], B: [1, 18] };
    expect(importedAxes('GRU', x, gru, { linear_before_reset: 1 })).toEqual({ W: 1, R: 1, B: null });
  });

  it('finds the channels that convolutions make, transposed or in groups', () => {
    const x = [2, 4, 5, 5];
    expect(importedAxes('Conv', x, { W: [6, 4, 3, 3], B: [6] })).toEqual({ W: 0, B: null });
    expect(importedAxes('Conv', x, { W: [8, 1, 3, 3], B: [8] }, { group: 4 })).toEqual({ W: 0, B: null });
    expect(importedAxes('ConvTranspose', x, { W: [4, 6, 3, 3], B: [6] })).toEqual({ W: 1, B: null });
    expect(importedAxes('ConvTranspose', x, { W: [4, 3, 3, 3], B: [6] }, { group: 2 })).toEqual({
      W: [0, 1],
      B: null,
    });
  });

  it('leaves gains and shifts alone however many axes of length 1 they have, and takes a single neuron as a whole', () => {
    expect(importedAxes('Mul', [3, 4, 2, 2], { gain: [1, 4, 1, 1] })).toEqual({ gain: null });
    expect(importedAxes('Add', [3, 4], { shift: [1, 4] })).toEqual({ shift: null });
    expect(importedAxes('Add', [3, 7, 4], { positions: [7, 4] })).toEqual({ positions: 0 });
    expect(importedAxes('MatMul', [3, 4], { W: [4, 1] })).toEqual({ W: 1 });
  });

  it('counts filters along several axes together', () => {
    const shape = [2, 3, 4];
    const lay = ParameterLayout.of({ w: ndarray('f64', new Float64Array(24), shape) });
    const [w, raw] = [normals(24, 8), normals(24, 9)];
    const d = filterNormalized(lay, w, raw, { axes: { w: [0, 1] } });
    for (let k = 0; k < 6; k++) {
      const row = (v: Float64Array) => v.subarray(4 * k, 4 * k + 4);
      expect(Math.hypot(...row(d))).toBeCloseTo(Math.hypot(...row(w)), 8);
    }
    const apart = filterNormalized(lay, w, raw, { axes: { w: [0, 2] } });
    for (let a = 0; a < 2; a++) {
      for (let c = 0; c < 4; c++) {
        const column = (v: Float64Array) => [0, 1, 2].map((b) => v[12 * a + 4 * b + c]!);
        expect(Math.hypot(...column(apart))).toBeCloseTo(Math.hypot(...column(w)), 8);
      }
    }
  });

  it('rejects vectors and axes that do not fit', () => {
    expect(() => filterNormalized(layout, at, new Float64Array(3))).toThrow('the direction have 3 elements');
    const { name } = layout.slots[0]!;
    expect(() => filterNormalized(layout, at, at, { axes: { [name]: 2 } })).toThrow(`axis 2 of parameter "${name}"`);
  });
});

describe('interpolation', () => {
  it('finds no barrier in a convex loss, and the ends where they are', async () => {
    const model = linear();
    const [from, to] = [normals(8, 6), normals(8, 7)];
    const { positions, losses, barrier, distance } = await interpolation(model, { from, to, resolution: 5 });
    expect(positions).toEqual([0, 0.25, 0.5, 0.75, 1]);
    const scale = regressionLoss(from) / losses[0]!;
    expect(losses[4]).toBeCloseTo(regressionLoss(to) / scale, 10);
    expect(losses[2]).toBeCloseTo(regressionLoss(from.map((v, i) => (v + to[i]!) / 2)) / scale, 10);
    expect(barrier).toBe(0);
    expect(distance).toBeCloseTo(Math.hypot(...from.map((v, i) => v - to[i]!)), 12);
  });

  it('has the barrier of two mirror images of a network, where all hidden units meet at zero', async () => {
    // tanh is odd: the network with W₁, b₁, W₂ of the other sign is the same function; half way only the last bias is left.
    const options = classifier();
    const model = pointOf(options);
    const from = Float64Array.from(model.parameters);
    const last = model.objective.layout.slots.at(-1)!;
    const to = from.map((v, i) => (i >= last.offset ? v : -v));
    const { losses, barrier, position } = await interpolation(model, { from, to, resolution: 11 });
    expect(losses[10]).toBeCloseTo(losses[0]!, 10);
    losses.forEach((loss, i) => void expect(loss).toBeCloseTo(losses[10 - i]!, 10));
    expect(barrier).toBeCloseTo(Math.max(0, Math.max(...losses) - losses[0]!), 10);
    expect(position === 0).toBe(barrier === 0);
  });

  it('names the end that does not fit the model', async () => {
    const [right, wrong] = [normals(8, 1), normals(7, 1)];
    await expect(interpolation(linear(), { from: right, to: wrong })).rejects.toThrow(
      "interpolation: 'to' has 7 elements and the model 8",
    );
    await expect(interpolation(linear(), { from: wrong, to: right })).rejects.toThrow(ShapeError);
  });

  it('says NaN for a path that leaves the finite numbers', async () => {
    const to = new Float64Array(8).fill(Number.NaN);
    const { barrier } = await interpolation(linear(), { from: normals(8, 1), to, resolution: 3 });
    expect(barrier).toBeNaN();
  });
});
