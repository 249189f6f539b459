import { rowGenerator } from '../data/generated.js';
import type { Rows } from '../data/source.js';
import { type Context, inferenceContext, type Statistics } from '../nn/context.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import { type NDArray, zeros } from '../tensor/ndarray.js';
import { sizeOf } from '../tensor/shape.js';

type Named<T> = Readonly<Record<string, T>>;

/** `training`: dropout masks are drawn, batch normalisation uses the batch's statistics. `inference`: neither. */
export type Mode = 'training' | 'inference';

/** A dropout mask as a field of rows: an input `[rows, size]` whose elements are 0 or 1/keep. */
export interface Mask {
  readonly name: string;
  readonly dtype: 'f32' | 'f64';
  /** Elements of one row. */
  readonly size: number;
  readonly keep: number;
}

/** What a model asked of its context. */
export interface Application extends Context {
  readonly masks: readonly Mask[];
  /** The inputs that stand for the masks. */
  readonly inputs: Named<Tensor>;
  /** Of the batch normalisations, in the order of application: what they computed, in training; inputs, in inference. */
  readonly statistics: readonly Statistics[];
}

/** Begins the names of masks, which are keys of trees: no dot. No field may be called so. */
export const maskPrefix = 'mask:';

const maskShape = (size: number, rows: number): number => {
  if (size % rows === 0) return size / rows;
  throw new InputError(
    `objective: a dropout mask of ${size} elements does not divide among ${rows} rows; apply dropout to tensors whose first axis are the rows`,
  );
};

/** A context for a batch of so many rows. */
export function batchApplication(mode: Mode, rows: number): Application {
  if (mode === 'inference') return { ...inferenceContext(), masks: [], inputs: {} };
  const masks: Mask[] = [];
  const inputs: Record<string, Tensor> = {};
  const statistics: Statistics[] = [];
  return {
    training: true,
    masks,
    inputs,
    statistics,
    mask: (shape, dtype, keep) => {
      const mask: Mask = { name: `${maskPrefix}${masks.length}`, dtype, size: maskShape(sizeOf(shape), rows), keep };
      const symbol = input(mask.name, dtype, [rows, mask.size]);
      masks.push(mask);
      inputs[mask.name] = symbol;
      return symbol.reshape(shape);
    },
    running: () => undefined,
    report: (found) => void statistics.push(found),
  };
}

/**
 * A context for one row of a batch as if alone: the masks are the row's own, and statistics are held, as those of the batch, so that
 * its derivatives do not go through them.
 */
export function rowApplication({ training, statistics, masks }: Application, own: Named<Tensor>): Application {
  let [nextMask, nextStatistics] = [0, 0];
  return {
    training,
    masks: [],
    inputs: {},
    statistics: [],
    mask: (shape) => own[masks[nextMask++]!.name]!.reshape(shape),
    running: () => {
      const { mean, variance } = statistics[nextStatistics++]!;
      return training ? { mean: mean.stopGradient(), variance: variance.stopGradient() } : { mean, variance };
    },
    report: () => {},
  };
}

/** The masks of rows: a function of the number of the draw, the row's number and the mask, of nothing else. */
export function masksOf(masks: readonly Mask[], draw: number, rows: Rows): Named<NDArray> {
  const arrays = masks.map(({ dtype, size }) => zeros(dtype, [rows.length, size]));
  for (let i = 0; i < rows.length; i++) {
    const random = rowGenerator(draw, rows[i]!);
    masks.forEach(({ size, keep }, k) => {
      const { data } = arrays[k]!;
      for (let j = i * size; j < (i + 1) * size; j++) data[j] = random.uniform() < keep ? 1 / keep : 0;
    });
  }
  return Object.fromEntries(masks.map(({ name }, k) => [name, arrays[k]!]));
}
