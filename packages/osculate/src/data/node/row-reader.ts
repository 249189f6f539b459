import { Worker } from 'node:worker_threads';
import type { AnyTypedArray } from '../../tensor/dtype.js';
import { InputError } from '../../tensor/errors.js';
import type { Rows } from '../source.js';

/** Rows of one size that lie one after another in an open file. */
export interface StoredRows {
  readonly fd: number;
  /** The place of row 0. */
  readonly begin: number;
  readonly rowBytes: number;
  readonly count: number;
  /** What each one-byte (256 values) or two-byte element (65,536) stands for; null: the bytes are the elements. */
  readonly table: AnyTypedArray | null;
}

/**
 * The thread: reads rows and answers with one buffer a field. It is text, so that it is the same whether this module runs from its
 * source, from its build or from a bundle. Consecutive rows are read as one.
 */
const program = `
const { parentPort, workerData: fields } = require('node:worker_threads');
const { readSync } = require('node:fs');
const largestRead = 2 ** 30;
const largestWhole = 2 ** 25;

function fill(target, offset, length, fd, from) {
  for (let done = 0; done < length; ) {
    const count = readSync(fd, target, offset + done, Math.min(length - done, largestRead), from + done);
    if (count === 0) throw new Error('the file ends at byte ' + (from + done) + ': it was cut off after it was opened');
    done += count;
  }
}

// A file that is small is read once: to ask for each of its rows takes longer than to copy them.
const wholes = new Map();
function wholeOf(field) {
  const size = field.count * field.rowBytes;
  if (size > largestWhole) return null;
  let whole = wholes.get(field);
  if (whole === undefined) {
    whole = Buffer.allocUnsafeSlow(size);
    fill(whole, 0, size, field.fd, field.begin);
    wholes.set(field, whole);
  }
  return whole;
}

function readRows(field, rows, target) {
  const { fd, begin, rowBytes } = field;
  const whole = wholeOf(field);
  for (let i = 0; i < rows.length; ) {
    let run = 1;
    while (i + run < rows.length && rows[i + run] === rows[i] + run) run++;
    const from = rows[i] * rowBytes;
    if (whole) whole.copy(target, i * rowBytes, from, from + run * rowBytes);
    else fill(target, i * rowBytes, run * rowBytes, fd, begin + from);
    i += run;
  }
}

// Fresh memory is not cleared, as every byte is written, and not of Node's pool, which cannot be handed over.
const memory = (size, spare) => (spare?.byteLength === size ? Buffer.from(spare) : Buffer.allocUnsafeSlow(size));

let scratch = Buffer.alloc(0);

function decoded(field, rows, spare) {
  const size = rows.length * field.rowBytes;
  // A whole number of two-byte elements.
  if (scratch.length < size) scratch = Buffer.allocUnsafeSlow(size + (size % 2));
  readRows(field, rows, scratch);
  const { table } = field;
  const width = table.length === 256 ? 1 : 2;
  const elements = width === 1 ? scratch : new Uint16Array(scratch.buffer);
  const count = size / width;
  const out = new table.constructor(memory(count * table.BYTES_PER_ELEMENT, spare).buffer);
  for (let i = 0; i < count; i++) out[i] = table[elements[i]];
  return out.buffer;
}

function stored(field, rows, spare) {
  const target = memory(rows.length * field.rowBytes, spare);
  readRows(field, rows, target);
  return target.buffer;
}

parentPort.on('message', ({ rows, spares }) => {
  try {
    const buffers = fields.map((field, i) => (field.table ? decoded : stored)(field, rows, spares[i]));
    parentPort.postMessage({ buffers }, buffers);
  } catch (error) {
    parentPort.postMessage({ error });
  }
});
`;

type Answer = { readonly buffers: ArrayBuffer[] } | { readonly error: Error };

interface Request {
  readonly resolve: (buffers: ArrayBuffer[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Sets of buffers that wait to be filled again: as many as are on the way at a time. */
const mostSpares = 4;

/** One buffer a field; null where there is none. */
type Buffers = readonly (ArrayBuffer | null)[];

/** A thread that reads rows of files, so that reading goes on while a model runs. It is started by the first read. */
export class RowReader {
  private worker: Worker | undefined;
  private ended = false;
  /** The thread answers in order. */
  private readonly waiting: Request[] = [];
  private readonly spares: Buffers[] = [];
  /** What was read and not given back: no other memory is handed over to the thread. */
  private readonly lent = new WeakSet<ArrayBuffer>();

  constructor(private readonly fields: readonly StoredRows[]) {}

  /** The rows' bytes, or elements where a field has a table, one buffer a field. */
  read(rows: Rows): Promise<ArrayBuffer[]> {
    return new Promise((resolve, reject) => {
      if (this.ended) throw new InputError('fileSource: the source was disposed; it cannot be read any more');
      this.worker ??= this.start();
      // Only a read keeps the process alive.
      if (this.waiting.length === 0) this.worker.ref();
      this.waiting.push({ resolve, reject });
      const spares = this.spares.pop() ?? [];
      const transfer = spares.filter((buffer) => buffer !== null);
      this.worker.postMessage({ rows: new Float64Array(rows), spares }, transfer);
    });
  }

  /** Buffers of a read, to be filled by a later one, which takes them away from their last user. Others are left alone. */
  recycle(buffers: Buffers): void {
    const own = buffers.map((buffer) => (buffer !== null && this.lent.delete(buffer) ? buffer : null));
    if (this.spares.length < mostSpares) this.spares.push(own);
  }

  /** Ends the thread; reads that wait fail. */
  async dispose(): Promise<void> {
    this.ended = true;
    this.fail(new InputError('fileSource: the source was disposed while rows were being read'));
    await this.worker?.terminate();
  }

  private start(): Worker {
    const worker = new Worker(program, { eval: true, workerData: this.fields, execArgv: [] });
    worker.on('message', (answer: Answer) => {
      const request = this.waiting.shift();
      if (this.waiting.length === 0) worker.unref();
      if ('error' in answer) {
        request?.reject(new InputError(`fileSource: ${answer.error.message}`, { cause: answer.error }));
        return;
      }
      for (const buffer of answer.buffers) this.lent.add(buffer);
      request?.resolve(answer.buffers);
    });
    worker.on('error', (error) => {
      this.worker = undefined;
      this.fail(error);
    });
    return worker;
  }

  private fail(error: unknown): void {
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}
