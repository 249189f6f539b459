import { windowTaps } from '../../ops/convolution/windows.js';
import { globalAveragePool, globalMaxPool, stack } from '../../ops/index.js';
import { scatterAdd } from '../../ops/indexing.js';
import { averagePool } from '../../ops/pooling/average-pool.js';
import { maxPool } from '../../ops/pooling/max-pool.js';
import { isFloat } from '../../tensor/dtype.js';
import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { type Shape, sizeOf, stridesOf } from '../../tensor/shape.js';
import type { NodeCall } from '../node-call.js';
import { unary } from './elementwise.js';
import { bounds, iota, tabulate } from './integers.js';
import type { OperatorTable } from './table.js';
import { type Padding, type WindowAttributes, windowAttributes } from './window-attributes.js';

interface Pool extends WindowAttributes {
  /** Positions of the window along each axis. */
  readonly positions: readonly number[];
  /** The padding, and behind it as much as the last windows reach beyond. */
  readonly reach: Padding;
}

/** With `ceil_mode` a last window may reach beyond the padding, but must begin before its end. */
function positionsOf(call: NodeCall, length: number, attributes: WindowAttributes, i: number): number {
  const { kernel, strides, dilation, padding } = attributes;
  const [low, high] = padding[i]!;
  const steps = (length + low + high - dilation[i]! * (kernel[i]! - 1) - 1) / strides[i]!;
  if (!call.flag('ceil_mode', false)) return Math.floor(steps) + 1;
  const count = Math.ceil(steps) + 1;
  return (count - 1) * strides[i]! >= length + low ? count - 1 : count;
}

