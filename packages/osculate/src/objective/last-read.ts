import { arrays } from '../data/arrays.js';
import { type RowArrays, type RowSource, type Rows, sameRows } from '../data/source.js';
import { allRows, copied } from './rows.js';

interface Read {
  readonly rows: Uint32Array | Float64Array;
  readonly arrays: RowArrays | Promise<RowArrays>;
  /** Runs that are using the arrays. */
  users: number;
}

/**
 * The rows of a source that were read last, for the runs of a step that ask for the same ones, or the first of them: gradient, trial
 * losses, products. Their memory is handed back when others have been read and no run uses it.
 */
export class LastRead {
  private last: Read | null = null;

  /** `begun` is called when rows are being read, or are there. */
  constructor(
    private readonly source: RowSource,
    private readonly begun: () => void,
  ) {}

  /** What `use` makes of the rows, which nobody writes to. A source in memory is asked each time. */
  async with<T>(rows: Rows, use: (arrays: RowArrays) => Promise<T>): Promise<T> {
    if (this.source.inMemory) {
      const read = this.source.read(rows);
      return use(read instanceof Promise ? await read : read);
    }
    const first = this.last?.rows.subarray(0, rows.length);
    const read = this.last && first && sameRows(first, rows) ? this.last : this.start(rows);
    this.begun();
    read.users++;
    try {
      const all = await read.arrays;
      return await use(rows.length < read.rows.length ? arrays(all).read(allRows(rows.length)) : all);
    } catch (error) {
      // A failed read may succeed when it is tried again.
      if (this.last === read) this.last = null;
      throw error;
    } finally {
      read.users--;
      if (read !== this.last) this.free(read);
    }
  }

  private start(rows: Rows): Read {
    const [old, read] = [this.last, { rows: copied(rows), arrays: this.source.read(rows), users: 0 }];
    this.last = read;
    if (old) this.free(old);
    return read;
  }

  private free({ arrays, users }: Read): void {
    if (users > 0 || !this.source.recycle) return;
    Promise.resolve(arrays).then(
      (read) => this.source.recycle?.(read),
      () => {},
    );
  }
}
