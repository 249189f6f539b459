import { describe } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import { apply1, type Op, type Tensor } from '../tensor/ir.js';
import { stridesOf } from '../tensor/shape.js';

interface TransposeAttrs {
  readonly permutation: readonly number[];
}

function inverse(permutation: readonly number[]): number[] {
  const out = new Array<number>(permutation.length);
  permutation.forEach((p, i) => {
    out[p] = i;
  });
  return out;
}

export const transposeOp: Op<TransposeAttrs> = {
  name: 'transpose',
  differentiable: true,
  infer: ([x], { permutation }) => {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (sorted.length !== x!.rank || sorted.some((p, i) => p !== i)) {
      throw new ShapeError(
        `transpose: [${permutation.join(', ')}] is not a permutation of the axes of ${describe(x!)}`,
      );
    }
    return [{ shape: permutation.map((p) => x!.shape[p]!), dtype: x!.dtype }];
  },
  jvp: (node, [t]) => [transpose(t!, node.attrs.permutation)],
  transpose: (node, [ct]) => [transpose(ct!, inverse(node.attrs.permutation))],
  batch: (node, [x]) => [transpose(x!, [0, ...node.attrs.permutation.map((p) => p + 1)])],
  lower: (context, node, [x]) => [context.emit('Transpose', [x!], { perm: { ints: node.attrs.permutation } })],
  reference: {
    kind: 'strided',
    map: (node) => {
      const strides = stridesOf(node.inputs[0]!.shape);
      return { offset: 0, strides: node.attrs.permutation.map((p) => strides[p]!) };
    },
  },
  flops: () => 0,
};

/** Axis i of the result is axis `permutation[i]` of x; without one, all axes are reversed. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const p = permutation ?? Array.from({ length: x.rank }, (_, i) => x.rank - 1 - i);
  return p.length === x.rank && p.every((a, i) => a === i) ? x : apply1(transposeOp, [x], { permutation: p });
}
