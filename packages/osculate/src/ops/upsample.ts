import { describe, requireFloat } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import { apply1, type BufferFunction, type Node, type Op, type Tensor } from '../tensor/ir.js';
import { showShape, sizeOf } from '../tensor/shape.js';
import { batchFromExamples, batchIntoExamples } from './conv-batch.js';

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
    const { shape } = node.outputs[0]!;
    // Resize is 20 times as fast as Expand, whose inner runs would be single elements; it refuses empty tensors.
    if (sizeOf(shape) === 0) return [context.emit('Reshape', [x!, context.ints(shape)], { allowzero: { int: 1 } })];
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
 */
export function upsample(x: Tensor, factors: readonly number[]): Tensor {
  requireFloat('upsample', x);
  const positive = factors.every((f) => Number.isSafeInteger(f) && f > 0);
  if ((x.rank !== 3 && x.rank !== 4) || factors.length !== x.rank - 2 || !positive) {
    throw new ShapeError(
      `upsample of ${describe(x)} by ${showShape(factors)}: needs [n, c, …] with one or two spatial axes, and a positive integer for each`,
    );
  }
  return factors.every((f) => f === 1) ? x : apply1(upsampleOp, [x], { factors });
}
