import { vmap } from '../../autodiff/index.js';
import { costOf } from '../../compile/index.js';
import { dotInOrder } from '../../linalg/vectors.js';
import type { At, Batch } from '../../objective/objective.js';
import { passes } from '../../objective/rows.js';
import { checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { bytesOf } from '../../tensor/dtype.js';
import { ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import { type NDArray, zeros } from '../../tensor/ndarray.js';
import { substitute } from '../../tensor/substitute.js';
import { leaves, type Tree } from '../../tensor/tree.js';

export interface LossesOptions {
  /** Points in one run of a program; default: as many as `memory` allows, 64 at most. */
  readonly points?: number;
  /** Bytes of intermediate values that one run may hold; default 16 MiB. Fewer rows are taken at once where it demands so. */
  readonly memory?: number;
  /** Told after each run how many points are done. */
  readonly progress?: (done: number, total: number) => void;
  /** Aborting ends with an AbortError after the run under way. */
  readonly signal?: AbortSignal;
}

export const lossesOptions: OptionNames<LossesOptions> = { points: 1, memory: 1, progress: 1, signal: 1 };

const mostPoints = 64;
/** About what the caches of a processor hold: beyond, every operation waits for memory. */
const defaultMemory = 2 ** 24;

/** The loss at θ + Σ cᵢ dᵢ. */
function shiftedLoss({ weights, loss }: Batch, directions: readonly Record<string, Tensor>[], c: Tensor): Tensor {
  const named = leaves(weights);
  const shifted = named.map(([name, w]) =>
    directions.reduce((sum, d, i) => sum.add(d[name]!.mul(c.slice([i], [i + 1]).reshape([]))), w),
  );
  return substitute(
    [loss],
    named.map(([, w]) => w),
    shifted,
  )[0]!;
}

function buildFor(count: number, points: number) {
  return (batch: Batch): Tree<Tensor> => {
    const directions = Array.from({ length: count }, (_, i) =>
      Object.fromEntries(leaves(batch.weights).map(([name, t]) => [name, input(`d${i}.${name}`, t.dtype, t.shape)])),
    );
    const [[, first]] = leaves(batch.weights) as [[string, Tensor]];
    const one = (c: Tensor): Tensor => shiftedLoss(batch, directions, c);
    if (points === 1) return { loss: one(input('landscape.coordinates', first.dtype, [count])) };
    return { loss: vmap(one)(input('landscape.coordinates', first.dtype, [points, count])) };
  };
}

function check({ objective: { layout } }: At, directions: readonly Float64Array[], options: LossesOptions): void {
  directions.forEach((d, i) => {
    if (d.length === layout.size) return;
    throw new ShapeError(`landscape: direction ${i} has ${d.length} elements and the model ${layout.size}`);
  });
  const { points, memory } = options;
  checkOptions('landscape', { 'an integer ≥ 1': { points, memory } });
}

/**
 * Rows and points of one run: as many rows as memory allows, in batches of about one size, and more than one point where all rows
 * fit. Estimated from what the loss of one point holds at its peak beside its own parameters.
 */
function runSize({ objective }: At, { points, memory = defaultMemory }: LossesOptions) {
  const { layout, rows } = objective;
  const most = Math.min(objective.chunk, rows);
  const perRow = costOf([objective.batch(most).loss]).peakBytes / most;
  const fitting = Math.max(1, Math.min(most, Math.floor(memory / perRow)));
  const chunk = Math.ceil(rows / Math.ceil(rows / fitting));
  const onePoint = perRow * chunk + layout.size * bytesOf(layout.dtype);
  return { chunk, points: points ?? Math.max(1, Math.min(mostPoints, Math.floor(memory / onePoint))) };
}

function directionFeeds({ objective: { layout } }: At, directions: readonly Float64Array[]): Record<string, NDArray> {
  const parts = directions.map((d, i) => {
    const flat = layout.zeros();
    flat.set(d);
    return layout.views(flat, `d${i}.`);
  });
  return Object.assign({}, ...parts) as Record<string, NDArray>;
}

/**
 * The objective over all rows at θ + Σⱼ cᵢⱼ dⱼ for every row cᵢ of coordinates. Groups of points are one program (a vmap over the
 * points) as far as memory allows: small models gain several times by it, large ones are as fast one point at a time. A loss that is
 * not finite is a value like any other. Cost: one forward pass over the data a point. ShapeError for a direction of another length.
 */
export async function lossesAt(
  at: At,
  directions: readonly Float64Array[],
  coordinates: readonly (readonly number[])[],
  options: LossesOptions = {},
): Promise<Float64Array> {
  check(at, directions, options);
  const count = directions.length;
  const { objective, parameters } = at;
  // Nearly everything varies with the coordinates: nothing is worth holding.
  const { mean } = passes({
    objective,
    parameters,
    run: (name, build, rows, feeds) => objective.run(name, build, parameters, rows, feeds),
  });
  const feeds = directionFeeds(at, directions);
  const losses = new Float64Array(coordinates.length);
  const size = runSize(at, options);
  const points = Math.min(size.points, losses.length);
  for (let from = 0; from < losses.length; from += points) {
    const array = zeros(objective.layout.dtype, points === 1 ? [count] : [points, count]);
    // The last group repeats its last point: another size would be another program.
    for (let k = 0; k < points; k++) array.data.set(coordinates[Math.min(from + k, losses.length - 1)]!, k * count);
    const values = { ...feeds, 'landscape.coordinates': array };
    const { loss } = await mean(`landscape/${count}/${points}`, buildFor(count, points), {
      feeds: values,
      chunk: size.chunk,
    });
    losses.set(loss!.subarray(0, Math.min(points, losses.length - from)), from);
    options.signal?.throwIfAborted();
    options.progress?.(Math.min(from + points, losses.length), losses.length);
  }
  addPenalty(at, directions, coordinates, losses);
  return losses;
}

/** The weight decay's (λ/2)·‖θ + Σ cᵢ dᵢ‖². */
function addPenalty(
  { objective: { weightDecay }, parameters }: At,
  directions: readonly Float64Array[],
  coordinates: readonly (readonly number[])[],
  losses: Float64Array,
): void {
  if (weightDecay === 0) return;
  const vectors = [parameters, ...directions];
  const gram = vectors.map((a) => vectors.map((b) => dotInOrder(a, b)));
  coordinates.forEach((c, k) => {
    const all = [1, ...c];
    gram.forEach((row, i) => {
      row.forEach((product, j) => {
        losses[k]! += 0.5 * weightDecay * all[i]! * all[j]! * product;
      });
    });
  });
}
