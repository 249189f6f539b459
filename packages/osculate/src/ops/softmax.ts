import { requireFloat } from '../tensor/describe.js';
import { apply1, type BufferFunction, type Node, type Op, type ReferenceBuffer, type Tensor } from '../tensor/ir.js';
import { around, normalizeAxes, normalizeAxis } from '../tensor/shape.js';
import { max } from './extrema.js';
import { keptShape, reducedShape, sum } from './reductions.js';

interface SoftmaxAttrs {
  readonly axis: number;
}

interface SoftmaxRule {
  readonly onnx: string;
  readonly jvp: (t: Tensor, y: Tensor, axis: number) => Tensor;
  /** Writes one line of y, the elements from `from` up to `end` in steps of `inner`, given the largest element of x there. */
  readonly line: (
    x: ReferenceBuffer,
    y: ReferenceBuffer,
    largest: number,
    from: number,
    end: number,
    inner: number,
  ) => void;
}

function prepare({ inputs, attrs }: Node<SoftmaxAttrs>, line: SoftmaxRule['line']): BufferFunction {
  const { outer, length, inner } = around(inputs[0]!.shape, attrs.axis);
  const block = length * inner;
  return ([x], [y]) => {
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < inner; k++) {
        const from = o * block + k;
        const end = from + block;
        let largest = Number.NEGATIVE_INFINITY;
        for (let i = from; i < end; i += inner) largest = Math.max(largest, x![i]!);
        line(x!, y!, largest, from, end, inner);
      }
    }
  };
}

/** Makes the op of a softmax or its logarithm. */
function softmaxKind(name: string, { onnx, jvp, line }: SoftmaxRule): Op<SoftmaxAttrs> {
  const op: Op<SoftmaxAttrs> = {
    name,
    differentiable: true,
    infer: ([x]) => {
      requireFloat(name, x!);
      return [{ shape: x!.shape, dtype: x!.dtype }];
    },
    jvp: ({ outputs, attrs }, [t]) => [jvp(t!, outputs[0]!, attrs.axis)],
    batch: ({ attrs }, [x]) => [apply1(op, [x!], { axis: attrs.axis + 1 })],
    lower: (context, { attrs }, [x]) => [context.emit(onnx, [x!], { axis: { int: attrs.axis } })],
    reference: { kind: 'kernel', prepare: (node) => prepare(node, line) },
    flops: (node) => 5 * node.inputs[0]!.size,
  };
  return op;
}

export const softmaxOp = softmaxKind('softmax', {
  onnx: 'Softmax',
  jvp: (t, y, axis) => {
    const moved = y.mul(t);
    return moved.sub(y.mul(moved.sum(axis, true)));
  },
  line: (x, y, largest, from, end, inner) => {
    let total = 0;
    for (let i = from; i < end; i += inner) {
      const e = Math.exp(x[i]! - largest);
      y[i] = e;
      total += e;
    }
    for (let i = from; i < end; i += inner) y[i]! /= total;
  },
});

/** exp(xᵢ)/Σⱼ exp(xⱼ) along an axis, shifted by the largest element so that it never overflows. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return apply1(softmaxOp, [x], { axis: normalizeAxis(axis, x.rank, 'softmax') });
}

export const logSoftmaxOp = softmaxKind('logSoftmax', {
  onnx: 'LogSoftmax',
  jvp: (t, y, axis) => t.sub(y.exp().mul(t).sum(axis, true)),
  line: (x, y, largest, from, end, inner) => {
    let total = 0;
    for (let i = from; i < end; i += inner) total += Math.exp(x[i]! - largest);
    const shift = Math.log(total);
    for (let i = from; i < end; i += inner) y[i] = x[i]! - largest - shift;
  },
});

/** xᵢ − log Σⱼ exp(xⱼ) along an axis: the logarithm of `softmax`, exact where that underflows. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return apply1(logSoftmaxOp, [x], { axis: normalizeAxis(axis, x.rank, 'logSoftmax') });
}

/**
 * log Σ exp(x) over `axes` (all when absent), shifted by the largest element so that it never overflows; −∞ where all
 * elements are. Its derivative is softmax(x).
 */
export function logsumexp(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  requireFloat('logsumexp', x);
  const normal = normalizeAxes(axes, x.rank, 'logsumexp');
  const largest = max(x, normal, true).stopGradient();
  // Where the largest element is infinite there is nothing to shift: ∞ − ∞ would be NaN.
  const shift = largest.abs().less(Number.POSITIVE_INFINITY).where(largest, 0);
  const out = sum(x.sub(shift).exp(), normal)
    .log()
    .add(shift.reshape(reducedShape(x.shape, normal)));
  return keepDims ? out.reshape(keptShape(x.shape, normal)) : out;
}
