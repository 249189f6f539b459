import {
  astype,
  type DType,
  full,
  input,
  isFloat,
  type NDArray,
  type Shape,
  sizeOf,
  type Tensor,
} from 'osculate/tensor';
import { UsageError } from '../../usage-error.js';
import type { RawData } from './data.js';

/** An input of the model: `null` for a size that the file leaves open. */
export interface ModelInput {
  readonly name: string;
  readonly dtype: DType;
  readonly sizes: readonly (number | null)[];
}

/** How the data become the model's inputs: one array `x` for the objective, taken apart again in the graph. */
export interface InputPlan {
  /** One row an example. */
  x(raw: RawData): NDArray;
  /** The model's inputs for a batch of `x`. */
  feeds(x: Tensor): Record<string, Tensor>;
  /** Their shapes for so many examples. */
  shapes(rows: number): Record<string, Shape>;
}

const sizesText = (sizes: ModelInput['sizes']): string => ['N', ...sizes.slice(1).map((d) => d ?? '?')].join(', ');

/** The array as the model's input in the model's dtype. */
function fitted(wanted: ModelInput, name: string, array: NDArray, flat: boolean): NDArray {
  const [rows = 0, ...example] = array.shape;
  const sizes = wanted.sizes.slice(1);
  const fits = example.length === sizes.length && sizes.every((d, i) => d === null || d === example[i]);
  const known = sizes.every((d) => d !== null) ? (sizes as number[]) : undefined;
  const reshaped = flat && known && sizeOf(known) === sizeOf(example) ? known : undefined;
  if (!fits && !reshaped)
    throw new UsageError(
      `the model's input "${wanted.name}" has shape [${sizesText(wanted.sizes)}], but "${name}" of the data [${array.shape.join(', ')}]`,
    );
  const typed = astype(array, wanted.dtype);
  if (!isFloat(wanted.dtype) && isFloat(array.dtype)) {
    const at = (array.data as Float64Array).findIndex((v) => !Number.isInteger(v));
    if (at >= 0)
      throw new UsageError(
        `the model's input "${wanted.name}" is ${wanted.dtype}, but "${name}" of the data holds ${array.data[at]} in row ${Math.floor(at / Math.max(1, sizeOf(example)))}`,
      );
  }
  return fits ? typed : { ...typed, shape: [rows, ...reshaped!] };
}

/** The name of the array for an input: its own, or the only one that is not a target. */
function arrayFor(
  wanted: ModelInput,
  inputs: readonly ModelInput[],
  { arrays, flat }: RawData,
  target: string,
): string {
  if (!flat && arrays[wanted.name]) return wanted.name;
  const others = Object.keys(arrays).filter((name) => name !== target);
  if (inputs.length === 1 && others.length === 1) return others[0]!;
  const need = inputs.map(({ name }) => name).join(', ');
  throw new UsageError(
    `the data hold no array for the model's input "${wanted.name}": the model needs ${need}, the data hold ${others.join(', ') || 'nothing'} beside the target "${target}"`,
  );
}

function arraysFor(inputs: readonly ModelInput[], raw: RawData, target: string): NDArray[] {
  const rows = raw.arrays[target]!.shape[0];
  return inputs.map((wanted) => {
    const name = arrayFor(wanted, inputs, raw, target);
    const array = raw.arrays[name]!;
    if (array.shape[0] !== rows)
      throw new UsageError(
        `"${name}" of the data has shape [${array.shape.join(', ')}], the target "${target}" [${raw.arrays[target]!.shape.join(', ')}]: the numbers of rows differ`,
      );
    return fitted(wanted, name, array, raw.flat);
  });
}

/** Larger whole numbers are not exact in f32. */
const largestExact = 2 ** 24;

/** The rows of all arrays behind each other, in f32. */
function packed(inputs: readonly ModelInput[], arrays: readonly NDArray[]): NDArray {
  const rows = arrays[0]!.shape[0]!;
  const widths = arrays.map((a) => sizeOf(a.shape.slice(1)));
  const width = widths.reduce((a, b) => a + b, 0);
  const data = new Float32Array(rows * width);
  let offset = 0;
  arrays.forEach((array, k) => {
    const w = widths[k]!;
    const integers = !isFloat(array.dtype);
    for (let i = 0; i < array.data.length; i++) {
      const v = Number(array.data[i]);
      if (integers && Math.abs(v) > largestExact)
        throw new UsageError(
          `"${inputs[k]!.name}" of the data holds ${v}, beyond the ${largestExact} that models of several inputs take`,
        );
      data[Math.floor(i / w) * width + offset + (i % w)] = v;
    }
    offset += w;
  });
  return { dtype: 'f32', shape: [rows, width], data };
}

/**
 * Matches arrays with the model's inputs. `fills` are inputs that hold one number everywhere, whatever the number of examples.
 * @throws UsageError that names the tensor and both shapes where they do not fit
 */
export function planInputs(
  inputs: readonly ModelInput[],
  fills: readonly (ModelInput & { readonly value: number; readonly batchAxis: number })[],
  raw: RawData,
  target: string,
): InputPlan {
  const examples = arraysFor(inputs, raw, target).map((a) => a.shape.slice(1));
  const filled = (rows: number): [string, Shape, number, DType][] =>
    fills.map(({ name, sizes, value, batchAxis, dtype }) => [
      name,
      sizes.map((d, axis) => (axis === batchAxis ? rows : (d ?? 1))),
      value,
      dtype,
    ]);
  const feeds = (x: Tensor): Record<string, Tensor> => {
    const rows = x.shape[0]!;
    const rest = filled(rows).map(([name, shape, value, dtype]) => [name, full(value, dtype).expand(shape)] as const);
    if (inputs.length === 1) return { [inputs[0]!.name]: x, ...Object.fromEntries(rest) };
    const parts = x.split(examples.map(sizeOf), 1);
    const own = inputs.map(
      ({ name, dtype }, k) => [name, parts[k]!.reshape([rows, ...examples[k]!]).cast(dtype)] as const,
    );
    return Object.fromEntries([...own, ...rest]);
  };
  return {
    x: (data) => {
      const arrays = arraysFor(inputs, data, target);
      return inputs.length === 1 ? arrays[0]! : packed(inputs, arrays);
    },
    feeds,
    shapes: (rows) =>
      Object.fromEntries([
        ...inputs.map(({ name }, k) => [name, [rows, ...examples[k]!]] as const),
        ...filled(rows).map(([name, shape]) => [name, shape] as const),
      ]),
  };
}

/** A placeholder of the plan's `x` for so many examples. */
export function symbolOf({ shape, dtype }: NDArray, rows: number): Tensor {
  return input('x', dtype, [rows, ...shape.slice(1)]);
}
