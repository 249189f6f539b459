import { describe, expect, it } from 'vitest';
import { arrays, generated, type RowArrays, type Rows } from '../../src/data/index.js';
import { softmaxCrossEntropy, squaredError } from '../../src/nn/index.js';
import { allRows, type Batch, gaussNewtonMatrix, type Named, supervisedObjective } from '../../src/objective/index.js';
import { drawTargets, matrixProducts } from '../../src/objective/products.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, InputError, type NDArray, ndarray, type Tensor, type Tree, zeros } from '../../src/tensor/index.js';
import { delayed } from './delayed.js';
import { type SmallProblem, smallProblem } from './support.js';

const common = ({ loss, parameters }: SmallProblem) => ({
  ...{ executor: referenceExecutor(), loss, parameters, weightDecay: 0.1, chunk: 10 },
});

describe('an objective on a source that answers later', () => {
  const problem = smallProblem({ weightDecay: 0.1, chunk: 10 });
  const { x, y, start } = problem;
  const model = (weights: Tree<Tensor>, fields: Named<Tensor>): Tensor => problem.model(weights, fields.x!);
  const make = () => {
    const { source, read, expected } = delayed({ x, y });
    return { objective: supervisedObjective({ ...common(problem), model, data: source }), read, expected };
  };

  it('has the values and gradients of one in memory, bit for bit', async () => {
    const { objective } = make();
    expect(objective.layout).toEqual(problem.objective.layout);
    for (const rows of [allRows(24), [7], [5, 3, 3, 20], Uint32Array.of(0, 1, 2)]) {
      expect(await objective.value(start, rows)).toBe(await problem.objective.value(start, rows));
      const known = await problem.objective.valueAndGradient(start, rows);
      expect(await objective.valueAndGradient(start, rows)).toEqual(known);
    }
    const draws = await drawTargets(objective.at(start), 2, generator(3));
    expect(draws).toEqual(await drawTargets(problem.objective.at(start), 2, generator(3)));
  });

  it('is told of the next chunk while one runs', async () => {
    const { objective, read, expected } = make();
    await objective.value(start, allRows(24));
    await objective.valueAndGradient(start, allRows(24));
    await objective.at(start).mean('loss', ({ loss }) => ({ loss }));
    const pieces = [
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
      [20, 21, 22, 23],
    ];
    expect(read).toEqual([...pieces, ...pieces, ...pieces]);
    expect(expected).toEqual([1, 2, 3].flatMap(() => pieces.slice(1)));
  });

  it('is read once for the runs of a step that ask for the same rows', async () => {
    const { objective, read } = make();
    await objective.valueAndGradient(start, [4, 9, 2]);
    await objective.value(start, Uint32Array.of(4, 9, 2));
    const { apply } = matrixProducts(objective.at(start), gaussNewtonMatrix);
    expect(read).toEqual([[4, 9, 2]]);
    await apply(new Float64Array(start.length).fill(1));
    await objective.value(start, [4, 9, 2]);
    expect(read.map(({ length }) => length)).toEqual([3, 10, 10, 4, 3]);
  });

  it('gets memory back only when no run uses it', async () => {
    const { source } = delayed({ x, y });
    const back: NDArray[][] = [];
    const recycle = (fields: Record<string, NDArray>) => {
      back.push(Object.values(fields));
      // As memory that another thread takes: nothing of it is left.
      for (const { data } of Object.values(fields)) if (data instanceof Float64Array) data.fill(0);
    };
    const data = { ...source, read: async (rows: Rows) => structuredClone(await source.read(rows)), recycle };
    const objective = supervisedObjective({ ...common(problem), model, data });
    const batches = [[1, 2, 3], [7], [1, 2, 3], [5, 3, 3, 20], [9, 11]];
    const found = await Promise.all(batches.map((rows) => objective.value(start, rows)));
    for (const [i, rows] of batches.entries()) expect(found[i]).toBe(await problem.objective.value(start, rows));
    await objective.value(start, [0]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(back).toHaveLength(batches.length);
  });

  it('fails as the source does, and goes on after', async () => {
    const { source } = delayed({ x, y });
    let broken = true;
    const read: typeof source.read = (rows) =>
      broken ? Promise.reject(new InputError('the disk is away')) : source.read(rows);
    const objective = supervisedObjective({ ...common(problem), model, data: { ...source, read } });
    await expect(objective.value(start, [1, 2])).rejects.toThrow('the disk is away');
    broken = false;
    expect(await objective.value(start, [1, 2])).toBe(await problem.objective.value(start, [1, 2]));
  });
});

describe('what a source gives', () => {
  const problem = smallProblem();
  const { x, y, start } = problem;
  const model = (weights: Tree<Tensor>, fields: Named<Tensor>): Tensor => problem.model(weights, fields.x!);
  const memory = arrays({ x, y });
  const on = (read: (rows: Rows) => RowArrays) =>
    supervisedObjective({ ...common(problem), model, data: { ...memory, read } });
  const instead = (given: unknown) => on((rows) => Object.assign(memory.read(rows), { y: given }));

  it.each([
    ['nothing', on(() => JSON.parse('null')), /the source of the rows gave no "x"/],
    ['a field less', on((rows) => ({ x: memory.read(rows).x! })), /the source of the rows gave no "y"/],
    ['another shape', instead(zeros('f64', [2, 3])), /"y" is f64 \[2, 3\], but the program needs f64 \[2, 2\]/],
    ['another dtype', instead(zeros('f32', [2, 2])), /"y" is f32/],
    [
      'other data',
      instead({ ...zeros('f64', [2, 2]), data: new Float64Array(3) }),
      /"y" is a Float64Array of length 3/,
    ],
    ['no data', instead({ dtype: 'f64', shape: [2, 2] }), /"y" is undefined/],
  ])('is refused where it is not what was asked for: %s', async (_, objective, message) => {
    const answer = objective.value(start, [4, 2]);
    await expect(answer).rejects.toThrow(InputError);
    await expect(answer).rejects.toThrow(message);
  });

  it.each([2.5, -1, Number.NaN, Number.POSITIVE_INFINITY])('is not %d rows', (rows) => {
    const make = () => supervisedObjective({ ...common(problem), model, data: { ...memory, rows } });
    expect(make).toThrow(`data.rows must be an integer ≥ 1, got ${rows}`);
  });

  it('may be of more rows than 32 bits count', async () => {
    const data = generated({ rows: 2 ** 40, fields: memory.fields }, async (rows) =>
      memory.read(Array.from(rows, (row) => row % 24)),
    );
    const objective = supervisedObjective({ ...common(problem), model, data });
    for (const [row, same] of [
      [2 ** 32 + 5, (2 ** 32 + 5) % 24],
      [5, 5],
    ] as const) {
      expect(await objective.value(start, [row])).toBe(await on(memory.read).value(start, [same]));
      const { loss } = await objective.run('loss', (batch) => ({ loss: batch.loss }), start, [row]);
      const known = await problem.objective.value(start, [same]);
      expect(loss!.data[0]).toBe(known);
    }
  });
});

describe('fields of rows', () => {
  const problem = smallProblem({ weightDecay: 0.1, chunk: 10 });
  const { x, y, start } = problem;
  const model = (weights: Tree<Tensor>, { image, shift }: Named<Tensor>): Tensor =>
    problem.model(weights, image!.add(shift!).sub(shift!));
  const fields = { shift: ndarray('f64', new Float64Array(24).fill(2), [24, 1]), image: x, label: y };
  const named = supervisedObjective({ ...common(problem), model, data: arrays(fields), targets: ['label'] });

  it('have any names', async () => {
    const { value, gradient } = await named.valueAndGradient(start, allRows(24));
    const known = await problem.objective.valueAndGradient(start, allRows(24));
    expect(value).toBeCloseTo(known.value, 13);
    gradient.forEach((g, i) => void expect(g).toBeCloseTo(known.gradient[i]!, 13));
    expect(Object.keys(named.batch(3).inputs)).toEqual(['shift', 'image']);
    expect(named.batch(3).inputs.shift!.shape).toEqual([3, 1]);
    expect(Object.keys(named.batch(3).targets)).toEqual(['label']);
    const { outputs } = await named.run('outputs', (batch) => ({ outputs: batch.outputs }), start, [4]);
    expect(Object.keys(named.sample(outputs!, generator(1)))).toEqual(['drawn:label']);
  });

  it.each<[string, Readonly<Record<string, NDArray>>, readonly string[] | undefined, RegExp]>([
    ['no target y', { x, label: y }, undefined, /no field "y" for a target; the fields are x, label/],
    ['no target', { x, y }, [], /no target is named/],
    ['a target that is not there', { x, y }, ['z'], /no field "z"/],
    ['two targets for one loss', { x, y, z: y }, ['y', 'z'], /the targets are y, z; a loss of one output takes one/],
    ['a dot', { 'x.1': x, y }, undefined, /the field "x\.1" has a dot in its name/],
  ])('are refused with %s', (_, given, targets, message) => {
    const options = { ...common(problem), data: arrays(given), ...(targets && { targets }) };
    const first = (weights: Tree<Tensor>, inputs: Named<Tensor>): Tensor => problem.model(weights, inputs.x!);
    const make = () => supervisedObjective({ ...options, model: first }).batch(1);
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });
});

describe('a feed with the name of a field', () => {
  const problem = smallProblem({ loss: squaredError() });
  const { start, x, y } = problem;
  const build = ({ loss }: Batch) => ({ loss });
  const make = () => {
    const { source, read } = delayed({ x, y });
    const model = (weights: Tree<Tensor>, fields: Named<Tensor>): Tensor => problem.model(weights, fields.x!);
    const data = { ...common(problem), weightDecay: 0 };
    return { objective: supervisedObjective({ ...data, model, data: source }), read };
  };
  const other = ndarray(
    'f64',
    Float64Array.from(y.data as Float64Array, (v) => -2 * v),
    y.shape,
  );

  it('stands in its place', async () => {
    const { objective } = make();
    const { loss } = await objective.run('loss', build, start, allRows(24), { y: other });
    const replaced = supervisedObjective({ ...common(problem), weightDecay: 0, model: problem.model, x, y: other });
    expect(loss!.data[0]).toBeCloseTo(await replaced.value(start, allRows(24)), 13);
    // The rows' own are there again without it.
    const own = await objective.run('loss', build, start, allRows(24));
    expect(own.loss!.data[0]).toBeCloseTo(await problem.objective.value(start, allRows(24)), 13);
  });

  it('has a dtype and a shape of its own', async () => {
    const classes = (dtype: 'i32' | 'i64') => ndarray(dtype, [0, 1, 1, 0], [4]);
    const { parameters, model } = problem;
    const objective = supervisedObjective({
      ...{ executor: referenceExecutor(), loss: softmaxCrossEntropy(), parameters, model },
      ...{ x: zeros('f64', [4, 3]), y: classes('i64') },
    });
    const at = objective.at(start);
    const own = await at.run('loss', build, [0, 1, 2, 3]);
    expect(await at.run('loss', build, [0, 1, 2, 3], { y: classes('i32') })).toEqual(own);
    const probabilities = ndarray('f64', [1, 0, 0, 1, 0, 1, 1, 0], [4, 2]);
    const { loss } = await at.run('loss', build, [0, 1, 2, 3], { y: probabilities });
    expect(loss!.data[0]).toBeCloseTo(Number(own.loss!.data[0]), 14);
    const { outputs } = await at.run('outputs', (batch) => ({ outputs: batch.outputs }), [0, 1]);
    expect(objective.sample(outputs!, generator(1))['drawn:y']!.dtype).toBe('i32');
  });

  it('is of the rows of each chunk, by a function', async () => {
    const { objective } = make();
    const read = (rows: ArrayLike<number> & Iterable<number>) => ({
      y: ndarray('f64', Float64Array.from([...rows].flatMap((row) => [...other.data.slice(2 * row, 2 * row + 2)])), [
        rows.length,
        2,
      ]),
    });
    const { loss } = await objective.at(start).mean('loss', build, { feeds: read, chunk: 5 });
    const { loss: whole } = await objective.run('loss', build, start, allRows(24), { y: other });
    expect(loss![0]).toBeCloseTo(Number(whole!.data[0]), 13);
  });

  it('saves the reading of rows where nothing else reads them', async () => {
    const { objective, read } = make();
    await objective.run('loss', build, start, [1, 2], { x: ndarray('f64', new Float64Array(6), [2, 3]) });
    expect(read).toEqual([[1, 2]]);
    const all = { x: ndarray('f64', new Float64Array(6), [2, 3]), y: ndarray('f64', new Float64Array(4), [2, 2]) };
    await objective.run('loss', build, start, [1, 2], all);
    expect(read).toHaveLength(1);
  });

  it('needs a shape', async () => {
    const { objective } = make();
    const run = objective.run('loss', build, start, [1, 2], { y: new Float64Array(4) });
    await expect(run).rejects.toThrow('"y" stands for a field of the rows: give it a shape');
  });
});
