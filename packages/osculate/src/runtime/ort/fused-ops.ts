import { type Attrs, apply1, type LowerContext, type LoweredAttr, type Op, type Tensor } from '../../tensor/ir.js';
import type { Shape } from '../../tensor/shape.js';

/** What all of these ops have: the shape of their result, and the attributes of their ONNX node. */
interface FusedAttrs extends Attrs {
  readonly shape: Shape;
  readonly onnx: Readonly<Record<string, LoweredAttr>>;
}

const unused = (name: string) => () => {
  throw new Error(`${name} stands only in graphs that are being lowered`);
};

type Emit = (context: LowerContext, inputs: readonly string[], attrs: FusedAttrs['onnx']) => string;

/** An op that is one ONNX node: it replaces an expression just before the graph is lowered and is neither differentiated nor run here. */
export function fusedOp(name: string, emit: Emit = (context, inputs, attrs) => context.emit(name, inputs, attrs)) {
  const op: Op<FusedAttrs> = {
    name,
    infer: ([x], { shape }) => [{ shape, dtype: x!.dtype }],
    differentiable: false,
    jvp: unused(name),
    batch: unused(name),
    lower: (context, { attrs }, inputs) => [emit(context, inputs, attrs.onnx)],
    reference: { kind: 'kernel', prepare: unused(name) },
    flops: () => 0,
  };
  return (inputs: readonly Tensor[], shape: Shape, onnx: FusedAttrs['onnx'] = {}): Tensor =>
    apply1(op, inputs, { shape, onnx });
}

/** [x, weight, bias, mean, variance]. */
export const batchNormalization = fusedOp('BatchNormalization');
/** [x, weight, bias]. */
export const biasedConv = fusedOp('Conv');
/** [a, b, bias]. */
export const biasedGemm = fusedOp('Gemm');
export const geluNode = fusedOp('Gelu');
/** [x, gain, bias]. */
export const layerNormalization = fusedOp('LayerNormalization');
/** The axes stand among the attributes, but are an input in ONNX. */
export const reduceMean = fusedOp('ReduceMean', (context, inputs, { axes, keepdims }) =>
  context.emit('ReduceMean', [...inputs, context.ints((axes as { ints: readonly number[] }).ints)], {
    keepdims: keepdims!,
  }),
);
