import { isFloat } from '../../tensor/dtype.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { type Shape, sizeOf, stridesOf } from '../../tensor/shape.js';
import type { NodeCall } from '../node-call.js';
import { iota, numbers, tabulate } from './integers.js';
import type { OperatorTable } from './table.js';

/** How places outside of an image are treated. */
type Outside = 'zeros' | 'border' | 'reflection';

/** x mod 2·span, mirrored: places beyond the borders `low` and `low + span` are reflected at them. */
function reflect(x: Tensor, low: number, span: number): Tensor {
  if (span === 0) return x.mul(0);
  const from = x.sub(low).abs();
  const turns = from.div(span).floor().stopGradient();
  const rest = from.sub(turns.mul(span));
  const odd = turns.sub(turns.div(2).floor().mul(2)).equal(1);
  return odd.where(rest.neg().add(span), rest).add(low);
}

export interface Image {
  /** `[n·pixels, c]`. */
  readonly rows: Tensor;
  readonly spatial: Shape;
  readonly outside: Outside;
  readonly alignCorners: boolean;
}

/** One axis of the places: inside the image, after the rule for those outside. */
function settle(x: Tensor, length: number, { outside, alignCorners }: Image): Tensor {
  if (outside === 'border') return x.clip(0, length - 1);
  if (outside === 'zeros') return x;
  const reflected = alignCorners ? reflect(x, 0, length - 1) : reflect(x, -0.5, length);
  return reflected.clip(0, length - 1);
}

/** Pixels at whole places `[n, points]` for each axis: `[n, points, c]`, zeros outside of the image. */
function pixels(image: Image, places: readonly Tensor[]): Tensor {
  const { rows, spatial } = image;
  const [n] = places[0]!.shape as [number];
  const strides = stridesOf(spatial);
  const start = numbers(
    iota(n).map((i) => i * sizeOf(spatial)),
    'i64',
  ).reshape([n, 1]);
  const settled = places.map((p, i) => (image.outside === 'reflection' ? settle(p, spatial[i]!, image) : p));
  const flat = settled.reduce(
    (at, p, i) =>
      at.add(
        p
          .clip(0, spatial[i]! - 1)
          .cast('i64')
          .mul(strides[i]!),
      ),
    start,
  );
  const found = rows.gather(flat);
  if (image.outside !== 'zeros') return found;
  const inside = places.map((p, i) => p.greaterEqual(0).logicalAnd(p.lessEqual(spatial[i]! - 1)));
  return inside
    .reduce((a, b) => a.logicalAnd(b))
    .unsqueeze(-1)
    .where(found, 0);
}

interface Tap {
  readonly place: Tensor;
  readonly weight: Tensor;
}

/** Keys' cubic convolution kernel of a distance |d|, on the piece where that lies. */
function cubic(d: Tensor, near: boolean): Tensor {
  const a = -0.75;
  if (near)
    return d
      .mul(a + 2)
      .sub(a + 3)
      .mul(d)
      .mul(d)
      .add(1);
  return d.sub(5).mul(d).add(8).mul(d).sub(4).mul(a);
}

/** The whole places around x along one axis, with their weights. */
function tapsAlong(x: Tensor, mode: string): Tap[] {
  if (mode === 'nearest') return [{ place: x.round(), weight: full(1, x.dtype) }];
  const base = x.floor().stopGradient();
  const t = x.sub(base);
  if (mode === 'linear')
    return [
      { place: base, weight: t.neg().add(1) },
      { place: base.add(1), weight: t },
    ];
  return [
    { place: base.sub(1), weight: cubic(t.add(1), false) },
    { place: base, weight: cubic(t, true) },
    { place: base.add(1), weight: cubic(t.neg().add(1), true) },
    { place: base.add(2), weight: cubic(t.neg().add(2), false) },
  ];
}

/** Interpolated values at places `[n, points]`, one tensor an axis: Σ over all taps of weight · pixel. */
export function interpolate(image: Image, places: readonly Tensor[], mode: string): Tensor {
  const combinations = places.reduce<Tap[][]>(
    (lists, x) => lists.flatMap((list) => tapsAlong(x, mode).map((tap) => [...list, tap])),
    [[]],
  );
  const terms = combinations.map((taps) => {
    const weight = taps.map((tap) => tap.weight).reduce((a, b) => a.mul(b));
    return pixels(
      image,
      taps.map((tap) => tap.place),
    ).mul(weight.unsqueeze(-1));
  });
  return terms.reduce((a, b) => a.add(b));
}

/** `[n, c, …spatial]` as rows of pixels. */
export function rowsOf(x: Tensor): Tensor {
  const rest = iota(x.rank).slice(2);
  return x.transpose([0, ...rest, 1]).reshape([x.size / x.shape[1]!, x.shape[1]!]);
}

