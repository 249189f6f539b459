import { type Rows, sameRows } from '../data/source.js';
import { InputError } from '../tensor/errors.js';
import type { Generator } from '../tensor/random.js';
import type { At, Objective } from './objective.js';

/** Rows 0 … n−1. */
export function allRows(n: number): Uint32Array {
  const rows = new Uint32Array(n);
  for (let i = 0; i < n; i++) rows[i] = i;
  return rows;
}

/**
 * Rows drawn without replacement for one mini-batch: all of them when `size` is not smaller. The objective is told what the next draw will
 * be, which is one of `next` rows.
 */
export function drawRows(objective: Objective, size: number, generator: Generator, next = size): Uint32Array {
  const { rows } = objective;
  const draw = (from: Generator, count: number) => (count >= rows ? allRows(rows) : from.sample(rows, count));
  if (Math.min(size, next) < rows) objective.expect?.({ generator, draw: (from) => draw(from, next) });
  return draw(generator, size);
}

function rowNumbers(rows: Rows): Uint32Array {
  const list = Uint32Array.from(rows);
  const odd = list.findIndex((row, i) => row !== rows[i]);
  if (odd >= 0) throw new InputError(`objective: there is no row ${rows[odd]}; rows are counted from 0`);
  return list;
}

/** Consecutive pieces of at most `size` rows. @throws InputError when there are no rows. */
export function* chunks(rows: Rows, size: number): IterableIterator<Rows> {
  if (rows.length === 0) throw new InputError('objective: an empty batch has no mean loss');
  const list = rows instanceof Uint32Array ? rows : rowNumbers(rows);
  if (list.length <= size) yield list;
  else for (let from = 0; from < list.length; from += size) yield list.subarray(from, from + size);
}

/** Numbers sets of rows by what they hold: equal rows have one number, whatever array they come in. */
export class RowSets {
  private readonly known = new Map<number, { rows: Uint32Array; id: number }[]>();
  private count = 0;

  idOf(rows: Rows): number {
    // FNV-1a; equal hashes are compared in full.
    let hash = 0x811c9dc5;
    for (let i = 0; i < rows.length; i++) hash = Math.imul(hash ^ rows[i]!, 0x01000193);
    const alike = this.known.get(hash) ?? [];
    const found = alike.find((set) => sameRows(set.rows, rows));
    if (found) return found.id;
    const id = this.count++;
    this.known.set(hash, [...alike, { rows: Uint32Array.from(rows), id }]);
    return id;
  }
}

/** The objective over chosen rows: its row i is row `chosen[i]` of the whole. */
export function onRows(objective: Objective, chosen: Uint32Array): Objective {
  const place = (rows: Rows): Uint32Array => Uint32Array.from(rows, (row) => chosen[row]!);
  const { expect: _, ...rest } = objective;
  const part: Objective = {
    ...rest,
    rows: chosen.length,
    value: (parameters, rows) => objective.value(parameters, place(rows)),
    valueAndGradient: (parameters, rows, into) => objective.valueAndGradient(parameters, place(rows), into),
    run: (name, build, parameters, rows, feeds) => objective.run(name, build, parameters, place(rows), feeds),
    at: (parameters) => {
      const point = objective.at(parameters);
      return passes({
        objective: part,
        parameters: point.parameters,
        run: (name, build, rows, feeds) => point.run(name, build, place(rows), feeds),
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
      const sums: Record<string, Float64Array> = {};
      await stream(name, build, options, (results, rows) => {
        const share = rows.length / objective.rows;
        for (const [key, { data }] of Object.entries(results)) {
          sums[key] ??= new Float64Array(data.length);
          const sum = sums[key];
          for (let i = 0; i < sum.length; i++) sum[i]! += share * Number(data[i]!);
        }
      });
      return sums;
    },
  };
}
