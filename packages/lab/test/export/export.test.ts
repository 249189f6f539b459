import { parquetReadObjects } from 'hyparquet';
import { readCsv } from 'osculate/data';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/export/crc32c.js';
import { csvOf } from '../../src/export/csv.js';
import { jsonLinesOf } from '../../src/export/json-lines.js';
import { parquetOf } from '../../src/export/parquet.js';
import { eventFileOf } from '../../src/export/tensorboard.js';

const rows = [
  { run: 'adam, "fast"', step: 0, loss: 0.1 + 0.2, done: false },
  { run: 'kfac\nb', step: 7, loss: null, done: true, extra: 'x' },
];

describe('tables', () => {
  it('are CSV as RFC 4180 has it', () => {
    expect(csvOf(rows)).toBe(
      'run,step,loss,done,extra\r\n"adam, ""fast""",0,0.30000000000000004,false,\r\n"kfac\nb",7,,true,x\r\n',
    );
  });

  it('of numbers come back from CSV as they were', () => {
    const numbers = [
      { a: 1e-300, b: -2.5 },
      { a: 3, b: Math.PI },
    ];
    const { names, values } = readCsv(csvOf(numbers));
    expect(names).toEqual(['a', 'b']);
    expect([...values.data]).toEqual(numbers.flatMap(({ a, b }) => [a, b]));
  });

  it('are JSON, one object a line', () => {
    expect(
      jsonLinesOf(rows)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(rows);
  });

  it('come back from Parquet as they were', async () => {
    const bytes = parquetOf(rows);
    const found = await parquetReadObjects({ file: bytes.buffer as ArrayBuffer });
    expect(found).toEqual([{ ...rows[0], extra: null }, rows[1]]);
  });
});

/** The fields of a protobuf message: number, and value or bytes. */
function fields(bytes: Uint8Array): [number, number | Uint8Array][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: [number, number | Uint8Array][] = [];
  let at = 0;
  const varint = (): number => {
    let [value, shift] = [0, 1];
    for (;;) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
      shift *= 128;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const number = key >> 3;
    if ((key & 7) === 0) found.push([number, varint()]);
    else if ((key & 7) === 1) {
      found.push([number, view.getFloat64(at, true)]);
      at += 8;
    } else if ((key & 7) === 5) {
      found.push([number, view.getFloat32(at, true)]);
      at += 4;
    } else {
      const length = varint();
      found.push([number, bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  return found;
}

describe('event files', () => {
  it('have the checksum of RFC 3720', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  });

  it('start as those of TensorFlow do', () => {
    const bytes = eventFileOf([{ tag: 'loss', step: 1, wallTime: 5, value: 1 }]);
    expect([...bytes.subarray(0, 13)]).toEqual([0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22, 0x09]);
  });

  it('hold the scalars', () => {
    const scalars = [
      { tag: 'train/loss', step: 0, wallTime: 1700000000.25, value: 0.5 },
      { tag: 'test/π', step: 123456, wallTime: 1700000001, value: -3 },
    ];
    const bytes = eventFileOf(scalars);
    const view = new DataView(bytes.buffer);
    const found = [];
    for (let at = 0; at < bytes.length; ) {
      const length = view.getUint32(at, true);
      const event = new Map(fields(bytes.subarray(at + 12, at + 12 + length)));
      at += 16 + length;
      if (event.has(3)) continue;
      const summary = new Map(fields(event.get(5) as Uint8Array));
      const value = new Map(fields(summary.get(1) as Uint8Array));
      const tag = new TextDecoder().decode(value.get(1) as Uint8Array);
      found.push({ tag, step: event.get(2), wallTime: event.get(1), value: value.get(2) });
    }
    expect(found).toEqual(scalars);
  });
});
