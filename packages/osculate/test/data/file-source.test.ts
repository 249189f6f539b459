import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ahead,
  npyHeader,
  type RowArrays,
  readNpy,
  writeNpy,
  writeNpz,
  writeSafetensors,
} from '../../src/data/index.js';
import { type FieldFile, fileSource } from '../../src/data/node.js';
import { generator, InputError, type NDArray, ndarray, ShapeError, zeros } from '../../src/tensor/index.js';
import { anyDamage, anyPicks, anyRows, damaged, elementsOfRows } from './arrays.js';
import { zip } from './zip.js';

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osculate-source-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(bytes: Uint8Array): Promise<string> {
  const path = join(folder, `${files++}`);
  await writeFile(path, bytes);
  return path;
}

/** Opens files, reads rows of them, and closes them. */
async function readRows(fields: Record<string, string | FieldFile>, rows: readonly number[]): Promise<RowArrays> {
  const source = await fileSource(fields);
  try {
    return await source.read(rows);
  } finally {
    await source.dispose();
  }
}

const plain = ({ dtype, shape, data }: NDArray): unknown => [dtype, shape, Array.from<unknown>(data)];

const kinds: [string, (fields: Record<string, NDArray>) => Promise<Record<string, string>>][] = [
  [
    'NPY',
    async (fields) => {
      const paths = Object.entries(fields).map(async ([name, array]) => [name, await write(writeNpy(array))]);
      return Object.fromEntries(await Promise.all(paths)) as Record<string, string>;
    },
  ],
  ['NPZ', async (fields) => everyField(fields, await write(writeNpz(fields)))],
  [
    'zip64 NPZ',
    async (fields) => {
      const members = Object.entries(fields).map(([name, array]) => ({ name: `${name}.npy`, bytes: writeNpy(array) }));
      return everyField(fields, await write(zip(members, true)));
    },
  ],
  ['safetensors', async (fields) => everyField(fields, await write(writeSafetensors(fields)))],
];

const everyField = (fields: Record<string, NDArray>, path: string): Record<string, string> =>
  Object.fromEntries(Object.keys(fields).map((name) => [name, path]));

describe.each(kinds)('rows of %s files', (_, save) => {
  it('are those of the arrays, of every dtype and shape', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.array(anyPicks, { minLength: 3, maxLength: 3 }), async ({ rows, fields }, picks) => {
        const source = await fileSource(await save(fields));
        const wanted = picks.map((pick) => pick(rows));
        const read = await Promise.all(wanted.map((list) => source.read(list)));
        await source.dispose();
        expect(source.rows).toBe(rows);
        read.forEach((arrays, i) => {
          for (const [name, array] of Object.entries(fields)) {
            const shape = array.shape.slice(1);
            expect(source.fields[name]).toEqual({ dtype: array.dtype, shape });
            expect(plain(arrays[name]!)).toEqual([
              array.dtype,
              [wanted[i]!.length, ...shape],
              elementsOfRows(array, wanted[i]!),
            ]);
          }
        });
      }),
      { numRuns: 15 },
    );
  });
});

