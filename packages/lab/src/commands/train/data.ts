import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import { readCsv, readNpy, readNpz, readSafetensors, take } from 'osculate/data';
import { fashionMnist, mnistDigits } from 'osculate/node';
import { generator, InputError, type NDArray, ShapeError } from 'osculate/tensor';
import { contentsOf } from '../../file-contents.js';
import { UsageError } from '../../usage-error.js';

/** Arrays as read, before they are matched with a model. */
export interface RawData {
  /** Arrays by name; those of a table or a built-in set are called `x` and `y`. */
  readonly arrays: Readonly<Record<string, NDArray>>;
  /** Rows of flat numbers that may take the shape of the model's input. */
  readonly flat: boolean;
  /** Of everything that was read. */
  readonly hash: string;
}

const knownTarget = /^(y|targets?|labels?)$/i;

interface Part {
  readonly arrays: Readonly<Record<string, NDArray>>;
  readonly flat: boolean;
}

/** Columns of a table as `x` and `y`. */
function table(file: string, bytes: Uint8Array, target: string | undefined): Part {
  const { names, values } = readCsv(bytes);
  const found = names.filter((name) => knownTarget.test(name));
  const chosen = target?.split(',').map((name) => name.trim()) ?? found;
  if (chosen.length === 0 || (target === undefined && found.length > 1))
    throw new UsageError(`${file}: name the target with --target; the columns are ${names.join(', ')}`);
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`${file}: there is no column "${unknown}"; the columns are ${names.join(', ')}`);
  const rest = names.filter((name) => !chosen.includes(name));
  if (rest.length === 0) throw new UsageError(`${file}: every column is a target; nothing is left as input`);
  const rows = values.shape[0]!;
  const columns = (wanted: readonly string[]): NDArray => {
    const at = wanted.map((name) => names.indexOf(name));
    const data = new Float64Array(rows * at.length);
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < at.length; c++) data[r * at.length + c] = values.data[r * names.length + at[c]!]!;
    return { dtype: 'f64', shape: [rows, at.length], data };
  };
  return { arrays: { x: columns(rest), y: columns(chosen) }, flat: true };
}

function readPart(file: string, name: string | undefined, bytes: Uint8Array, target: string | undefined): Part {
  const extension = extname(file).toLowerCase();
  switch (extension) {
    case '.csv':
      return table(file, bytes, target);
    case '.npy':
      return { arrays: { [name ?? basename(file, extname(file))]: readNpy(bytes) }, flat: false };
    case '.npz':
      return { arrays: readNpz(bytes), flat: false };
    case '.safetensors':
      return { arrays: readSafetensors(bytes).tensors, flat: false };
    default:
      throw new UsageError(
        `${file}: files that are read end in .csv, .npy, .npz or .safetensors; built-in sets are ${builtIn.join(', ')}`,
      );
  }
}

const builtIn = ['mnist', 'fashion-mnist'];

/** Training and validation examples of a built-in set; undefined for any other name. */
export async function builtInSet(name: string, seed: number): Promise<{ train: RawData; test: RawData } | undefined> {
  if (!builtIn.includes(name)) return undefined;
  const { train, test } = await (name === 'mnist' ? mnistDigits({ seed }) : fashionMnist({ seed }));
  const raw = ({ x, y }: typeof train, part: string): RawData => ({
    arrays: { x, y },
    flat: true,
    hash: `${name}/${part}/${seed}`,
  });
  return { train: raw(train, 'train'), test: raw(test, 'test') };
}

/**
 * Reads files of examples, each given as `file` or, for one array, `name=file.npy`, into one set of arrays.
 * @throws UsageError for a file that cannot be read, of another kind, damaged, or with a name that another has.
 */
export function readData(specs: readonly string[], target: string | undefined): RawData {
  const arrays: Record<string, NDArray> = {};
  const hash = createHash('sha256');
  let flat = false;
  for (const spec of specs) {
    const [, name, file = spec] = /^([^=/\\]+)=(.+)$/.exec(spec) ?? [];
    const bytes = contentsOf(file);
    hash.update(spec).update(bytes);
    try {
      const part = readPart(file, name, bytes, target);
      flat ||= part.flat;
      for (const [key, array] of Object.entries(part.arrays)) {
        if (arrays[key]) throw new UsageError(`${file}: there is already an array "${key}"`);
        arrays[key] = array;
      }
    } catch (error) {
      if (error instanceof InputError || error instanceof ShapeError) throw new UsageError(`${file}: ${error.message}`);
      throw error;
    }
  }
  return { arrays, flat, hash: hash.digest('hex') };
}

/** The name of the target among the arrays. @throws UsageError when it is not clear which it is */
export function targetName({ arrays, flat }: RawData, inputs: readonly string[], given: string | undefined): string {
  if (flat) return 'y';
  const names = Object.keys(arrays);
  if (given !== undefined && names.includes(given)) return given;
  const listed = names.join(', ');
  if (given !== undefined) throw new UsageError(`the data hold no target "${given}"; they hold ${listed}`);
  const others = names.filter((name) => !inputs.includes(name));
  const known = others.filter((name) => knownTarget.test(name));
  const [only] = others.length === 1 ? others : known.length === 1 ? known : [];
  if (only === undefined)
    throw new UsageError(`which array is the target? Choose with --target; the data hold ${listed}`);
  return only;
}

/** Splits off a share of the rows, drawn by the seed. */
export function splitRows(rows: number, share: number, seed: number): { train: Uint32Array; validation: Uint32Array } {
  const order = generator(seed).permutation(rows);
  const kept = rows - Math.round(share * rows);
  return { train: order.slice(0, kept).sort(), validation: order.slice(kept).sort() };
}

/** Chosen rows of inputs and targets. */
export function takeRows<E extends { x: NDArray; y: NDArray }>(
  { x, y }: E,
  rows: Uint32Array,
): { x: NDArray; y: NDArray } {
  return { x: take(x, rows), y: take(y, rows) };
}
