import type { Tensor } from '../../tensor/ir.js';
import { sizeOf } from '../../tensor/shape.js';
import { concat } from '../concat.js';
import { slice } from '../slice.js';
import type { ConvGeometry, ConvSizes } from './geometry.js';
import { addTaps, windowTaps } from './windows.js';

// Convolutions as matrix products over patches (im2col): what runs where there is no kernel.

/** x [n, c, …] → patches [n, groups, taps · c/groups, positions]. */
function patches(x: Tensor, s: ConvSizes, geometry: ConvGeometry): Tensor {
  const taps = windowTaps(x.reshape([s.batch, s.groups, s.inputs, ...s.input]), s.kernel, s.output, geometry);
  return concat(taps, 2).reshape([s.batch, s.groups, sizeOf(s.kernel) * s.inputs, sizeOf(s.output)]);
}

/** w [o, c/groups, …] → [groups, o/groups, taps · c/groups], in the order of the patches. */
function weightMatrix(w: Tensor, s: ConvSizes): Tensor {
  const taps = sizeOf(s.kernel);
  const split = w.reshape([s.groups, s.outputs, s.inputs, taps]);
  return split.transpose([0, 1, 3, 2]).reshape([s.groups, s.outputs, taps * s.inputs]);
}

/** y [n, o, …] → [n, groups, o/groups, positions]. */
const outputMatrix = (y: Tensor, s: ConvSizes): Tensor => y.reshape([s.batch, s.groups, s.outputs, sizeOf(s.output)]);

/** y = W · patches(x). */
export function convByPatches(x: Tensor, w: Tensor, s: ConvSizes, geometry: ConvGeometry): Tensor {
  const y = weightMatrix(w, s).product(patches(x, s, geometry));
  return y.reshape([s.batch, s.groups * s.outputs, ...s.output]);
}

/** x = the sum, tap by tap, of the patches Wᵀ · y (col2im). */
export function convTransposeByPatches(y: Tensor, w: Tensor, s: ConvSizes, geometry: ConvGeometry): Tensor {
  const columns = weightMatrix(w, s).product(outputMatrix(y, s), true);
  const apart = columns.reshape([s.batch, s.groups, sizeOf(s.kernel) * s.inputs, ...s.output]);
  const taps = Array.from({ length: sizeOf(s.kernel) }, (_, k) =>
    slice(apart, [0, 0, k * s.inputs], [s.batch, s.groups, (k + 1) * s.inputs]),
  );
  return addTaps(taps, s.kernel, s.input, geometry).reshape([s.batch, s.groups * s.inputs, ...s.input]);
}

/** Above so many elements the patches of all taps are not joined: they would only travel through memory. */
const largestPatches = 2 ** 22;

/**
 * w = patches(x) · yᵀ with all examples in one product. Channels go in front first, so that the patches come out as one
 * matrix: moving x is cheaper than moving its patches, or than a product for each example and their sum.
 */
export function convWeightByPatches(
  x: Tensor,
  y: Tensor,
  s: ConvSizes,
  geometry: ConvGeometry,
  largest = largestPatches,
): Tensor {
  const { batch, groups, inputs, outputs } = s;
  const spatial = s.input.map((_, i) => i + 3);
  const channelsFirst = x.reshape([batch, groups, inputs, ...s.input]).transpose([1, 2, 0, ...spatial]);
  const taps = windowTaps(channelsFirst, s.kernel, s.output, geometry);
  const positions = batch * sizeOf(s.output);
  const matrices = taps.length * groups * inputs * positions <= largest ? [concat(taps, 1)] : taps;
  const right = outputMatrix(y, s).transpose([1, 2, 0, 3]).reshape([groups, outputs, positions]);
  const products = matrices.map((m) => m.reshape([groups, m.shape[1]!, positions]).product(right, false, true));
  const w = concat(products, 1).reshape([groups, taps.length, inputs, outputs]);
  return w.transpose([0, 3, 2, 1]).reshape([groups * outputs, inputs, ...s.kernel]);
}