describe('stored types', () => {
  const numpy = JSON.parse(readFileSync(new URL('fixtures/numpy.json', import.meta.url), 'utf8')) as Record<
    string,
    string
  >;
  const file = (name: string): Uint8Array => Uint8Array.from(Buffer.from(numpy[name]!, 'base64'));
  const names = Object.keys(numpy).filter((name) => /^[<>|][fiub]\d$/.test(name));

  it.each(names)('NPY %s, as readNpy has it', async (name) => {
    const whole = readNpy(file(name));
    const { x } = await readRows({ x: await write(file(name)) }, [1, 0, 1]);
    expect(plain(x!)).toEqual([whole.dtype, [3, 3], elementsOfRows(whole, [1, 0, 1])]);
  });

  it.each([
    ['F16', [0x00, 0x3c, 0x01, 0x00], 'f32', [2 ** -24, 1]],
    ['BF16', [0x80, 0x3f, 0x49, 0xc0], 'f32', [-3.140625, 1]],
    ['U32', [1, 0, 0, 0, 255, 255, 255, 255], 'i64', [4294967295n, 1n]],
  ])('safetensors %s', async (dtype, data, ours, values) => {
    const header = JSON.stringify({ w: { dtype, shape: [2], data_offsets: [0, data.length] } });
    const bytes = [header.length, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(header), ...data];
    const { x } = await readRows({ x: await write(Uint8Array.from(bytes)) }, [1, 0]);
    expect(plain(x!)).toEqual([ours, [2], values]);
  });

  const idx = (type: number, shape: number[], data: number[]): Uint8Array =>
    Uint8Array.from([0, 0, type, shape.length, ...shape.flatMap((d) => [0, 0, 0, d]), ...data]);

  it.each([
    [0x08, [1, 255], 'i32', [255, 1]],
    [0x09, [1, 255], 'i32', [-1, 1]],
    [0x0b, [0, 1, 255, 254], 'i32', [-2, 1]],
    [0x0c, [0, 0, 1, 0, 255, 255, 255, 255], 'i32', [-1, 256]],
    [0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], 'f32', [-2, 1]],
    [0x0e, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], 'f64', [-2, 1]],
  ])('IDX %i', async (type, data, dtype, values) => {
    const { x } = await readRows({ x: await write(idx(type, [2], data)) }, [1, 0]);
    expect(plain(x!)).toEqual([dtype, [2], values]);
  });

  it('pixels are scaled: all 256 levels k/255; labels are classes', async () => {
    const levels = Array.from({ length: 256 }, (_, k) => k);
    // A dimension of 256 does not fit the last byte.
    const images = Uint8Array.from([0, 0, 8, 3, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, ...levels]);
    const labels = Uint8Array.from([0, 0, 8, 1, 0, 0, 1, 0, ...levels.map((k) => k % 10)]);
    const fields = { x: { file: await write(images), scale: 1 / 255 }, y: await write(labels) };
    const { x, y } = await readRows(fields, levels);
    expect(plain(x!)).toEqual(['f32', [256, 1, 1], levels.map((k) => Math.fround(k / 255))]);
    expect(plain(y!)).toEqual(['i32', [256], levels.map((k) => k % 10)]);
  });

  it('values are converted and scaled where asked to be', async () => {
    const [wide, ids, halves] = [ndarray('f64', [0.1, -2.5]), ndarray('i64', [3, -4]), file('<f2')];
    const { a, b, c, d, e } = await readRows(
      {
        a: { file: await write(writeNpy(wide)), dtype: 'f32' },
        b: { file: await write(writeNpy(ids)), dtype: 'i32' },
        c: { file: await write(writeNpy(ids)), scale: 0.5 },
        d: { file: await write(writeNpy(wide)), scale: 2 },
        e: { file: await write(halves), dtype: 'f64', scale: 10 },
      },
      [1, 0],
    );
    expect(plain(a!)).toEqual(['f32', [2], [-2.5, Math.fround(0.1)]]);
    expect(plain(b!)).toEqual(['i32', [2], [-4, 3]]);
    expect(plain(c!)).toEqual(['f32', [2], [-2, 1.5]]);
    expect(plain(d!)).toEqual(['f64', [2], [-5, 0.2]]);
    expect(plain(e!)).toEqual(['f64', [2, 3], [30, 40, 1000, 0, 10, 20]]);
  });

  it('a u64 beyond i64 is an error when it is read', async () => {
    const bytes = file('<u8');
    bytes.fill(255, bytes.length - 8);
    const path = await write(bytes);
    expect((await readRows({ x: path }, [0])).x!.shape).toEqual([1, 3]);
    await expect(readRows({ x: path }, [1])).rejects.toThrow(/element 2 .* exceeds the range of i64/);
  });
});

describe('which array', () => {
  const arrays = { x: ndarray('f32', [1, 2]), labels: ndarray('i32', [3, 4]) };

  it.each([['NPZ', writeNpz] as const, ['safetensors', writeSafetensors] as const])('of %s', async (_, save) => {
    const path = await write(save(arrays));
    const { x, y } = await readRows({ x: path, y: { file: path, array: 'labels' } }, [1]);
    expect([plain(x!), plain(y!)]).toEqual([
      ['f32', [1], [2]],
      ['i32', [1], [4]],
    ]);
    await expect(fileSource({ y: path })).rejects.toThrow(/no array "y"; choose one by .*: (x, labels|labels, x)/);
    await expect(fileSource({ x: { file: path, array: 'z' } })).rejects.toThrow(/no array "z"/);
    const only = await write(save({ values: arrays.x }));
    expect(plain((await readRows({ x: only }, [0])).x!)).toEqual(['f32', [1], [1]]);
  });
});

