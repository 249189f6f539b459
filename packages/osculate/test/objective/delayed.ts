import { arrays, type RowSource, type Rows } from '../../src/data/index.js';
import type { NDArray } from '../../src/tensor/index.js';

export interface Delayed {
  /** A source of the arrays' rows that answers by promises, and notes what it is asked for and told. */
  readonly source: RowSource & { expect(rows: Rows): void };
  readonly read: number[][];
  readonly expected: number[][];
}

export function delayed(fields: Readonly<Record<string, NDArray>>): Delayed {
  const inner = arrays(fields);
  const [read, expected]: [number[][], number[][]] = [[], []];
  const source: Delayed['source'] = {
    rows: inner.rows,
    fields: inner.fields,
    read: async (rows) => {
      read.push([...rows]);
      await new Promise((resolve) => setImmediate(resolve));
      return inner.read(rows);
    },
    expect: (rows) => void expected.push([...rows]),
  };
  return { source, read, expected };
}
