import { describe, expect, it } from 'vitest';
import { curvatureOperator } from '../../src/curvature/index.js';
import { arrays } from '../../src/data/index.js';
import { dense, type Loss, sequential, softmaxCrossEntropy, squaredError, tanh } from '../../src/nn/index.js';
import { allRows, type Objective, supervisedObjective } from '../../src/objective/index.js';
import {
  empiricalFisherMatrix,
  gaussNewtonMatrix,
  hessianMatrix,
  sampledFisherMatrix,
} from '../../src/objective/matrices.js';
import { kfac, train } from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, InputError, ndarray, ShapeError, type Tensor } from '../../src/tensor/index.js';
import { distance } from '../curvature/operators/support.js';
import { dot } from './support.js';

const rows = 12;
const random = generator(8);
const normals = (...shape: number[]) =>
  ndarray(
    'f64',
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    shape,
  );
const net = sequential([dense(3, 4), tanh(), dense(4, 2)]);
const parameters = net.init(random, 'f64');
const [x, y] = [normals(rows, 3), normals(rows, 2)];
const executor = referenceExecutor();
const common = { executor, model: net.apply, parameters, x, y, chunk: 5 };

const at = (objective: Objective) => objective.at(objective.layout.flat(parameters));
const direction = (objective: Objective): Float64Array =>
  Float64Array.from({ length: objective.layout.size }, (_, i) => Math.sin(i));

const meanSquare = (output: Tensor, target: Tensor): Tensor => output.sub(target).square().mean();
const known = supervisedObjective({ ...common, loss: squaredError() });

describe('a function of output and target is a loss', () => {
  it.each([
    ['a function', meanSquare],
    ['an object with a value', { value: meanSquare }],
  ])('%s has the value, gradient and matrices of the built-in loss', async (_, loss) => {
    const own = supervisedObjective({ ...common, loss });
    const [mine, theirs] = [at(own), at(known)];
    const [a, b] = [
      await own.valueAndGradient(mine.parameters, allRows(rows)),
      await known.valueAndGradient(theirs.parameters, allRows(rows)),
    ];
    expect(a.value).toBeCloseTo(b.value, 13);
    expect(distance(a.gradient, b.gradient)).toBeLessThan(1e-13);
    for (const matrix of [hessianMatrix, gaussNewtonMatrix]) {
      const [found, truth] = [curvatureOperator(mine, matrix), curvatureOperator(theirs, matrix)];
      expect(distance(await found.apply(direction(own)), await truth.apply(direction(own)))).toBeLessThan(1e-12);
    }
    const [found, truth] = [curvatureOperator(mine, gaussNewtonMatrix), curvatureOperator(theirs, gaussNewtonMatrix)];
    // The diagonal asks for the output Hessian, which is derived.
    expect(distance(await found.diagonal(), await truth.diagonal())).toBeLessThan(1e-12);
  });

  it('is written in place, its arguments typed', async () => {
    const loss = supervisedObjective({ ...common, loss: (o, t) => o.sub(t).square().mean() });
    expect(await loss.value(at(loss).parameters, [0, 1])).toBeCloseTo(
      await known.value(at(known).parameters, [0, 1]),
      13,
    );
  });

  it('may be linear in the outputs, which has no curvature', async () => {
    const objective = supervisedObjective({ ...common, loss: (o) => o.mean() });
    expect(dot(await curvatureOperator(at(objective), gaussNewtonMatrix).diagonal(), direction(objective))).toBe(0);
  });

  it('is one of several losses by name', async () => {
    const model = (weights: Parameters<typeof net.apply>[0], inputs: Readonly<Record<string, Tensor>>) => {
      const out = net.apply(weights, inputs.x!);
      return { a: out.slice([0, 0], [out.shape[0]!, 1]), b: out.slice([0, 1], [out.shape[0]!, 2]) };
    };
    const column = (k: number) =>
      ndarray(
        'f64',
        Array.from({ length: rows }, (_, r) => [Number(y.data[2 * r + k])]),
      );
    const data = arrays({ x, a: column(0), b: column(1) });
    const loss = { a: meanSquare, b: { loss: { value: meanSquare }, weight: 1 } };
    const objective = supervisedObjective({ executor, model, parameters, data, targets: ['a', 'b'], loss });
    const point = at(objective).parameters;
    expect(await objective.value(point, [0, 1, 2])).toBeCloseTo(2 * (await known.value(point, [0, 1, 2])), 12);
  });

  it('trains by K-FAC with a sampler that is given, and is refused by name without one', async () => {
    const { sample } = squaredError();
    // As many parts as elements: what is drawn is a label for each.
    const given = { name: 'mine', value: meanSquare, sample, normalizer: (o: Tensor) => o.size };
    const step = async (loss: Loss | typeof given | typeof meanSquare) => {
      const objective = supervisedObjective({ ...common, loss });
      const run = train({
        objective,
        optimizer: kfac({ damping: 1 }),
        parameters: at(objective).parameters,
        seed: 1,
        steps: 2,
      });
      const losses: number[] = [];
      for await (const { event } of run) losses.push(event.loss);
      return losses;
    };
    const [mine, theirs] = [await step(given), await step(squaredError())];
    mine.forEach((loss, i) => void expect(loss).toBeCloseTo(theirs[i]!, 12));
    await expect(step(meanSquare)).rejects.toThrow(/meanSquare: this loss defines no distribution.*give it a `sample`/);
  });
});

