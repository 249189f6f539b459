import { type RowArrays, type RowSource, type Rows, sameRows } from '../data/source.js';

interface Read {
  readonly rows: Rows;
  readonly arrays: RowArrays | Promise<RowArrays>;
  /** Runs that are using the arrays. */
  users: number;
}

/**
 * The rows of a source that were read last, for the runs of a step that ask for the same ones: gradient, trial losses, products. Their
 * memory is handed back when others have been read and no run uses it.
 */
export class LastRead {
  private last: Read | null = null;

  constructor(private readonly source: RowSource) {}

  /** What `use` makes of the rows, which nobody writes to. A source in memory is asked each time. */
  async with<T>(rows: Rows, use: (arrays: RowArrays) => Promise<T>): Promise<T> {
    if (this.source.inMemory) {
      const arrays = this.source.read(rows);
      return use(arrays instanceof Promise ? await arrays : arrays);
    }
    const read = this.last && sameRows(this.last.rows, rows) ? this.last : this.start(rows);
    read.users++;
    try {
      return await use(await read.arrays);
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
    const [old, read] = [this.last, { rows, arrays: this.source.read(rows), users: 0 }];
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
