import { describe } from '../../tensor/describe.js';
import { ShapeError } from '../../tensor/errors.js';
import { apply1, type Node, type Op, type Tensor } from '../../tensor/ir.js';
import { bilinearJvp } from '../bilinear.js';
import { batchFromChannels, batchFromExamples, batchIntoChannels, batchIntoExamples } from './batch.js';
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
import { lowerConvolution, onnxGeometry } from './lowering.js';
import { convByPatches } from './patches.js';
import { convReference } from './reference.js';

function sizesOf(x: Tensor, w: Tensor, geometry: ConvGeometry): ConvSizes {
  const what = (): string => `conv of ${describe(x)} with weight ${describe(w)}`;
  const { groups } = geometry;
  const inputs = channelsPerGroup(what, x.shape[1]!, groups);
  const outputs = channelsPerGroup(what, w.shape[0]!, groups);
  if (w.shape[1] !== inputs) {
    throw new ShapeError(
      `${what()}: the weight takes ${w.shape[1]} channels, but the input has ${inputs}${groups === 1 ? '' : ` in each of ${groups} groups`}`,
    );
  }
  const [input, kernel] = [x.shape.slice(2), w.shape.slice(2)];
  const output = slidSizes(what, input, kernel, geometry);
  return { batch: x.shape[0]!, groups, inputs, outputs, input, kernel, output };
}

function nodeSizes(node: Node<ConvGeometry>): ConvSizes {
  return sizesOf(node.inputs[0]!, node.inputs[1]!, node.attrs);
}

export const convOp: Op<ConvGeometry> = {
  name: 'conv',
  differentiable: true,
  infer: ([x, w], geometry) => {
    const s = sizesOf(x!, w!, geometry);
    return [{ shape: [s.batch, s.groups * s.outputs, ...s.output], dtype: x!.dtype }];
  },
  jvp: bilinearJvp(conv),
  transpose: (node, [ct], linear) => {
    const [x, w] = node.inputs as [Tensor, Tensor];
    const s = nodeSizes(node);
    return [
      linear[0] ? ct!.convTranspose(w, { ...node.attrs, outputPadding: leftOver(s, node.attrs) }) : null,
      linear[1] ? x.convWeight(ct!, { ...node.attrs, kernel: s.kernel }) : null,
    ];
  },
  batch: (node, [x, w], batched, size) => {
    const { groups } = node.attrs;
    if (!batched[1]) return [batchFromExamples(conv(batchIntoExamples(x!), w!, node.attrs), size)];
    if (!batched[0])
      return [batchFromChannels(conv(x!, batchIntoChannels(w!, 0, groups), node.attrs), 1, groups, size)];
    const out = conv(batchIntoChannels(x!, 1, 1), batchIntoChannels(w!, 0, 1), {
      ...node.attrs,
      groups: groups * size,
    });
    return [batchFromChannels(out, 1, 1, size)];
  },
  lower: (context, node, inputs) => {
    const s = nodeSizes(node);
    return lowerConvolution(context, node, inputs, {
      kernel: () => context.emit('Conv', inputs, onnxGeometry(s, node.attrs)),
      expression: (x, w) => convByPatches(x, w, s, node.attrs),
    });
  },
  reference: { kind: 'kernel', prepare: (node) => convReference(nodeSizes(node), node.attrs) },
  flops: (node) => convFlops(nodeSizes(node)),
};

/**
 * Convolution as neural networks mean it (cross-correlation), over one or two spatial axes:
 * y[n, o, i] = Σ over c, k of w[o, c, k] · x[n, c, i·stride + k·dilation − padding before].
 * x is `[n, c, …spatial]`, w `[o, c/groups, …kernel]`, the result `[n, o, …spatial′]` with
 * spatial′ = ⌊(spatial + padding − (kernel − 1)·dilation − 1) / stride⌋ + 1. 2·n·o·(c/groups)·kernel·spatial′ flops.
 *
 * @throws ShapeError when channels, groups or sizes do not fit; DTypeError unless both tensors have the same float dtype.
 */
export function conv(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  return apply1(convOp, [x, w], convGeometry('conv', x, w, options));
}
