import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rows } from '../../src/data/index.js';
import { allRows, type Batch, drawRows, functionObjective, type Objective } from '../../src/objective/index.js';
import type { Draw } from '../../src/objective/next-rows.js';
import { chunks, onRows, RowSets } from '../../src/objective/rows.js';
import { generator, InputError, input } from '../../src/tensor/index.js';
import { relativeError, smallProblem } from './support.js';

describe('sets of rows', () => {
  it('are known by what they hold, whatever array they come in', () => {
    const sets = new RowSets();
    const first = Uint32Array.of(3, 1, 2);
    const id = sets.idOf(first);
    for (const same of [first, [3, 1, 2], new Uint16Array([3, 1, 2])]) expect(sets.idOf(same)).toBe(id);
    for (const other of [[1, 2, 3], [3, 1], [3, 1, 2, 2], []]) expect(sets.idOf(other)).not.toBe(id);
    first[2] = 5;
    expect(sets.idOf(first)).not.toBe(id);
    expect(sets.idOf([3, 1, 2])).toBe(id);
    expect(sets.idOf([3, 1, 5])).toBe(sets.idOf(first));
  });

  it('property: have the same number where they are equal, and only there', () => {
    const rows = fc.array(fc.oneof(fc.nat(3), fc.constantFrom(2 ** 32, 2 ** 32 + 1, 2 ** 40, 0.5, -1)), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.array(rows, { maxLength: 60 }), (all) => {
        const sets = new RowSets();
        const ids = all.map((set) => sets.idOf(set));
        const keys = all.map((set) => set.join());
        for (let i = 0; i < all.length; i++) expect(ids[i]).toBe(ids[keys.indexOf(keys[i]!)]);
        expect(new Set(ids).size).toBe(new Set(keys).size);
      }),
    );
  });
});

it('what runs at a point hold belongs to the rows as they were, not to their array', async () => {
  const { objective, start } = smallProblem();
  const scaled = ({ loss }: Batch) => ({ loss: loss.exp().mul(input('rows.factor', 'f64', [])) });
  const feeds = { 'rows.factor': { dtype: 'f64', shape: [], data: Float64Array.of(2) } } as const;
  const point = objective.at(start);
  const rows = Uint32Array.of(0, 1, 2);
  for (let k = 0; k < 4; k++) await point.run('scaled', scaled, rows, feeds);
  rows.set([9, 10, 11]);
  const { loss } = await point.run('scaled', scaled, rows, feeds);
  expect(loss!.data[0]).toBeCloseTo(2 * Math.exp(await objective.value(start, [9, 10, 11])), 13);
});

describe('chunks of rows', () => {
  it('are consecutive, the last one shorter', () => {
    const pieces = [...chunks([4, 3, 2, 1, 0], 2)].map((piece) => [...piece]);
    expect(pieces).toEqual([[4, 3], [2, 1], [0]]);
    expect([...chunks([4, 3], 2)]).toEqual([Uint32Array.of(4, 3)]);
    expect(() => [...chunks([], 2)]).toThrow(InputError);
  });

  it.each([0, -1, 1.5, Number.NaN])('are not of %d rows', async (chunk) => {
    expect(() => [...chunks([4, 3, 2], chunk)]).toThrow(`chunk must be an integer ≥ 1, got ${chunk}`);
    const { objective, start } = smallProblem();
    const mean = objective.at(start).mean('loss', ({ loss }) => ({ loss }), { chunk });
    await expect(mean).rejects.toThrow(InputError);
  });
});

