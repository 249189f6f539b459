import { checkObject } from '../../tensor/check-value.js';
import { describe } from '../../tensor/describe.js';
import { ShapeError } from '../../tensor/errors.js';
import { apply1, type Node, type Op, type Tensor } from '../../tensor/ir.js';
import { checkList, type Shape, sameShape, showShape } from '../../tensor/shape.js';
import { bilinearJvp } from '../bilinear.js';
import { batchFromChannels, batchIntoChannels } from './batch.js';
import {
  type ConvGeometry,
  type ConvOptions,
  type ConvSizes,
  channelsPerGroup,
  convFlops,
  convGeometry,
  leftOver,
  slidSizes,
} from './geometry.js';
import { lowerConvolution } from './lowering.js';
import { convWeightByPatches } from './patches.js';
import { convWeightReference } from './reference.js';

export interface ConvWeightOptions extends ConvOptions {
  /** Spatial sizes of the weight. */
  readonly kernel: Shape;
}

interface ConvWeightAttrs extends ConvGeometry {
  readonly kernel: Shape;
}

function sizesOf(x: Tensor, y: Tensor, attrs: ConvWeightAttrs): ConvSizes {
  const what = (): string => `convWeight of input ${describe(x)} and output ${describe(y)}`;
  const { groups, kernel } = attrs;
  const inputs = channelsPerGroup(what, x.shape[1]!, groups);
  const outputs = channelsPerGroup(what, y.shape[1]!, groups);
  if (x.shape[0] !== y.shape[0]) {
    throw new ShapeError(`${what()}: the input has ${x.shape[0]} examples, the output ${y.shape[0]}`);
  }
  const [input, output] = [x.shape.slice(2), y.shape.slice(2)];
  const expected = kernel.length === input.length ? slidSizes(what, input, kernel, attrs) : [];
  if (!sameShape(expected, output)) {
    throw new ShapeError(
      `${what()}: a kernel of ${showShape(kernel)} with strides ${showShape(attrs.strides)} makes an output of spatial sizes ${showShape(expected)}`,
    );
  }
  return { batch: x.shape[0]!, groups, inputs, outputs, input, kernel, output };
}

function nodeSizes(node: Node<ConvWeightAttrs>): ConvSizes {
  return sizesOf(node.inputs[0]!, node.inputs[1]!, node.attrs);
}

export const convWeightOp: Op<ConvWeightAttrs> = {
  name: 'convWeight',
  differentiable: true,
  infer: ([x, y], attrs) => {
    const s = sizesOf(x!, y!, attrs);
    return [{ shape: [s.groups * s.outputs, s.inputs, ...s.kernel], dtype: x!.dtype }];
  },
  jvp: bilinearJvp(convWeight),
  transpose: (node, [ct], linear) => {
    const [x, y] = node.inputs as [Tensor, Tensor];
    const { kernel: _, ...geometry } = node.attrs;
    const options = { ...geometry, outputPadding: leftOver(nodeSizes(node), node.attrs) };
    return [linear[0] ? y.convTranspose(ct!, options) : null, linear[1] ? x.conv(ct!, geometry) : null];
  },
  batch: (node, [x, y], batched, size) => {
    const { groups } = node.attrs;
    if (!batched[1]) {
      return [batchFromChannels(convWeight(batchIntoChannels(x!, 1, groups), y!, node.attrs), 1, 1, size)];
    }
    if (!batched[0]) {
      return [batchFromChannels(convWeight(x!, batchIntoChannels(y!, 1, groups), node.attrs), 0, groups, size)];
    }
    const attrs = { ...node.attrs, groups: groups * size };
    return [batchFromChannels(convWeight(batchIntoChannels(x!, 1, 1), batchIntoChannels(y!, 1, 1), attrs), 0, 1, size)];
  },
  lower: (context, node, inputs) =>
    lowerConvolution(context, node, inputs, {
      expression: (x, y) => convWeightByPatches(x, y, nodeSizes(node), node.attrs),
    }),
  reference: { kind: 'kernel', prepare: (node) => convWeightReference(nodeSizes(node), node.attrs) },
  flops: (node) => convFlops(nodeSizes(node)),
};

/**
 * The transpose of `conv` in its weight, which together with `conv` and `convTranspose` is closed under differentiation:
 * w[o, c, k] = Σ over n, i of y[n, o, i] · x[n, c, i·stride + k·dilation − padding before].
 * x is `[n, c, …spatial]`, y `[n, o, …spatial′]`, the result `[o, c/groups, …kernel]`.
 *
 * @throws ShapeError when y is not of the shape that a convolution of x with such a kernel has.
 */
export function convWeight(x: Tensor, y: Tensor, options: ConvWeightOptions): Tensor {
  checkObject('convWeight: the options', options);
  const { kernel, ...rest } = options;
  checkList(kernel, 'convWeight: the kernel');
  return apply1(convWeightOp, [x, y], { ...convGeometry('convWeight', x, y, rest), kernel });
}
