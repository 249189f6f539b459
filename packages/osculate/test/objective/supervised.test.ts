import { describe, expect, it } from 'vitest';
import { arrays } from '../../src/data/index.js';
import { squaredError } from '../../src/nn/index.js';
import {
  allRows,
  densePoint,
  type Named,
  sampledFisherMatrix,
  supervisedObjective,
} from '../../src/objective/index.js';
import { drawTargets, matrixProducts } from '../../src/objective/products.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, InputError, ShapeError, type Tensor, type Tree, zeros } from '../../src/tensor/index.js';
import { relativeError, smallProblem } from './support.js';

describe('supervised objective', () => {
  it('gradient agrees with finite differences, weight decay included', async () => {
    const { objective, start } = smallProblem({ weightDecay: 0.1 });
    const rows = allRows(objective.rows);
    const { value, gradient } = await objective.valueAndGradient(start, rows);
    expect(await objective.value(start, rows)).toBeCloseTo(value, 14);
    const numeric: number[] = [];
    for (let i = 0; i < start.length; i++) {
      const [up, down] = [start.slice(), start.slice()];
      up[i]! += 1e-5;
      down[i]! -= 1e-5;
      numeric.push(((await objective.value(up, rows)) - (await objective.value(down, rows))) / 2e-5);
    }
    expect(relativeError(gradient, numeric)).toBeLessThan(1e-8);
  });

  it.each([
    [{ chunk: 0 }, 'objective: chunk must be an integer ≥ 1, got 0'],
    [{ chunk: Number.NaN }, 'chunk'],
    [{ weightDecay: -1 }, 'objective: weightDecay must be a finite number ≥ 0, got -1'],
  ])('refuses %o', (options, message) => {
    expect(() => smallProblem(options)).toThrow(message);
  });

  it('refuses rows that are not there, and fields that no program could read', async () => {
    const { objective, start, x, y, model, loss, parameters } = smallProblem();
    await expect(objective.value(start, [0.5])).rejects.toThrow('objective: there is no row 0.5');
    await expect(objective.value(start, [-1])).rejects.toThrow('objective: there is no row -1');
    await expect(objective.value(start, [1000])).rejects.toThrow('there is no row 1000');
    const on = (name: string) =>
      supervisedObjective({
        ...{ executor: referenceExecutor(), loss, parameters, data: arrays({ [name]: x, y }) },
        model: (weights: Tree<Tensor>, fields) => model(weights, fields[name]!),
      });
    expect(() => on('a.b')).toThrow('the field "a.b" has a dot in its name');
    // A name that every object has a value for.
    expect(await on('constructor').value(start, [3, 1])).toBe(await objective.value(start, [3, 1]));
  });

  it.each(['constructor', 'toString', 'node', 'dtype', 'then', ''])(
    'takes an output and a target called "%s"',
    async (name) => {
      const { objective, start, x, y, model, loss, parameters } = smallProblem();
      const named = supervisedObjective({
        ...{ executor: referenceExecutor(), parameters, chunk: 7 },
        data: arrays(
          Object.fromEntries([
            ['x', x],
            [name, y],
          ]),
        ),
        targets: [name],
        loss: Object.fromEntries([[name, loss]]),
        model: (weights: Tree<Tensor>, fields) => {
          const outputs = model(weights, fields.x!);
          // A tensor is told from outputs that have the names of its members.
          return Object.fromEntries([
            ['node', outputs],
            ['dtype', outputs],
            [name, outputs],
          ]);
        },
      });
      expect(await named.value(start, allRows(24))).toBeCloseTo(await objective.value(start, allRows(24)), 13);
      const [drawn] = await drawTargets(named.at(start), 1, generator(2));
      const [known] = await drawTargets(objective.at(start), 1, generator(2));
      expect(drawn![`drawn:${name}`]).toEqual(known!['drawn:y']);
      if (name === '') return;
      const means = await named.at(start).mean('means', (batch) => Object.fromEntries([[name, batch.loss]]));
      expect(means[name]![0]).toBeCloseTo(await objective.value(start, allRows(24)), 13);
    },
  );

  it.each([
    ['a model that returns nothing', { model: () => JSON.parse('null') }, /the model returned null; return a tensor/],
    ['an output that is none', { model: () => ({ y: 3 }) }, /the model's output "y" returned a value of type number/],
    [
      'a loss that returns nothing',
      { loss: () => JSON.parse('null') },
      /a loss must return a tensor; this one returns object/,
    ],
    ['no losses', { loss: {} }, /there is no loss/],
    ['no loss', { loss: undefined }, /give a loss for each by its name/],
    ['a loss of an output that is none', { loss: { y: null } }, /a loss must be a function/],
    ['a loss without its weight', { loss: { y: { loss: squaredError() } } }, /a loss must be a function/],
    ['parameters without names', { parameters: zeros('f64', [2]) }, /the parameters have no names/],
  ])('refuses %s', async (_, odd, message) => {
    const { start, x, y, parameters } = smallProblem();
    const options = {
      ...{ executor: referenceExecutor(), data: arrays({ x, y }), parameters, loss: { y: squaredError() } },
      model: (_weights: Tree<Tensor>, fields: Named<Tensor>) => ({ y: fields.x! }),
    };
    const asked = (async () => supervisedObjective(Object.assign(options, odd)).value(start, [0]))();
    await expect(asked).rejects.toThrow(InputError);
    await expect(asked).rejects.toThrow(message);
  });

  it('writes a gradient into a vector of the same size, and never into the parameters', async () => {
    const { objective, start } = smallProblem({ chunk: 7, weightDecay: 0.1 });
    for (const rows of [allRows(24), [3, 4]]) {
      const known = await objective.valueAndGradient(start, rows);
      for (const into of [start.map(() => 9), Float32Array.from(start)])
        expect(await objective.valueAndGradient(start, rows, into)).toEqual(known);
      const own = start.slice();
      expect(await objective.valueAndGradient(own, rows, own)).toEqual(known);
      expect(own).toEqual(start);
      for (const length of [start.length - 1, start.length + 1])
        await expect(objective.valueAndGradient(start, rows, new Float64Array(length))).rejects.toThrow(ShapeError);
    }
  });

  it('takes parameters in the other precision', async () => {
    const { objective, start } = smallProblem();
    const single = Float32Array.from(start);
    expect(await objective.value(single, [0, 1])).toBe(await objective.value(Float64Array.from(single), [0, 1]));
  });

  it('refuses a matrix of drawn targets where none are drawn', async () => {
    const { objective, start } = smallProblem();
    await expect(densePoint(objective, sampledFisherMatrix, start)).rejects.toThrow(/targets that are drawn/);
    expect(() => matrixProducts(objective.at(start), sampledFisherMatrix)).toThrow(/targets that are drawn/);
  });

  it('is the same in chunks, uneven ones too', async () => {
    const whole = smallProblem();
    const pieces = smallProblem({ chunk: 7 });
    const rows = allRows(24);
    const [a, b] = [
      await whole.objective.valueAndGradient(whole.start, rows),
      await pieces.objective.valueAndGradient(pieces.start, rows),
    ];
    expect(b.value).toBeCloseTo(a.value, 13);
    expect(relativeError(b.gradient, a.gradient)).toBeLessThan(1e-13);
  });

  it('counts one gradient over all rows as one, and a part of them as that part', async () => {
    const { objective, start } = smallProblem();
    await objective.valueAndGradient(start, allRows(24));
    expect(objective.work()).toBeCloseTo(1, 12);
    await objective.valueAndGradient(start, allRows(6));
    expect(objective.work()).toBeCloseTo(1.25, 1);
  });

  it.each([
    ['x', Number.NaN, /x \(shape \[4, 3\]\) holds NaN in row 1, element 2 of the row/],
    ['y', Number.POSITIVE_INFINITY, /y \(shape \[4, 2\]\) holds Infinity in row 2, element 1 of the row/],
  ] as const)('refuses data that are not finite: %s', (name, bad, message) => {
    const { model, loss, parameters } = smallProblem();
    const [x, y] = [zeros('f64', [4, 3]), zeros('f64', [4, 2])];
    ({ x, y })[name].data[5] = bad;
    expect(() => supervisedObjective({ executor: referenceExecutor(), model, loss, parameters, x, y })).toThrow(
      message,
    );
  });

  it('refuses an empty batch, an empty set, and rows that do not match', async () => {
    const { objective, start, model, loss, parameters, x } = smallProblem();
    await expect(objective.value(start, [])).rejects.toThrow(/empty batch/);
    const make = (rows: number, targets: number) =>
      supervisedObjective({
        executor: referenceExecutor(),
        model,
        loss,
        parameters,
        x: zeros('f64', [rows, x.shape[1]!]),
        y: zeros('f64', [targets, 2]),
      });
    expect(() => make(0, 0)).toThrow(/data set is empty \(x has shape \[0, 3\]\)/);
    expect(() => make(4, 5)).toThrow(/x has 4 rows \(shape \[4, 3\]\), y has 5 \(shape \[5, 2\]\)/);
  });
});
