import { conv } from '../../ops/convolution/conv.js';
import { convTranspose } from '../../ops/convolution/conv-transpose.js';
import { scatterAdd } from '../../ops/indexing.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { sizeOf } from '../../tensor/shape.js';
import type { NodeCall } from '../node-call.js';
import { iota, tabulate } from './integers.js';
import type { OperatorTable } from './table.js';
import { type Padding, type WindowAttributes, windowAttributes } from './window-attributes.js';

/** Plus a bias for every channel. */
export const biased = (y: Tensor, bias: Tensor | undefined): Tensor =>
  bias ? y.add(bias.reshape([1, bias.size, ...y.shape.slice(2).map(() => 1)])) : y;

/** Negative padding removes elements. */
function cropped(x: Tensor, padding: Padding): { readonly x: Tensor; readonly padding: Padding } {
  if (padding.every(([low, high]) => low >= 0 && high >= 0)) return { x, padding };
  const start = padding.map(([low]) => Math.max(0, -low));
  const end = padding.map(([, high], i) => x.shape[i + 2]! + Math.min(0, high));
  const cut = x.slice([0, 0, ...start], [x.shape[0]!, x.shape[1]!, ...end]);
  return { x: cut, padding: padding.map(([low, high]) => [Math.max(0, low), Math.max(0, high)] as const) };
}

/** Three and more spatial axes: a sum over the taps of the first one, each a convolution with its depths in the batch. */
function convolve(given: Tensor, w: Tensor, attributes: WindowAttributes, groups: number): Tensor {
  const { x, padding } = cropped(given, attributes.padding);
  const { strides, dilation } = attributes;
  if (x.rank <= 4) return conv(x, w, { strides, padding, dilation, groups });
  const [low, high] = padding[0]!;
  const none = x.shape.map(() => 0);
  const on = (axis: number, value: number): number[] => none.map((v, i) => (i === axis ? value : v));
  const padded = x.pad(on(2, low), on(2, high));
  const depth = Math.floor((padded.shape[2]! - (w.shape[2]! - 1) * dilation[0]! - 1) / strides[0]!) + 1;
  const inner = {
    kernel: attributes.kernel.slice(1),
    strides: strides.slice(1),
    dilation: dilation.slice(1),
    padding: padding.slice(1),
  };
  const terms = iota(w.shape[2]!).map((k) => {
    const start = k * dilation[0]!;
    const end = start + (depth - 1) * strides[0]! + 1;
    const steps = x.shape.map((_, i) => (i === 2 ? strides[0]! : 1));
    const seen = padded.slice(
      on(2, start),
      padded.shape.map((d, i) => (i === 2 ? end : d)),
      steps,
    );
    const rest = iota(x.rank).slice(3);
    const flat = seen
      .transpose([0, 2, 1, ...rest])
      .reshape([x.shape[0]! * depth, ...seen.shape.slice(1, 2), ...seen.shape.slice(3)]);
    const tap = w
      .slice(
        on(2, k),
        w.shape.map((d, i) => (i === 2 ? k + 1 : d)),
      )
      .squeeze(2);
    const y = convolve(flat, tap, inner, groups);
    return y.reshape([x.shape[0]!, depth, ...y.shape.slice(1)]).transpose([0, 2, 1, ...rest]);
  });
  return terms.reduce((a, b) => a.add(b));
}

export function convNode(call: NodeCall): Tensor {
  const [x, w] = [call.input(0), call.input(1)];
  if (x.rank < 3 || w.rank !== x.rank) call.refuse(`data of rank ${x.rank} and a kernel of rank ${w.rank} do not fit`);
  const attributes = windowAttributes(call, x.shape.slice(2), call.ints('kernel_shape') ?? w.shape.slice(2));
  return biased(convolve(x, w, attributes, call.int('group', 1)), call.inputs[2]);
}

/** Padding of a transposed convolution: given, or what leads to the given or customary output shape. */
function transposedPadding(call: NodeCall, x: Tensor, attributes: WindowAttributes, extra: readonly number[]): Padding {
  const { kernel, strides, dilation, padding } = attributes;
  const auto = call.string('auto_pad', 'NOTSET');
  const shape =
    call.ints('output_shape') ??
    (auto.startsWith('SAME') ? x.shape.slice(2).map((d, i) => d * strides[i]!) : undefined);
  if (shape === undefined) return auto === 'VALID' ? kernel.map(() => [0, 0] as const) : padding;
  const sizes = shape.slice(-kernel.length);
  return sizes.map((size, i) => {
    const total = strides[i]! * (x.shape[i + 2]! - 1) + extra[i]! + (kernel[i]! - 1) * dilation[i]! + 1 - size;
    const less = Math.floor(total / 2);
    return auto === 'SAME_UPPER' ? ([less, total - less] as const) : ([total - less, less] as const);
  });
}