function poolOf(call: NodeCall, x: Tensor): Pool {
  if (x.rank < 3) call.refuse(`its input has rank ${x.rank}; pools need [n, c, …]`);
  const input = x.shape.slice(2);
  const attributes = windowAttributes(
    call,
    input,
    call.ints('kernel_shape') ?? call.refuse(`attribute 'kernel_shape' is missing`),
  );
  const positions = input.map((length, i) => positionsOf(call, length, attributes, i));
  if (positions.some((n) => n < 1)) call.refuse('the window is larger than the padded input');
  const { kernel, strides, dilation, padding } = attributes;
  const reach = input.map((length, i) => {
    const [low, high] = padding[i]!;
    const end = (positions[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilation[i]! + 1;
    return [low, Math.max(high, end - low - length)] as const;
  });
  return { ...attributes, positions, reach };
}

/** Whether the op of ours, of one or two spatial axes, computes this pool. */
function regular(x: Tensor, { kernel, reach, dilation, strides, positions }: Pool): boolean {
  const blind = positions.some((n, i) => (n - 1) * strides[i]! >= reach[i]![0] + x.shape[i + 2]!);
  return (
    x.rank <= 4 &&
    isFloat(x.dtype) &&
    !blind &&
    reach.every(([low, high], i) => low < kernel[i]! && high < kernel[i]! && dilation[i] === 1)
  );
}

/** Most places of a window that are taken apart, a node each. */
const mostTaps = 4096;

function tapsOf(x: Tensor, pool: Pool, fill: number): Tensor[] {
  const places = sizeOf(pool.kernel);
  if (places > mostTaps) throw new InputError(`its window has ${places} places, more than ${mostTaps} of this kind`);
  return windowTaps(x, pool.kernel, pool.positions, { ...pool, padding: pool.reach }, fill);
}

/** What a pool sees at each position: the flat index in a channel of the input of every tap. */
function tapIndices(call: NodeCall, x: Tensor, { kernel, positions, strides, dilation, reach }: Pool): Tensor {
  const input = x.shape.slice(2);
  const rank = input.length;
  // Column-major order counts the first spatial axis fastest.
  const weights = call.flag('storage_order', false) ? [...stridesOf([...input].reverse())].reverse() : stridesOf(input);
  return tabulate([...kernel, ...positions], 'i64', (index) =>
    input.reduce(
      (at, _, i) => at + weights[i]! * (index[rank + i]! * strides[i]! + index[i]! * dilation[i]! - reach[i]![0]),
      0,
    ),
  ).reshape([sizeOf(kernel) * sizeOf(positions)]);
}

/** Flat index in the whole input of each window's largest element. */
function maxIndices(call: NodeCall, x: Tensor, pool: Pool, taps: readonly Tensor[]): Tensor {
  const places = sizeOf(pool.positions);
  const winner = stack(taps, 0).argmax(0);
  const own = tabulate(pool.positions, 'i64', (index) => index.reduce((at, v, i) => at * pool.positions[i]! + v, 0));
  const inChannel = tapIndices(call, x, pool).gather(winner.mul(places).add(own));
  const channel = tabulate(x.shape.slice(0, 2), 'i64', ([n, c]) => (n! * x.shape[1]! + c!) * sizeOf(x.shape.slice(2)));
  return inChannel.add(channel.reshape([...x.shape.slice(0, 2), ...pool.positions.map(() => 1)]));
}

function maxPoolNode(call: NodeCall): readonly Tensor[] {
  const x = call.input(0);
  const pool = poolOf(call, x);
  if (!call.wants(1) && regular(x, pool)) {
    return [maxPool(x, { window: pool.kernel, strides: pool.strides, padding: pool.reach, dilation: pool.dilation })];
  }
  const taps = tapsOf(x, pool, bounds[x.dtype][0]);
  const largest = taps.reduce((a, b) => a.maximum(b));
  return call.wants(1) ? [largest, maxIndices(call, x, pool, taps)] : [largest];
}

/** Sum over each window; what lies outside counts as zero. */
function sums(x: Tensor, pool: Pool): Tensor {
  if (!regular(x, pool)) return tapsOf(x, pool, 0).reduce((a, b) => a.add(b));
  return averagePool(x, { window: pool.kernel, strides: pool.strides, padding: pool.reach }).mul(sizeOf(pool.kernel));
}

/** How many elements of each window count: those of the input, or of the padded input. */
function counts(x: Tensor, pool: Pool, padded: boolean): Tensor {
  const { kernel, strides, dilation, padding, positions } = pool;
  const count = (i: number, position: number): number => {
    const [low, high] = padding[i]!;
    const [from, to] = padded ? [0, low + x.shape[i + 2]! + high] : [low, low + x.shape[i + 2]!];
    const taps = (distance: number): number => Math.ceil((distance - position * strides[i]!) / dilation[i]!);
    return Math.max(0, Math.min(kernel[i]!, taps(to)) - Math.max(0, taps(from)));
  };
  return tabulate(positions, x.dtype, (index) =>
    Math.max(
      1,
      index.reduce((product, v, i) => product * count(i, v), 1),
    ),
  );
}

function averagePoolNode(call: NodeCall): Tensor {
  const x = call.input(0);
  const pool = poolOf(call, x);
  return sums(x, pool).div(counts(x, pool, call.flag('count_include_pad', false)));
}

/** (Σ|x|ᵖ)^(1/p) over each window. */
function lpPool(call: NodeCall): Tensor {
  const x = call.input(0);
  const p = call.int('p', 2);
  return sums(power(x, p), poolOf(call, x)).pow(full(1 / p, x.dtype));
}

const power = (x: Tensor, p: number): Tensor => (p === 2 ? x.mul(x) : x.abs().pow(full(p, x.dtype)));

function globalLpPool(call: NodeCall): Tensor {
  const x = call.input(0);
  const p = call.int('p', 2);
  return power(x, p)
    .sum(iota(x.rank).slice(2), true)
    .pow(full(1 / p, x.dtype));
}

/** Puts the elements of a max pool back to where its indices say, among zeros. */
function maxUnpool(call: NodeCall): Tensor {
  const [x, indices] = [call.input(0), call.input(1)];
  const kernel = call.ints('kernel_shape') ?? call.refuse(`attribute 'kernel_shape' is missing`);
  const { strides, padding } = windowAttributes(call, x.shape.slice(2), kernel);
  const inferred = x.shape.slice(2).map((d, i) => (d - 1) * strides[i]! + kernel[i]! - padding[i]![0] - padding[i]![1]);
  const small: Shape = [...x.shape.slice(0, 2), ...inferred];
  const shape = call.inputs[2] ? call.numbers(2, 'the output shape') : small;
  const flat = scatterAdd(full(0, x.dtype).expand([sizeOf(small)]), indices.reshape([x.size]), x.reshape([x.size]));
  const y = flat.reshape(small);
  return y.pad(
    small.map(() => 0),
    shape.map((d, i) => d - small[i]!),
  );
}

export const pools: OperatorTable = {
  AveragePool: averagePoolNode,
  GlobalAveragePool: unary(globalAveragePool),
  GlobalLpPool: globalLpPool,
  GlobalMaxPool: unary(globalMaxPool),
  LpPool: lpPool,
  MaxPool: maxPoolNode,
  MaxUnpool: maxUnpool,
};