describe('files that are refused', () => {
  const array = ndarray('f32', [1, 2, 3, 4, 5, 6], [3, 2]);
  const npy = writeNpy(array);
  const withHeader = (from: string, to: string): Uint8Array => {
    const at = Buffer.from(npy).indexOf(from);
    return npy.map((byte, i) => (i >= at && i < at + to.length ? to.charCodeAt(i - at) : byte));
  };
  const npz = (name: string, bytes: Uint8Array, method = 0) => zip([{ name, bytes, method }]);

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /not one of NPY, NPZ, safetensors and IDX/],
    ['another format', new TextEncoder().encode('a,b\n1,2\n'), /not one of/],
    ['gzip', new Uint8Array(gzipSync(npy)), /compressed by gzip; unpack it first/],
    ['a truncated NPY', npy.slice(0, -1), /NPY: 23 bytes for '<f4' of shape \[3, 2\], which takes 24/],
    ['an NPY header that is cut off', npy.slice(0, 20), /NPY: a header of \d+ bytes does not fit/],
    ['an NPY header that lies about the shape', withHeader('(3, 2)', '(9, 2)'), /of shape \[9, 2\], which takes 72/],
    ['Fortran order', withHeader('False', 'True '), /Fortran order.*np.ascontiguousarray/],
    ['an object array', withHeader('<f4', '|O '), /element type '\|O ' is not read/],
    ['a scalar', writeNpy(ndarray('f32', 1)), /"x" is a scalar and has no rows/],
    ['a compressed NPZ', writeNpz({ x: zeros('f32', [100]) }, { compress: true }), /compressed.*np.savez/],
    ['an NPZ of something else', npz('x.npy', Uint8Array.of(1, 2, 3)), /NPY: the file does not begin/],
    ['an NPZ whose member is cut off', npz('x.npy', npy.slice(0, -4)), /20 bytes for '<f4'/],
    ['an NPZ without its end', writeNpz({ x: array }).slice(0, -30), /no central directory/],
    [
      'overlapping members',
      zip([
        { name: 'x.npy', bytes: npy },
        { name: 'y.npy', bytes: npy, header: 0 },
      ]),
      /overlaps what follows it/,
    ],
    ['a truncated safetensors', writeSafetensors({ x: array }).slice(0, -1), /do not lie in the 23 bytes of data/],
    ['a safetensors header that is cut off', writeSafetensors({ x: array }).slice(0, 40), /does not fit a file of 40/],
    ['a truncated IDX', Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 1, 2), /2 bytes for shape \[3\], which takes 3/],
    ['an IDX of 2^64 bytes', Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255), /too large/],
  ])('%s', async (_, bytes, message) => {
    const path = await write(bytes);
    const opening = fileSource({ x: path });
    await expect(opening).rejects.toThrow(message);
    await opening.catch((error) => expect(error instanceof InputError || error instanceof ShapeError).toBe(true));
  });

  it('says which file', async () => {
    const path = await write(npy.slice(0, -1));
    await expect(fileSource({ x: path })).rejects.toThrow(`fileSource: "${path}": NPY:`);
  });

  it('different numbers of rows, none, and what is not a file', async () => {
    const [two, three] = [await write(writeNpy(ndarray('f32', [1, 2]))), await write(npy)];
    await expect(fileSource({ x: two, y: three })).rejects.toThrow(/"x" \[2\] and "y" \[3, 2\] differ/);
    await expect(fileSource({})).rejects.toThrow(ShapeError);
    await expect(fileSource({ x: folder })).rejects.toThrow(/not a regular file/);
    await expect(fileSource({ x: join(folder, 'none') })).rejects.toThrow(/ENOENT/);
    await expect(fileSource({ x: { file: two, scale: Number.NaN } })).rejects.toThrow(/scale of "x" is NaN/);
    await expect(fileSource({ x: { file: two, scale: 2, dtype: 'i32' } })).rejects.toThrow(/not i32/);
  });

  const whole: [string, Uint8Array][] = [
    ['NPY', npy],
    ['NPZ', writeNpz({ x: array })],
    ['zip64', zip([{ name: 'x.npy', bytes: npy }], true)],
    ['safetensors', writeSafetensors({ x: array })],
    ['IDX', Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6)],
  ];
  it.each(whole)('a damaged %s file is an error or has the rows that it says', async (_, bytes) => {
    await fc.assert(
      fc.asyncProperty(anyDamage, async (damage) => {
        const path = await write(damaged(bytes, damage));
        try {
          const source = await fileSource({ x: path });
          expect(source.rows).toBeLessThan(bytes.length);
          if (source.rows > 0) expect((await source.read([source.rows - 1])).x!.shape[0]).toBe(1);
          await source.dispose();
        } catch (error) {
          expect(error instanceof InputError || error instanceof ShapeError, String(error)).toBe(true);
        } finally {
          await rm(path);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('reading', () => {
  const array = ndarray(
    'f32',
    Array.from({ length: 60 }, (_, i) => i),
    [20, 3],
  );

  it('refuses rows that are not there', async () => {
    const source = await fileSource({ x: await write(writeNpy(array)) });
    for (const row of [20, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(source.read([0, row])).rejects.toThrow(`there is no row ${row}; the rows are 0 … 19`);
    }
    await source.dispose();
  });

  it('a file that was cut off since is an error, and what is left of a large one is read', async () => {
    const cutOff = /the file ends at byte \d+: it was cut off after it was opened/;
    const path = await write(writeNpy(array));
    const small = await fileSource({ x: path });
    await truncate(path, 128 + 12 * 10);
    await expect(small.read([3])).rejects.toThrow(cutOff);
    await small.dispose();
    await writeFile(path, npyHeader('f32', [10_000, 1000]));
    await truncate(path, 128 + 40_000_000);
    const large = await fileSource({ x: path });
    await truncate(path, 128 + 4_000_000);
    await expect(large.read([3, 1000])).rejects.toThrow(cutOff);
    expect((await large.read([999])).x!.data).toEqual(new Float32Array(1000));
    await large.dispose();
  });

  it('arrays are the reader`s own until they are given back; then a read of as many rows takes their memory', async () => {
    const source = await fileSource({ x: await write(writeNpy(array)), y: await write(writeNpy(array)) });
    const values = (arrays: RowArrays) => Array.from(arrays.x!.data as Float32Array);
    const first = await source.read([0, 1]);
    const second = await source.read([2, 3]);
    expect(values(first)).toEqual([0, 1, 2, 3, 4, 5]);
    source.recycle!(first);
    source.recycle!(first);
    // Arrays that are not of a read keep their memory.
    source.recycle!({ x: array });
    for (const rows of [
      [4, 5],
      [6, 7],
      [8, 9],
      [10, 11, 12],
    ]) {
      expect(values(await source.read(rows))).toEqual(elementsOfRows(array, rows));
    }
    expect(first.x!.data).toHaveLength(0);
    expect(values(second)).toEqual([6, 7, 8, 9, 10, 11]);
    expect(array.data).toHaveLength(60);
    await source.dispose();
  });

  it('ends with dispose: reads that wait and later ones fail', async () => {
    const path = await write(writeNpy(array));
    const source = await fileSource({ x: path });
    const waiting = source.read([1]);
    const failed = expect(waiting).rejects.toThrow(/disposed while rows were being read/);
    await source.dispose();
    await failed;
    await expect(source.read([1])).rejects.toThrow(/was disposed; it cannot be read any more/);
    await source.dispose();
  });

  it('a source that is left open lets the process end, in the build as well', async () => {
    const path = await write(writeNpy(array));
    const program = `
      import { ahead } from 'osculate/data';
      import { fileSource } from 'osculate/node';
      const source = ahead(await fileSource({ x: process.argv[1] }));
      console.log(Array.from((await source.read([2])).x.data).join());
    `;
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program, path], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect([status, stdout, stderr]).toEqual([0, '6,7,8\n', '']);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  describe('of a file of 205 MiB', () => {
    const [rows, width] = [70_000, 768];
    let path: string;
    beforeAll(async () => {
      path = join(folder, 'large');
      await writeLarge(path, rows, width);
    });

    it('any rows, repeats and ranges', async () => {
      const source = await fileSource({ x: path });
      await fc.assert(
        fc.asyncProperty(anyPicks, fc.nat(rows - 10), async (pick, from) => {
          const wanted = [...pick(rows).slice(-8), ...pick(9).map((row) => from + row)];
          const { x } = await source.read(wanted);
          expect(x!.shape).toEqual([wanted.length, width]);
          wanted.forEach((row, i) => {
            const own = (x!.data as Float32Array).subarray(i * width, (i + 1) * width);
            expect(own.every((value) => value === row)).toBe(true);
          });
          source.recycle!({ x: x! });
        }),
        { numRuns: 200 },
      );
      await source.dispose();
    });

    it('memory stays bounded while all of it is read', async () => {
      const source = ahead(await fileSource({ x: path }));
      const order = generator(1).permutation(rows);
      const before = process.memoryUsage().rss;
      let largest = 0;
      const batch = (from: number): Uint32Array => order.subarray(from, from + 250);
      for (let from = 0; from < rows; from += 250) {
        const read = source.read(batch(from));
        source.expect(batch(from + 250));
        const { x } = await read;
        const data = x!.data as Float32Array;
        for (let i = 0; i < 250; i += 83) expect(data[i * width + (i % width)]).toBe(batch(from)[i]);
        largest = Math.max(largest, process.memoryUsage().rss - before);
      }
      await source.dispose!();
      expect(largest / 2 ** 20).toBeLessThan(120);
    });
  });
});

/** Every element of row r is r. */
async function writeLarge(path: string, rows: number, width: number): Promise<void> {
  await writeFile(path, npyHeader('f32', [rows, width]));
  const part = new Float32Array(1000 * width);
  for (let from = 0; from < rows; from += 1000) {
    for (let i = 0; i < part.length; i++) part[i] = from + Math.floor(i / width);
    await appendFile(path, new Uint8Array(part.buffer));
  }
}
