import { concat } from '../../ops/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { sizeOf } from '../../tensor/shape.js';
import type { NodeCall } from '../node-call.js';
import { biased } from './convolutions.js';
import { tabulate } from './integers.js';
import { type Image, interpolate, rowsOf } from './sampling.js';
import type { OperatorTable } from './table.js';
import { windowAttributes } from './window-attributes.js';

/** Columns from `[n, c, …]` in `count` equal parts of the channels. */
function parts(x: Tensor, count: number): Tensor[] {
  return count === 1 ? [x] : x.split(count, 1);
}

/**
 * y = Σ over the taps of W·x(place + offset)·mask, with pixels between places interpolated linearly and 0 outside (Dai et al. 2017; Zhu
 * et al. 2019). x `[n, c, h, w]`, kernel `[o, c/groups, kh, kw]`, offsets `[n, g·taps·2, oh, ow]`, mask `[n, g·taps, oh, ow]`.
 * Memory: n·c·taps·oh·ow.
 */
function deformConv(call: NodeCall): Tensor {
  const [x, w, offset, bias, mask] = [call.input(0), call.input(1), call.input(2), call.inputs[3], call.inputs[4]];
  if (x.rank !== 4) call.refuse(`data of rank ${x.rank} are not images`);
  const spatial = x.shape.slice(2);
  const { kernel, strides, dilation, padding } = windowAttributes(call, spatial, w.shape.slice(2));
  const places = offset.shape.slice(2);
  const [n, outputs, taps, points] = [x.shape[0]!, w.shape[0]!, sizeOf(kernel), sizeOf(places)];
  const starts = spatial.map((_, axis) =>
    tabulate([1, ...kernel, ...places], x.dtype, (index) => {
      return index[3 + axis]! * strides[axis]! - padding[axis]![0] + index[1 + axis]! * dilation[axis]!;
    }).reshape([1, taps, points]),
  );
  const offsetGroups = call.int('offset_group', 1);
  const masks = mask && parts(mask, offsetGroups);
  const offsets = parts(offset, offsetGroups).map((t) => t.reshape([n, taps, 2, points]).split(2, 2));
  const columns = parts(x, offsetGroups).map((image, g) => {
    const at = offsets[g]!.map((t, axis) =>
      t
        .squeeze(2)
        .add(starts[axis]!)
        .reshape([n, taps * points]),
    );
    const source: Image = { rows: rowsOf(image), spatial, outside: 'zeros', alignCorners: true };
    const values = interpolate(source, at, 'linear');
    const weighted = masks ? values.mul(masks[g]!.reshape([n, taps * points, 1])) : values;
    return weighted.transpose([0, 2, 1]).reshape([n, image.shape[1]!, taps, points]);
  });
  const groups = call.int('group', 1);
  const kernels = groups === 1 ? [w] : w.split(groups, 0);
  const results = parts(concat(columns, 1), groups).map((column, g) => {
    const rows = column.shape[1]! * taps;
    return kernels[g]!.reshape([outputs / groups, rows]).matmul(column.reshape([n, rows, points]));
  });
  return biased(concat(results, 1).reshape([n, outputs, ...places]), bias);
}

export const deformables: OperatorTable = { DeformConv: deformConv };
