import { describe } from '../../tensor/describe.js';
import { ShapeError } from '../../tensor/errors.js';
import { apply1, type LowerContext, type Node, type Op, type Tensor } from '../../tensor/ir.js';
import { showShape } from '../../tensor/shape.js';
import { bilinearJvp } from '../bilinear.js';
import { batchFromChannels, batchFromExamples, batchIntoChannels, batchIntoExamples } from './batch.js';
import {
  type ConvGeometry,
  type ConvOptions,
  type ConvSizes,
  channelsPerGroup,
  checkAxes,
  convFlops,
  convGeometry,
  extent,
} from './geometry.js';
import { lowerConvolution, onnxGeometry } from './lowering.js';
import { convTransposeByPatches } from './patches.js';
import { convTransposeReference } from './reference.js';

export interface ConvTransposeOptions extends ConvOptions {
  /** Additional size behind each axis, below the stride: tells apart the inputs that a strided convolution maps to one size. */
  readonly outputPadding?: readonly number[] | undefined;
}

interface ConvTransposeAttrs extends ConvGeometry {
  readonly outputPadding: readonly number[];
}

/** Sizes in terms of the convolution of which this is the transpose: `output` is what this op takes. */
function sizesOf(x: Tensor, w: Tensor, attrs: ConvTransposeAttrs): ConvSizes {
  const what = (): string => `convTranspose of ${describe(x)} with weight ${describe(w)}`;
  const { groups, strides, padding } = attrs;
  const outputs = channelsPerGroup(what, x.shape[1]!, groups);
  if (w.shape[0] !== x.shape[1]) {
    throw new ShapeError(`${what()}: the weight takes ${w.shape[0]} channels, but the input has ${x.shape[1]}`);
  }
  const [output, kernel] = [x.shape.slice(2), w.shape.slice(2)];
  checkAxes(what, output, kernel, attrs);
  const input = output.map((size, i) => {
    const covered = (size - 1) * strides[i]! + extent(kernel, attrs, i) + attrs.outputPadding[i]!;
    const [low, high] = padding[i]!;
    if (kernel[i]! < 1 || size < 1 || covered - low - high < 0) {
      throw new ShapeError(
        `${what()}: along spatial axis ${i} a kernel of ${kernel[i]} over ${size} elements covers ${covered}, less than the padding ${low} and ${high} that is cut off; pad less`,
      );
    }
    return covered - low - high;
  });
  return { batch: x.shape[0]!, groups, inputs: w.shape[1]!, outputs, input, kernel, output };
}

function nodeSizes(node: Node<ConvTransposeAttrs>): ConvSizes {
  return sizesOf(node.inputs[0]!, node.inputs[1]!, node.attrs);
}

/** Channels of a group from which the convolution by the mirrored weight outruns ConvTranspose (measured: even at 16, 1.5 times at 32). */
const manyChannels = 32;

/** Padding of the convolution over x that the transpose of a stride-1 convolution is; null where it would be negative. */
function mirroredPadding(s: ConvSizes, attrs: ConvTransposeAttrs): (readonly [number, number])[] | null {
  if (attrs.strides.some((n) => n !== 1)) return null;
  const padding = attrs.padding.map(([low, high], i): readonly [number, number] => {
    const reach = extent(s.kernel, attrs, i) - 1;
    return [reach - low, reach - high];
  });
  return padding.every(([low, high]) => low >= 0 && high >= 0) ? padding : null;
}

/** w [c, o/groups, …kernel] → [o, c/groups, …kernel reversed]. */
function mirror(context: LowerContext, w: string, { groups, inputs, outputs, kernel }: ConvSizes): string {
  const axes = kernel.map((_, i) => i + 2);
  const reverse = (value: number): string => context.ints(axes.map(() => value));
  const reversed = context.emit('Slice', [w, reverse(-1), reverse(-(2 ** 31)), context.ints(axes), reverse(-1)]);
  const perm = { ints: [0, 2, 1, ...axes.map((a) => a + 1)] };
  const split = context.emit('Reshape', [reversed, context.ints([groups, outputs, inputs, ...kernel])]);
  const swapped = context.emit('Transpose', [split], { perm });
  return context.emit('Reshape', [swapped, context.ints([groups * inputs, outputs, ...kernel])]);
}

