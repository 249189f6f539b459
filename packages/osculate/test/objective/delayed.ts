import { arrays, type RowSource, type Rows } from '../../src/data/index.js';
import type { NDArray } from '../../src/tensor/index.js';

export interface Delayed {
  /** A source of the arrays' rows that answers by promises, and notes what it is asked for and told. */
  readonly source: RowSource & { expect(rows: Rows): void };
  readonly read: number[][];
  readonly expected: number[][];
  /** What was read without having been expected. */
  readonly untold: number[][];
  /** What was expected and has not been read since. */
  readonly told: number[][];
}

export function delayed(fields: Readonly<Record<string, NDArray>>): Delayed {
  const inner = arrays(fields);
  const seen: Omit<Delayed, 'source'> = { read: [], expected: [], untold: [], told: [] };
  const source: Delayed['source'] = {
    rows: inner.rows,
    fields: inner.fields,
    read: async (rows) => {
      const list = [...rows];
      const at = seen.told.findIndex((known) => String(known) === String(list));
      if (at < 0) seen.untold.push(list);
      else seen.told.splice(at, 1);
      seen.read.push(list);
      await new Promise((resolve) => setImmediate(resolve));
      return inner.read(rows);
    },
    expect: (rows) => {
      seen.expected.push([...rows]);
      seen.told.push([...rows]);
    },
  };
  return { source, ...seen };
}
