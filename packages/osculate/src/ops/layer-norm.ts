import { describe, requireFloat } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { normalizeAxes, sameShape, showShape } from '../tensor/shape.js';
import { mean } from './mean.js';

export interface LayerNormOptions {
  /** The axes of one normalised group; negative ones count from the end. */
  readonly axes: number | readonly number[];
  /** Factor and summand of every element of a group: the shape of x along `axes`. */
  readonly gain?: Tensor;
  readonly bias?: Tensor;
  /** Added to the variance (PyTorch: 1e-5). */
  readonly epsilon: number;
}

/** A parameter of the axes' dimensions, shaped so that it broadcasts against x. */
function aligned(what: string, p: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const dims = axes.map((a) => x.shape[a]!);
  if (!sameShape(p.shape, dims)) {
    throw new ShapeError(
      `layerNorm of ${describe(x)}: the ${what} must have shape ${showShape(dims)}, got ${describe(p)}`,
    );
  }
  const trailing = axes.every((a, i) => a === x.rank - axes.length + i);
  return trailing ? p : p.reshape(x.shape.map((d, i) => (axes.includes(i) ? d : 1)));
}

/**
 * Layer normalisation (Ba et al. 2016): (x − mean)/√(variance + ε)·gain + bias with the mean and the biased variance
 * over `axes`. Nine passes over x in all, of any order of derivative.
 */
export function layerNorm(x: Tensor, { axes, gain, bias, epsilon }: LayerNormOptions): Tensor {
  requireFloat('layerNorm', x);
  const normal = normalizeAxes(axes, x.rank, 'layerNorm');
  const centred = x.sub(mean(x, normal, true));
  const variance = mean(centred.mul(centred), normal, true);
  let y = centred.mul(variance.add(epsilon).rsqrt());
  if (gain) y = y.mul(aligned('gain', gain, x, normal));
  return bias ? y.add(aligned('bias', bias, x, normal)) : y;
}