/** By a kernel of ONNX Runtime. */
function emit(context: LowerContext, [x, w]: readonly string[], s: ConvSizes, attrs: ConvTransposeAttrs): string {
  const padding = s.inputs >= manyChannels ? mirroredPadding(s, attrs) : null;
  if (padding) return context.emit('Conv', [x!, mirror(context, w!, s)], onnxGeometry(s, { ...attrs, padding }));
  const { outputPadding, ...geometry } = attrs;
  return context.emit('ConvTranspose', [x!, w!], {
    ...onnxGeometry(s, geometry),
    output_padding: { ints: outputPadding },
  });
}

export const convTransposeOp: Op<ConvTransposeAttrs> = {
  name: 'convTranspose',
  differentiable: true,
  infer: ([x, w], attrs) => {
    const s = sizesOf(x!, w!, attrs);
    return [{ shape: [s.batch, s.groups * s.inputs, ...s.input], dtype: x!.dtype }];
  },
  jvp: bilinearJvp(convTranspose),
  transpose: (node, [ct], linear) => {
    const [x, w] = node.inputs as [Tensor, Tensor];
    const { outputPadding: _, ...geometry } = node.attrs;
    return [
      linear[0] ? ct!.conv(w, geometry) : null,
      linear[1] ? ct!.convWeight(x, { ...geometry, kernel: w.shape.slice(2) }) : null,
    ];
  },
  batch: (node, [x, w], batched, size) => {
    const { groups } = node.attrs;
    if (!batched[1]) return [batchFromExamples(convTranspose(batchIntoExamples(x!), w!, node.attrs), size)];
    if (!batched[0]) {
      return [batchFromChannels(convTranspose(x!, batchIntoChannels(w!, 1, 1), node.attrs), 1, groups, size)];
    }
    const attrs = { ...node.attrs, groups: groups * size };
    return [
      batchFromChannels(convTranspose(batchIntoChannels(x!, 1, 1), batchIntoChannels(w!, 0, 1), attrs), 1, 1, size),
    ];
  },
  lower: (context, node, inputs) => {
    const s = nodeSizes(node);
    return lowerConvolution(context, node, inputs, {
      kernel: () => emit(context, inputs, s, node.attrs),
      expression: (x, w) => convTransposeByPatches(x, w, s, node.attrs),
    });
  },
  reference: { kind: 'kernel', prepare: (node) => convTransposeReference(nodeSizes(node), node.attrs) },
  flops: (node) => convFlops(nodeSizes(node)),
};

/**
 * Transposed convolution: the transpose of `conv` in its input, which spreads each element of x over the places that it
 * was computed from. x is `[n, c, …spatial]`, w `[c, o/groups, …kernel]` (the weight of the convolution from o to c
 * channels), the result `[n, o, …spatial′]` with
 * spatial′ = (spatial − 1)·stride + (kernel − 1)·dilation + 1 + outputPadding − padding before and after.
 *
 * @throws ShapeError when channels, groups or sizes do not fit; DTypeError unless both tensors have the same float dtype.
 */
export function convTranspose(x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor {
  const geometry = convGeometry('convTranspose', x, w, options);
  const outputPadding = options.outputPadding ?? geometry.strides.map(() => 0);
  const fits = (p: number, i: number): boolean => Number.isInteger(p) && p >= 0 && p < geometry.strides[i]!;
  if (outputPadding.length !== geometry.strides.length || !outputPadding.every(fits)) {
    throw new ShapeError(
      `convTranspose: outputPadding ${showShape(outputPadding)} must be one non-negative integer an axis, below the strides ${showShape(geometry.strides)}`,
    );
  }
  return apply1(convTransposeOp, [x, w], { ...geometry, outputPadding });
}
