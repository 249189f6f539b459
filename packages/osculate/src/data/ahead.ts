import { type RowArrays, type RowSource, type Rows, sameRows } from './source.js';

/** A source that is told which rows will be asked for. */
export interface AheadSource extends RowSource {
  /** Starts to read rows that a later `read` of the same rows, in the same order, then takes. A failure is that of this later read. */
  expect(rows: Rows): void;
}

interface Expected {
  readonly rows: Rows;
  readonly arrays: RowArrays | Promise<RowArrays>;
}

/** Batches in a row that nobody read, after which none is read ahead any more: the rows of these steps cannot be foretold. */
const mostMissed = 8;

/**
 * Reads rows of a source before they are asked for, so that the next batch is made while a step runs. At most `most` batches (default 2)
 * are held; of more, the oldest is given up, and where that happens again and again reading ahead stops.
 * @example
 * const source = ahead(await fileSource({ x: 'x.npy', y: 'y.npy' }));
 * const next = [3, 1, 4];
 * source.expect(next); // starts to read
 * const { x, y } = await source.read(next); // waits only for what is not there yet
 * await source.dispose?.();
 */
export function ahead(source: RowSource, most = 2): AheadSource {
  const held: Expected[] = [];
  let missed = 0;
  const find = (rows: Rows): number => held.findIndex((expected) => sameRows(expected.rows, rows));
  const giveUp = async ({ arrays }: Expected): Promise<void> => source.recycle?.(await arrays);
  return {
    rows: source.rows,
    fields: source.fields,
    read(rows) {
      const at = find(rows);
      if (at < 0) return source.read(rows);
      missed = 0;
      return held.splice(at, 1)[0]!.arrays;
    },
    expect(rows) {
      if (missed >= mostMissed || find(rows) >= 0) return;
      const copy = Array.from(rows);
      let arrays: Expected['arrays'];
      try {
        arrays = source.read(copy);
      } catch {
        // The read of these rows tells.
        return;
      }
      // A promise that fails before it is waited for would end the process.
      if (arrays instanceof Promise) arrays.catch(() => {});
      held.push({ rows: copy, arrays });
      if (held.length <= most) return;
      missed++;
      giveUp(held.shift()!).catch(() => {});
    },
    recycle: (arrays) => source.recycle?.(arrays),
    async dispose() {
      held.length = 0;
      await source.dispose?.();
    },
  };
}
