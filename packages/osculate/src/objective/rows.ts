import { checkRows, type Rows, sameRows } from '../data/source.js';
import { checkOptions } from '../tensor/check-options.js';
import { InputError } from '../tensor/errors.js';
import type { Generator } from '../tensor/random.js';
import type { At, Objective } from './objective.js';

/**
 * Rows 0 … n−1.
 * @throws InputError for more than 2³², of which no list can be made.
 * @example
 * const { value } = await objective.valueAndGradient(theta, allRows(objective.rows));
 * allRows(3); // [0, 1, 2]
 */
export function allRows(n: number): Uint32Array {
  if (n > 2 ** 32) throw new InputError(`objective: ${n} rows are too many to go through; draw some of them`);
  const rows = new Uint32Array(n);
  for (let i = 0; i < n; i++) rows[i] = i;
  return rows;
}

/**
 * Rows drawn without replacement for one mini-batch: all of them when `size` is not smaller. The objective is told what the next draw will
 * be, which is one of `next` rows.
 * @throws InputError for a size that is not an integer ≥ 1.
 * @example
 * const rows = drawRows(objective, 8, generator(0));
 * const { gradient } = await objective.valueAndGradient(theta, rows);
 */
export function drawRows(objective: Objective, size: number, generator: Generator, next = size): Uint32Array {
  const { rows } = objective;
  if (!(size >= rows)) checkOptions('drawRows', { 'an integer ≥ 1': { size } });
  const draw = (from: Generator, count: number) => (count >= rows ? allRows(rows) : from.sample(rows, count));
  if (Math.min(size, next) < rows) objective.expect?.({ generator, draw: (from) => draw(from, next) });
  return draw(generator, size);
}

/** A copy of the very numbers, in doubles where 32 bits do not hold them: what its caller writes to a list later does not count. */
export function copied(rows: Rows): Uint32Array | Float64Array {
  if (rows instanceof Uint32Array) return rows.slice();
  const list = Uint32Array.from(rows);
  for (let i = 0; i < list.length; i++) if (list[i] !== rows[i]) return Float64Array.from(rows);
  return list;
}

const requireRows = ({ length }: Rows): void => {
  if (length === 0) throw new InputError('objective: an empty batch has no mean loss');
};

/** A copy of the rows of a batch. @throws InputError when there are none, or for a number that is not one of `count` rows. */
export function batchRows(rows: Rows, count: number): Rows {
  requireRows(rows);
  const list = copied(rows);
  checkRows('objective', list, count);
  return list;
}

/** Consecutive pieces of at most `size` rows, as they are now. @throws InputError when there are no rows, and for a size that is not an integer ≥ 1. */
export function* chunks(rows: Rows, size: number): IterableIterator<Rows> {
  requireRows(rows);
  checkOptions('objective', { 'an integer ≥ 1': { chunk: size } });
  const list = copied(rows);
  if (list.length <= size) yield list;
  else for (let from = 0; from < list.length; from += size) yield list.subarray(from, from + size);
}

/** Numbers sets of rows by what they hold: equal rows have one number, whatever array they come in. */
export class RowSets {
  private readonly known = new Map<number, { rows: Rows; id: number }[]>();
  private count = 0;

  idOf(rows: Rows): number {
    // FNV-1a; equal hashes are compared in full.
    let hash = 0x811c9dc5;
    for (let i = 0; i < rows.length; i++) hash = Math.imul(hash ^ rows[i]!, 0x01000193);
    const alike = this.known.get(hash) ?? [];
    const found = alike.find((set) => sameRows(set.rows, rows));
    if (found) return found.id;
    const id = this.count++;
    this.known.set(hash, [...alike, { rows: copied(rows), id }]);
    return id;
  }
}

/** The objective over chosen rows: its row i is row `chosen[i]` of the whole. */
export function onRows(objective: Objective, chosen: Uint32Array): Objective {
  const place = (rows: Rows): Uint32Array => {
    checkRows('objective', rows, chosen.length);
    return Uint32Array.from(rows, (row) => chosen[row]!);
  };
  const { expect: _, ...rest } = objective;
  const part: Objective = {
    ...rest,
    rows: chosen.length,
    value: async (parameters, rows) => objective.value(parameters, place(rows)),
    valueAndGradient: async (parameters, rows, into) => objective.valueAndGradient(parameters, place(rows), into),
    run: async (name, build, parameters, rows, feeds) => objective.run(name, build, parameters, place(rows), feeds),
    at: (parameters) => {
      const point = objective.at(parameters);
      return passes({
        objective: part,
        parameters: point.parameters,
        run: async (name, build, rows, feeds) => point.run(name, build, place(rows), feeds),
      });
    },
  };
  return part;
}

/** `stream` and `mean` of a point from its runs. */
export function passes(point: Pick<At, 'objective' | 'parameters' | 'run'>): At {
  const { objective } = point;
  const stream: At['stream'] = async (name, build, { feeds = {}, chunk = objective.chunk }, visit) => {
    const parts = [...chunks(allRows(objective.rows), Math.min(chunk, objective.chunk))];
    for (const [i, rows] of parts.entries()) {
      const running = point.run(name, build, rows, typeof feeds === 'function' ? feeds(rows) : feeds);
      if (i + 1 < parts.length) objective.expect?.(parts[i + 1]!);
      visit(await running, rows);
    }
  };
  return {
    ...point,
    stream,
    mean: async (name, build, options = {}) => {
      const sums = new Map<string, Float64Array>();
      await stream(name, build, options, (results, rows) => {
        const share = rows.length / objective.rows;
        for (const [key, { data }] of Object.entries(results)) {
          const sum = sums.get(key) ?? new Float64Array(data.length);
          for (let i = 0; i < sum.length; i++) sum[i]! += share * Number(data[i]!);
          sums.set(key, sum);
        }
      });
      return Object.fromEntries(sums);
    },
  };
}
