import type { LowerContext, LoweredAttr, Node, Tensor } from '../../tensor/ir.js';
import { zeros as zeroArray } from '../../tensor/ndarray.js';
import type { ConvGeometry, ConvSizes } from './geometry.js';

interface Lowerings {
  /** Emits ONNX Runtime's own kernel (f32 only), where it has one. */
  readonly kernel?: () => string;
  /** The same in other ops. */
  readonly expression: (a: Tensor, b: Tensor) => Tensor;
}

/** Lowers a convolution of either kind: by its kernel in f32, else as an expression of other ops; without elements, as zeros. */
export function lowerConvolution(
  context: LowerContext,
  node: Pick<Node, 'inputs' | 'outputs'>,
  names: readonly string[],
  { kernel, expression }: Lowerings,
): readonly string[] {
  const out = node.outputs[0]!;
  const [a, b] = node.inputs as [Tensor, Tensor];
  if (a.size === 0 || b.size === 0 || out.size === 0) return [context.constant(zeroArray(out.dtype, out.shape))];
  if (kernel && out.dtype === 'f32') return [kernel()];
  return context.expression([expression(a, b)], [a, b], names);
}

/** The attributes of ONNX's Conv and ConvTranspose. */
export function onnxGeometry(
  { kernel }: Pick<ConvSizes, 'kernel'>,
  geometry: ConvGeometry,
): Record<string, LoweredAttr> {
  return {
    kernel_shape: { ints: kernel },
    strides: { ints: geometry.strides },
    pads: { ints: [...geometry.padding.map((p) => p[0]), ...geometry.padding.map((p) => p[1])] },
    dilations: { ints: geometry.dilation },
    group: { int: geometry.groups },
  };
}