describe('rows that are drawn', () => {
  const told = (objective: Objective) => {
    const expected: (Rows | Draw)[] = [];
    return { objective: { ...objective, expect: (next: Rows | Draw) => void expected.push(next) }, expected };
  };

  it('differ, and the objective is told how the next ones will be drawn', () => {
    const { objective, expected } = told(smallProblem().objective);
    const random = generator(5);
    const drawn = Array.from({ length: 4 }, () => {
      const told = expected.at(-1);
      const next = told && 'draw' in told ? told.draw(generator(random.state())) : null;
      const rows = drawRows(objective, 7, random);
      if (next) expect(rows).toEqual(next);
      random.normal();
      return [...rows];
    });
    for (const rows of drawn) expect(new Set(rows).size).toBe(7);
    expect(expected).toHaveLength(4);
  });

  it('are all of them, in order, where no fewer are asked for', () => {
    const { objective, expected } = told(smallProblem().objective);
    expect(drawRows(objective, 24, generator(5))).toEqual(allRows(24));
    expect(expected).toEqual([]);
  });

  it.each([0, -1, 2.5, Number.NaN])('are not %d', (size) => {
    expect(() => drawRows(smallProblem().objective, size, generator(5))).toThrow(InputError);
  });
});

describe('rows that are asked for', () => {
  const { objective, start } = smallProblem({ chunk: 3 });
  const plain = functionObjective((x) => x.mul(x).sum(), new Float64Array(start.length));
  const objectives = { 'on data': objective, 'on chosen rows': onRows(objective, allRows(5)), 'a function': plain };
  const loss = ({ loss: value }: Batch) => ({ loss: value });

  it.each(Object.entries(objectives))('are those that there are: %s', async (_, asked) => {
    for (const row of [asked.rows, -1, 0.5, Number.NaN, 2 ** 32]) {
      for (const rows of [[row], [0, row]]) {
        for (const answer of [
          asked.value(start, rows),
          asked.valueAndGradient(start, rows),
          asked.run('loss', loss, start, rows),
          asked.at(start).run('loss', loss, rows),
        ]) {
          await expect(answer).rejects.toThrow(InputError);
          await expect(answer).rejects.toThrow(`there is no row ${row}; the rows are 0 … ${asked.rows - 1}`);
        }
      }
    }
    await expect(asked.run('loss', loss, start, [])).rejects.toThrow(/empty batch/);
    await expect(asked.at(start).run('loss', loss, [])).rejects.toThrow(/empty batch/);
  });

  it('are those of the call, whatever becomes of their list', async () => {
    const known = await objective.value(start, [0, 1, 2, 3]);
    const point = objective.at(start);
    for (const ask of [
      (rows: Uint32Array) => objective.value(start, rows),
      async (rows: Uint32Array) => (await objective.valueAndGradient(start, rows)).value,
      async (rows: Uint32Array) => Number((await objective.run('loss', loss, start, rows)).loss!.data[0]),
      async (rows: Uint32Array) => Number((await point.run('loss', loss, rows)).loss!.data[0]),
    ]) {
      const rows = allRows(4);
      const answer = ask(rows);
      rows.fill(9);
      expect(await answer).toBeCloseTo(known, 14);
    }
  });

  it('cannot be more than a list holds', () => {
    expect(() => allRows(2 ** 33)).toThrow(InputError);
  });
});

describe('an objective on chosen rows', () => {
  it('is the mean over these rows, whatever the chunks', async () => {
    const { objective, start } = smallProblem({ chunk: 3, weightDecay: 0.1 });
    const chosen = Uint32Array.of(20, 3, 11, 7, 5);
    const part = onRows(objective, chosen);
    expect(part.rows).toBe(5);
    const [here, there] = [
      await part.valueAndGradient(start, allRows(5)),
      await objective.valueAndGradient(start, chosen),
    ];
    expect(here.value).toBe(there.value);
    expect(relativeError(here.gradient, there.gradient)).toBe(0);
    expect(await part.value(start, [1, 4])).toBe(await objective.value(start, [3, 5]));
    const loss = (target: typeof part, rows: number[]) =>
      target.run('loss', (batch) => ({ loss: batch.loss }), start, rows);
    expect(await loss(part, [0, 2])).toEqual(await loss(objective, [20, 11]));
  });
});
