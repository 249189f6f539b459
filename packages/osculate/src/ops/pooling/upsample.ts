import { describe, requireFloat } from '../../tensor/describe.js';
import { ShapeError } from '../../tensor/errors.js';
import { apply1, type BufferFunction, type Node, type Op, type Tensor } from '../../tensor/ir.js';
import { zeros as zeroArray } from '../../tensor/ndarray.js';
import { checkList, showShape, sizeOf } from '../../tensor/shape.js';
import { concat } from '../concat.js';
import { batchFromExamples, batchIntoExamples } from '../convolution/batch.js';

interface UpsampleAttrs {
  /** One a spatial axis. */
  readonly factors: readonly number[];
}

function prepare(node: Node<UpsampleAttrs>): BufferFunction {
  const x = node.inputs[0]!;
  const { factors } = node.attrs;
  const repeatColumn = factors.at(-1)!;
  const repeatRow = factors.length === 2 ? factors[0]! : 1;
  const width = x.shape.at(-1)!;
  const rows = width === 0 ? 0 : x.size / width;
  return ([from], [to]) => {
    let at = 0;
    for (let r = 0; r < rows; r++) {
      for (let k = 0; k < repeatRow; k++) {
        for (let i = 0; i < width; i++) {
          const value = from![r * width + i]!;
          for (let j = 0; j < repeatColumn; j++) to![at++] = value;
        }
      }
    }
  };
}

/** The same from copies side by side, for dtypes without a kernel; joining is several times as fast as expanding. */
function byCopies(x: Tensor, factors: readonly number[]): Tensor {
  return factors.reduceRight((t, factor, i) => {
    const axis = i + 2;
    const apart = t.reshape([...t.shape.slice(0, axis + 1), 1, ...t.shape.slice(axis + 1)]);
    const copies = concat(new Array<Tensor>(factor).fill(apart), axis + 1);
    return copies.reshape(t.shape.map((d, k) => (k === axis ? d * factor : d)));
  }, x);
}

export const upsampleOp: Op<UpsampleAttrs> = {
  name: 'upsample',
  differentiable: true,
  infer: ([x], { factors }) => [{ shape: x!.shape.map((d, i) => (i < 2 ? d : d * factors[i - 2]!)), dtype: x!.dtype }],
  jvp: (node, [t]) => [upsample(t!, node.attrs.factors)],
  transpose: (node, [ct]) => {
    const { factors } = node.attrs;
    return [ct!.averagePool({ window: factors }).mul(sizeOf(factors))];
  },
  batch: (node, [x], _, size) => [batchFromExamples(upsample(batchIntoExamples(x!), node.attrs.factors), size)],
  lower: (context, node, [x]) => {
    const { shape, dtype } = node.outputs[0]!;
    if (sizeOf(shape) === 0) return [context.constant(zeroArray(dtype, shape))];
    const input = node.inputs[0]!;
    if (dtype === 'f64') return context.expression([byCopies(input, node.attrs.factors)], [input], [x!]);
    return [
      context.emit('Resize', [x!, '', '', context.ints(shape)], {
        mode: { string: 'nearest' },
        nearest_mode: { string: 'floor' },
        coordinate_transformation_mode: { string: 'asymmetric' },
      }),
    ];
  },
  reference: { kind: 'kernel', prepare },
  flops: () => 0,
};

/**
 * Repeats every element along the spatial axes (nearest neighbour): y[n, c, i] = x[n, c, ⌊i / factor⌋]. x is
 * `[n, c, …]` with one or two spatial axes, the result `[n, c, …·factor]`.
 *
 * @throws ShapeError unless there is a positive integer factor for each spatial axis.
 * @example
 * upsample(constant([[[1, 2]]], 'f64'), [2]); // [[[1, 1, 2, 2]]]
 */
export function upsample(x: Tensor, factors: readonly number[]): Tensor {
  requireFloat('upsample', x);
  checkList(factors, 'upsample');
  const positive = factors.every((f) => Number.isSafeInteger(f) && f > 0);
  if ((x.rank !== 3 && x.rank !== 4) || factors.length !== x.rank - 2 || !positive) {
    throw new ShapeError(
      `upsample of ${describe(x)} by ${showShape(factors)}: needs [n, c, …] with one or two spatial axes, and a positive integer for each`,
    );
  }
  return factors.every((f) => f === 1) ? x : apply1(upsampleOp, [x], { factors });
}