describe('weights of the targets at hand', () => {
  const labels = Array.from({ length: rows }, (_, i) => (i % 5 === 0 ? -1 : i % 2));
  const loss = softmaxCrossEntropy({ classWeights: [0.3, 2], ignoreIndex: -1, labelSmoothing: 0.1 });
  const classes = { ...common, y: ndarray('i32', labels), loss };
  const objective = supervisedObjective(classes);

  it('are exact over chunks of any size', async () => {
    const whole = supervisedObjective({ ...classes, chunk: 100 });
    const point = at(whole).parameters;
    const [a, b] = [
      await objective.valueAndGradient(point, allRows(rows)),
      await whole.valueAndGradient(point, allRows(rows)),
    ];
    expect(a.value).toBeCloseTo(b.value, 14);
    expect(distance(a.gradient, b.gradient)).toBeLessThan(1e-13);
    const single = await Promise.all(Array.from({ length: rows }, (_, row) => whole.value(point, [row])));
    expect(single.reduce((s, v) => s + v, 0) / rows).toBeCloseTo(a.value, 14);
  });

  it('are those of the Fisher matrix of drawn labels: its mean is the Gauss-Newton matrix', async () => {
    const v = direction(objective);
    const truth = curvatureOperator(at(objective), gaussNewtonMatrix);
    const fisher = curvatureOperator(at(objective), sampledFisherMatrix, { generator: generator(3), samples: 4000 });
    expect(distance(await fisher.apply(v), await truth.apply(v))).toBeLessThan(0.05);
    expect(distance(await fisher.diagonal(), await truth.diagonal())).toBeLessThan(0.05);
    // With the data's labels it is another matrix.
    const empirical = curvatureOperator(at(objective), empiricalFisherMatrix);
    expect(distance(await empirical.apply(v), await truth.apply(v))).toBeGreaterThan(0.2);
  });

  it('class numbers that are no class are refused when they are read', async () => {
    const wrong = labels.map((label, i) => (i === 7 ? 2 : label));
    const bad = supervisedObjective({ ...classes, y: ndarray('i32', wrong) });
    const point = at(bad).parameters;
    await expect(bad.value(point, [0, 1, 2])).resolves.toBeGreaterThan(0);
    await expect(bad.value(point, [0, 7])).rejects.toThrow(InputError);
    await expect(bad.value(point, [0, 7])).rejects.toThrow(
      /the target of row 1 of the batch is 2; it must be a class number from 0 to 1, or -1 to be ignored/,
    );
  });
});

describe('errors', () => {
  const value = (loss: unknown) => () => {
    const objective = Reflect.apply(supervisedObjective, undefined, [{ ...common, loss }]);
    return objective.value(objective.layout.zeros(), [0]);
  };

  it.each<[string, unknown, RegExp]>([
    ['null', null, /a loss must be a function/],
    ['undefined', undefined, /a loss must be a function/],
    ['a bigint', 1n, /a loss must be a function/],
    ['a name', 'mse', /a loss must be a function/],
    ['an object without a value', { name: 'x' }, /a loss must be a function/],
    ['a number for a value', () => 3, /a loss must return a tensor; this one returns number/],
    ['a loss that was not called', squaredError, /squaredError: the options must be an object/],
  ])('%s', async (_, loss, message) => {
    await expect(value(loss)).rejects.toThrow(InputError);
    await expect(value(loss)).rejects.toThrow(message);
  });

  it('a loss for each row', async () => {
    const perRow = (o: Tensor, t: Tensor) => o.sub(t).square().sum([1]);
    const objective = supervisedObjective({ ...common, loss: perRow });
    const failing = async () => objective.value(at(objective).parameters, [0, 1]);
    await expect(failing).rejects.toThrow(ShapeError);
    await expect(failing).rejects.toThrow(
      /perRow: a loss must be a scalar.*result of \w+ \(f64 \[2\]\); reduce it with mean\(\)/,
    );
  });
});
