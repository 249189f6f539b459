import { moveAxis } from '../../ops/shape.js';
import type { Tensor } from '../../tensor/ir.js';
import { normalizeAxis } from '../../tensor/shape.js';
import type { Importer, NodeCall } from '../node-call.js';
import { checkTable, iota, numbers, onReals, tabulate } from './integers.js';
import { type AxisResize, interpolation, type ResizeMethod } from './interpolation.js';
import type { OperatorTable } from './table.js';

interface Target {
  readonly scales: number[];
  readonly sizes: number[];
}

/** Longest axis of a result: interpolation keeps a list for every place on it. */
const largestSide = 2 ** 16;

/** Scales and sizes of all axes from what the node gives for some. */
function targetOf(
  call: NodeCall,
  x: Tensor,
  axes: readonly number[],
  scales: readonly number[] | undefined,
  sizes: readonly number[] | undefined,
  extent: (axis: number) => number,
): Target {
  const out: Target = { scales: x.shape.map(() => 1), sizes: [...x.shape] };
  const given = scales ?? sizes ?? call.refuse('neither scales nor sizes are given');
  if (given.length !== axes.length) call.refuse(`there are ${given.length} scales or sizes for ${axes.length} axes`);
  const policy = call.string('keep_aspect_ratio_policy', 'stretch');
  const ratios = axes.map((axis, i) => (sizes ? sizes[i]! / x.shape[axis]! : scales![i]!));
  const common =
    policy === 'stretch' || !sizes ? undefined : policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  axes.forEach((axis, i) => {
    const length = x.shape[axis]!;
    out.scales[axis] = common ?? ratios[i]!;
    if (sizes) out.sizes[axis] = common === undefined ? sizes[i]! : Math.floor(common * length + 0.5);
    else out.sizes[axis] = Math.floor(length * extent(axis) * scales![i]! + 1e-9);
  });
  if (out.sizes.some((n) => !(n >= 0 && n <= largestSide)))
    call.refuse(`the size [${out.sizes.join(', ')}] is not possible`);
  return out;
}

/** One axis by a gather (nearest neighbour) or a product with the matrix of the interpolation's weights. */
function resizeAxis(x: Tensor, axis: number, { rows, length }: AxisResize): Tensor {
  if (rows.every((row) => row.length === 1 && row[0]!.weight === 1)) {
    return x.gather(
      numbers(
        rows.map((row) => row[0]!.index),
        'i64',
      ),
      axis,
    );
  }
  checkTable(length * rows.length);
  const weights = new Float64Array(length * rows.length);
  rows.forEach((row, i) => {
    for (const { index, weight } of row) weights[index * rows.length + i]! += weight;
  });
  const matrix = numbers(weights, x.dtype, [length, rows.length]);
  const last = x.rank - 1;
  return moveAxis(moveAxis(x, axis, last).matmul(matrix), last, axis);
}

function resizeBy(
  call: NodeCall,
  x: Tensor,
  target: Target,
  method: ResizeMethod,
  roi: (axis: number) => readonly [number, number],
): Tensor {
  const axes = iota(x.rank).filter(
    (a) => target.sizes[a] !== x.shape[a] || target.scales[a] !== 1 || method.transform === 'tf_crop_and_resize',
  );
  const resized = axes.map((axis) => ({
    axis,
    of: interpolation(call, method, x.shape[axis]!, target.sizes[axis]!, target.scales[axis]!, roi(axis)),
  }));
  const y = resized.reduce((t, { axis, of }) => resizeAxis(t, axis, of), x);
  if (!resized.some(({ of }) => of.outside.includes(true))) return y;
  const mask = tabulate(y.shape, 'bool', (index) => Number(resized.some(({ axis, of }) => of.outside[index[axis]!])));
  return mask.where(call.float('extrapolation_value', 0), y);
}

function resize(call: NodeCall): Tensor {
  const x = call.input(0);
  const axes = (call.ints('axes') ?? iota(x.rank)).map((a) => normalizeAxis(a, x.rank, 'Resize'));
  const list = (i: number, what: string): number[] | undefined => {
    const values = call.inputs[i] ? call.numbers(i, what) : [];
    return values.length === 0 ? undefined : values;
  };
  const region = list(1, 'the region');
  const transform = call.string('coordinate_transformation_mode', 'half_pixel');
  const crop = transform === 'tf_crop_and_resize';
  const roi = (axis: number): readonly [number, number] => {
    const i = axes.indexOf(axis);
    return crop && region && i >= 0 ? [region[i]!, region[axes.length + i]!] : [0, 1];
  };
  const extent = (axis: number): number => roi(axis)[1] - roi(axis)[0];
  const target = targetOf(call, x, axes, list(2, 'the scales'), list(3, 'the sizes'), extent);
  const method: ResizeMethod = {
    mode: call.string('mode', 'nearest'),
    transform,
    nearest: call.string('nearest_mode', 'round_prefer_floor'),
    cubic: call.float('cubic_coeff_a', -0.75),
    antialias: call.flag('antialias', false),
    excludeOutside: call.flag('exclude_outside', false),
  };
  return resizeBy(call, x, target, method, roi);
}

/** Upsample, and Resize of version 10: x/scale, rounded down or interpolated. */
function upsample(call: NodeCall): Tensor {
  const x = call.input(0);
  const scales = call.floats('scales') ?? call.numbers(1, 'the scales');
  const target = targetOf(call, x, iota(x.rank), scales, undefined, () => 1);
  const method: ResizeMethod = {
    mode: call.string('mode', 'nearest'),
    transform: 'asymmetric',
    nearest: 'floor',
    cubic: -0.75,
    antialias: false,
    excludeOutside: false,
  };
  return resizeBy(call, x, target, method, () => [0, 1]);
}

/** Nearest neighbours are elements of the input; interpolated values of integers are cut off. */
const onNumbers =
  (importer: (call: NodeCall) => Tensor): Importer =>
  (call) =>
    call.string('mode', 'nearest') === 'nearest' ? importer(call) : onReals(importer)(call);

export const resizing: OperatorTable = {
  Resize: [
    [10, onNumbers(upsample)],
    [11, onNumbers(resize)],
  ],
  Upsample: onNumbers(upsample),
};
