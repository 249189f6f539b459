import { requireFloat } from '../tensor/describe.js';
import { isInteger } from '../tensor/dtype.js';
import { apply1, type Op, type Tensor } from '../tensor/ir.js';
import { normalizeAxes, sizeOf } from '../tensor/shape.js';
import { keptShape, type ReduceAttrs, reducedShape } from './sum.js';

/**
 * The product over the axes as a tree of multiplications, log₂ n deep. Its derivatives multiply the other factors
 * together instead of dividing by one, so that they are right where factors are 0.
 */
function tree(x: Tensor, axes: readonly number[]): Tensor {
  const kept = reducedShape(x.shape, axes);
  const rest = x.shape.flatMap((_, i) => (axes.includes(i) ? [] : [i]));
  let level = x.transpose([...axes, ...rest]).reshape([sizeOf(axes.map((a) => x.shape[a]!)), ...kept]);
  while (level.shape[0]! > 1) {
    const n = level.shape[0]!;
    const half = Math.ceil(n / 2);
    const low = level.slice([0], [half]);
    const none = level.shape.map(() => 0);
    const high = level.slice([half], [n]).pad(none, [2 * half - n, ...none.slice(1)], 1);
    level = low.mul(high);
  }
  return level.reshape(kept);
}

export const prodOp: Op<ReduceAttrs> = {
  name: 'prod',
  differentiable: true,
  infer: ([x], { axes }) => {
    if (!isInteger(x!.dtype)) requireFloat('prod', x!);
    return [{ shape: reducedShape(x!.shape, axes), dtype: x!.dtype }];
  },
  jvp: (node, [t], { jvp }) => {
    const x = node.inputs[0]!;
    if (x.size === 0) return [null];
    return jvp([tree(x, node.attrs.axes)], [x], [t!]);
  },
  batch: ({ attrs }, [x]) => [apply1(prodOp, [x!], { axes: attrs.axes.map((a) => a + 1) })],
  lower: (context, { attrs }, [x]) => [
    context.emit('ReduceProd', [x!, context.ints(attrs.axes)], { keepdims: { int: 0 } }),
  ],
  reference: {
    kind: 'reduce',
    axes: ({ attrs }) => attrs.axes,
    init: 1,
    step: { fn: (a, x) => a * x, js: (a, x) => `${a} * ${x}` },
  },
  flops: (node) => node.inputs[0]!.size,
};

/** Product over `axes` (all when absent), which are removed, or kept with length 1 when `keepDims`; 1 over no elements. */
export function prod(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const normal = normalizeAxes(axes, x.rank, 'prod');
  const out = normal.length === 0 ? x : apply1(prodOp, [x], { axes: normal });
  return keepDims ? out.reshape(keptShape(x.shape, normal)) : out;
}
