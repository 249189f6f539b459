import { type DType, isFloat } from '../tensor/dtype.js';
import { apply1, type Op, type Tensor } from '../tensor/ir.js';

interface CastAttrs {
  readonly to: DType;
}

const onnxTypes: Record<DType, number> = { f32: 1, f64: 11, i32: 6, i64: 7, bool: 9 };

function scalar(from: DType, to: DType): { fn(x: number): number; js(x: string): string } {
  if (to === 'bool') return { fn: (x) => (x !== 0 ? 1 : 0), js: (x) => `(${x} !== 0 ? 1 : 0)` };
  if (isFloat(from) && !isFloat(to)) return { fn: Math.trunc, js: (x) => `Math.trunc(${x})` };
  return { fn: (x) => x, js: (x) => x };
}

export const castOp: Op<CastAttrs> = {
  name: 'cast',
  differentiable: true,
  infer: ([x], { to }) => [{ shape: x!.shape, dtype: to }],
  jvp: (node, [t]) => [isFloat(node.attrs.to) ? cast(t!, node.attrs.to) : null],
  transpose: (node, [ct]) => [cast(ct!, node.inputs[0]!.dtype)],
  batch: (node, [x]) => [cast(x!, node.attrs.to)],
  lower: (context, node, [x]) => [context.emit('Cast', [x!], { to: { int: onnxTypes[node.attrs.to] } })],
  reference: { kind: 'elementwise', scalar: (node) => scalar(node.inputs[0]!.dtype, node.attrs.to) },
  flops: () => 0,
};

/**
 * The values in another dtype: floats to integers truncate towards zero, anything to bool is `!= 0`. Between floats it is
 * linear and differentiable; to integers and booleans it has no derivative.
 */
export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : apply1(castOp, [x], { to });
}