/** Transposed convolution over 3 axes: each tap of the first is one over the others, put at its place. */
function transposed(x: Tensor, w: Tensor, attributes: WindowAttributes, groups: number): Tensor {
  const { strides, dilation } = attributes;
  if (x.rank <= 4) return convTranspose(x, w, { strides, dilation, groups });
  const inner = { ...attributes, strides: strides.slice(1), dilation: dilation.slice(1) };
  const depth = x.shape[2]!;
  const length = (depth - 1) * strides[0]! + (w.shape[2]! - 1) * dilation[0]! + 1;
  const rest = iota(x.rank).slice(3);
  const flat = x.transpose([0, 2, 1, ...rest]).reshape([x.shape[0]! * depth, x.shape[1]!, ...x.shape.slice(3)]);
  const terms = iota(w.shape[2]!).map((k) => {
    const tap = w.slice([0, 0, k], [w.shape[0]!, w.shape[1]!, k + 1]).squeeze(2);
    const y = transposed(flat, tap, inner, groups);
    const rows = y.reshape([x.shape[0]!, depth, 1, ...y.shape.slice(1)]);
    const zeros = rows.shape.map(() => 0);
    const apart = rows.pad(
      zeros,
      zeros.map((_, i) => (i === 2 ? strides[0]! - 1 : 0)),
    );
    const joined = apart.reshape([x.shape[0]!, depth * strides[0]!, ...y.shape.slice(1)]);
    const cut = joined.slice([0, 0], [x.shape[0]!, (depth - 1) * strides[0]! + 1]);
    const start = k * dilation[0]!;
    const none = cut.shape.map(() => 0);
    const place = cut.pad(
      none.map((_, i) => (i === 1 ? start : 0)),
      none.map((_, i) => (i === 1 ? length - start - cut.shape[1]! : 0)),
    );
    return place.transpose([0, 2, 1, ...rest]);
  });
  return terms.reduce((a, b) => a.add(b));
}

/** The whole transposed convolution, extended by the output padding and cut by the padding. */
function convTransposeNode(call: NodeCall): Tensor {
  const [x, w] = [call.input(0), call.input(1)];
  if (x.rank < 3 || w.rank !== x.rank) call.refuse(`data of rank ${x.rank} and a kernel of rank ${w.rank} do not fit`);
  const attributes = windowAttributes(call, x.shape.slice(2), w.shape.slice(2));
  const extra = call.ints('output_padding') ?? attributes.kernel.map(() => 0);
  const padding = transposedPadding(call, x, attributes, extra);
  const whole = transposed(x, w, attributes, call.int('group', 1));
  const grow = padding.map(([low, high], i) => [Math.max(0, -low), Math.max(0, extra[i]! - high)] as const);
  const grown = whole.pad([0, 0, ...grow.map(([low]) => low)], [0, 0, ...grow.map(([, high]) => high)]);
  const start = padding.map(([low]) => Math.max(0, low));
  const sizes = padding.map(([low, high], i) => whole.shape[i + 2]! + extra[i]! - low - high);
  const y = grown.slice([0, 0, ...start], [grown.shape[0]!, grown.shape[1]!, ...sizes.map((s, i) => start[i]! + s)]);
  return biased(y, call.inputs[2]);
}

/** Adds the columns of im2col to the image that they come from: the transpose of taking windows. */
function col2Im(call: NodeCall): Tensor {
  const given = call.input(0);
  // Sums of booleans are true where one is.
  const x = given.dtype === 'bool' ? given.cast('i32') : given;
  const image = call.numbers(1, 'the image shape');
  const block = call.numbers(2, 'the block shape');
  const attributes = windowAttributes(call, image, block);
  const { dilation, padding, strides } = attributes;
  const taps = sizeOf(block);
  const padded = image.map((d, i) => padding[i]![0] + d + padding[i]![1]);
  const counts = padded.map((d, i) => Math.floor((d - dilation[i]! * (block[i]! - 1) - 1) / strides[i]!) + 1);
  if (counts.some((n) => n < 1)) call.refuse('the block is larger than the padded image');
  const rank = image.length;
  const targets = tabulate([...block, ...counts], 'i64', (index) =>
    padded.reduce((at, d, i) => at * d + index[i]! * dilation[i]! + index[rank + i]! * strides[i]!, 0),
  ).reshape([taps * sizeOf(counts)]);
  const [n, c] = [x.shape[0]!, x.shape[1]! / taps];
  const columns = x.reshape([n * c, targets.size]);
  const zeros = full(0, x.dtype).expand([n * c, sizeOf(padded)]);
  const sums = scatterAdd(zeros, targets, columns, 1).reshape([n, c, ...padded]);
  const start = padding.map(([low]) => low);
  return sums.slice([0, 0, ...start], [n, c, ...image.map((d, i) => start[i]! + d)]).cast(given.dtype);
}

export const convolutions: OperatorTable = {
  Col2Im: col2Im,
  Conv: convNode,
  ConvTranspose: convTransposeNode,
};