function gridSample(call: NodeCall): Tensor {
  const [given, places] = [call.input(0), call.input(1)];
  // Images of integers are interpolated in the type of the grid.
  const dtype = isFloat(given.dtype) ? given.dtype : places.dtype;
  const [x, grid] = [given.cast(dtype), places.cast(dtype)];
  const axes = x.rank - 2;
  if (axes < 1 || grid.rank !== x.rank || grid.shape.at(-1) !== axes) call.refuse('the grid does not fit the image');
  const mode = { bilinear: 'linear', bicubic: 'cubic' }[call.string('mode', 'linear')] ?? call.string('mode', 'linear');
  const outside = call.string('padding_mode', 'zeros');
  if (!['nearest', 'linear', 'cubic'].includes(mode)) call.refuse(`mode '${mode}' is unknown`);
  if (outside !== 'zeros' && outside !== 'border' && outside !== 'reflection')
    call.refuse(`padding_mode '${outside}' is unknown`);
  const alignCorners = call.flag('align_corners', false);
  const spatial = x.shape.slice(2);
  const image: Image = { rows: rowsOf(x), spatial, outside: outside as Outside, alignCorners };
  const [n, c] = x.shape as [number, number];
  const points = grid.reshape([n, sizeOf(grid.shape.slice(1, -1)), axes]);
  const at = spatial.map((length, i) => {
    // The grid's coordinates are in the order x, y, z: the last axis first.
    const t = points.slice([0, 0, axes - 1 - i], [n, points.shape[1]!, axes - i]).squeeze(2);
    const scaled = alignCorners ? t.add(1).mul((length - 1) / 2) : t.add(1).mul(length).sub(1).div(2);
    return mode === 'cubic' ? scaled : settle(scaled, length, image);
  });
  const last = axes + 1;
  const y = interpolate(image, at, mode).cast(given.dtype);
  return y.reshape([...grid.shape.slice(0, -1), c]).transpose([0, last, ...iota(axes).map((i) => i + 1)]);
}

/** A grid of places for GridSample: θ·(x, y, …, 1) at the points of a regular grid over [−1, 1]. */
function affineGrid(call: NodeCall): Tensor {
  const theta = call.input(0);
  const [n, , ...spatial] = call.numbers(1, 'the size') as [number, number, ...number[]];
  const align = call.flag('align_corners', false);
  const axes = spatial.length;
  const at = (i: number, length: number): number =>
    align ? (length === 1 ? 0 : (2 * i) / (length - 1) - 1) : (2 * i + 1) / length - 1;
  const points = tabulate([...spatial, axes + 1], theta.dtype, (index) => {
    const k = index[axes]!;
    return k === axes ? 1 : at(index[axes - 1 - k]!, spatial[axes - 1 - k]!);
  }).reshape([sizeOf(spatial), axes + 1]);
  return points.product(theta, false, true).reshape([n, ...spatial, axes]);
}

interface Bins {
  readonly height: number;
  readonly width: number;
  /** Samples in a bin along each axis. */
  readonly samples: number;
}

/** Sample places of all bins along one axis: `[regions, bins·samples]`. */
function samplePlaces(start: Tensor, length: Tensor, bins: number, samples: number): Tensor {
  const centres = numbers(
    iota(bins * samples).map((i) => (i + 0.5) / (bins * samples)),
    start.dtype,
  );
  return start.unsqueeze(1).add(length.unsqueeze(1).mul(centres));
}

/** Mean or largest of bilinear samples in the bins of regions (He et al. 2017). */
function roiAlign(call: NodeCall): Tensor {
  const [x, rois, indices] = [call.input(0), call.input(1), call.input(2)];
  const bins: Bins = {
    height: call.int('output_height', 1),
    width: call.int('output_width', 1),
    samples: call.int('sampling_ratio', 0),
  };
  if (bins.samples < 1) call.refuse('its sampling ratio depends on the regions; set sampling_ratio');
  const half = call.opset >= 16 && call.string('coordinate_transformation_mode', 'half_pixel') === 'half_pixel';
  const corners = rois.mul(call.float('spatial_scale', 1)).sub(half ? 0.5 : 0);
  const [x1, y1, x2, y2] = corners.split(4, 1).map((t) => t.squeeze(1)) as [Tensor, Tensor, Tensor, Tensor];
  const least = (t: Tensor): Tensor => (half ? t : t.maximum(1));
  const [c, h, w] = x.shape.slice(1) as [number, number, number];
  const regions = rois.shape[0]!;
  const ys = samplePlaces(y1, least(y2.sub(y1)), bins.height, bins.samples);
  const xs = samplePlaces(x1, least(x2.sub(x1)), bins.width, bins.samples);
  const [rows, columns] = [ys.shape[1]!, xs.shape[1]!];
  const flat = (t: Tensor): Tensor => t.expand([regions, rows, columns]).reshape([regions, rows * columns]);
  const [py, px] = [flat(ys.unsqueeze(2)), flat(xs.unsqueeze(1))];
  const inside = [[py, h] as const, [px, w] as const].map(([p, size]) =>
    p.greaterEqual(-1).logicalAnd(p.lessEqual(size)),
  );
  const image: Image = { rows: rowsOf(x.gather(indices)), spatial: [h, w], outside: 'border', alignCorners: false };
  const mode = call.string('mode', 'avg');
  const clipped = [py.clip(0, h - 1), px.clip(0, w - 1)];
  const values = mode === 'max' ? largestTaps(image, clipped) : interpolate(image, clipped, 'linear');
  const kept = inside[0]!.logicalAnd(inside[1]!).unsqueeze(-1).where(values, 0);
  const grouped = kept.reshape([regions, bins.height, bins.samples, bins.width, bins.samples, c]);
  const pooled = mode === 'max' ? grouped.max([2, 4]) : grouped.mean([2, 4]);
  return pooled.transpose([0, 3, 1, 2]);
}

/** ONNX's maximum is over the weighted pixels, not over their sums. */
function largestTaps(image: Image, places: readonly Tensor[]): Tensor {
  const [ys, xs] = places.map((p) => tapsAlong(p, 'linear')) as [Tap[], Tap[]];
  const terms = ys.flatMap((y) =>
    xs.map((x) => pixels(image, [y.place, x.place]).mul(y.weight.mul(x.weight).unsqueeze(-1))),
  );
  return terms.reduce((a, b) => a.maximum(b));
}

export const samplings: OperatorTable = {
  AffineGrid: affineGrid,
  GridSample: gridSample,
  RoiAlign: roiAlign,
};
