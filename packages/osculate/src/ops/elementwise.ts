import { describe, requireFloat, sameDType } from '../tensor/describe.js';
import { type DType, isFloat } from '../tensor/dtype.js';
import { DTypeError } from '../tensor/errors.js';
import {
  type Attrs,
  apply1,
  type LowerContext,
  type Node,
  type Op,
  type ScalarFunction,
  type Tensor,
} from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import { broadcastShapes, type Shape, sizeOf } from '../tensor/shape.js';

/** Attributes of ops that have none. */
export type NoAttrs = Readonly<Record<never, never>>;
export const noAttrs: NoAttrs = Object.freeze({});

/** Broadcast shape of several tensors. */
export function broadcastAll(what: string, tensors: readonly Tensor[]): Shape {
  let shape = tensors[0]!.shape;
  for (const t of tensors.slice(1)) shape = broadcastShapes(shape, t.shape, what);
  return shape;
}

/**
 * Inputs of an elementwise op under a batch: batched ones get axes of length 1 after the batch axis, so that the
 * original axes stay aligned at the right.
 */
export function alignBatched(
  node: Pick<Node, 'inputs'>,
  inputs: readonly Tensor[],
  batched: readonly boolean[],
): Tensor[] {
  const rank = Math.max(...node.inputs.map((t) => t.rank));
  return inputs.map((t, i) => {
    const missing = rank - node.inputs[i]!.rank;
    if (!batched[i] || missing === 0) return t;
    return t.reshape([t.shape[0]!, ...new Array<number>(missing).fill(1), ...t.shape.slice(1)]);
  });
}

/** Sums a cotangent of the broadcast shape down to the shape of an operand. */
export function sumTo(ct: Tensor, shape: Shape): Tensor {
  const lead = ct.rank - shape.length;
  const axes: number[] = [];
  for (let i = 0; i < ct.rank; i++) {
    if (i < lead || (shape[i - lead] === 1 && ct.shape[i] !== 1)) axes.push(i);
  }
  if (axes.length === 0) return ct;
  return ct.sum(axes).reshape(shape);
}

/** A tangent brought to the op's output shape where broadcasting made that larger. */
export function broadcastTangent(t: Tensor, shape: Shape): Tensor {
  return t.shape.length === shape.length && t.shape.every((d, i) => d === shape[i]) ? t : t.expand(shape);
}

type Lower<A extends Attrs> = (context: LowerContext, inputs: readonly string[], node: Node<A>) => string;

function lowering<A extends Attrs>(onnx: string | Lower<A>): Op<A>['lower'] {
  if (typeof onnx === 'string') return (context, _, inputs) => [context.emit(onnx, inputs)];
  return (context, node, inputs) => [onnx(context, inputs, node)];
}

/** A lowering that writes the op as an expression of other ops, over placeholders for its inputs. */
export function decomposed<A extends Attrs>(expression: (inputs: readonly Tensor[], attrs: A) => Tensor): Lower<A> {
  return (context, names, node) => {
    const inputs = node.inputs.map((t, i) => input(`x${i}`, t.dtype, t.shape));
    return context.expression([expression(inputs, node.attrs)], inputs, names)[0]!;
  };
}

/** One ONNX node in f32, where ONNX Runtime has a kernel, and an expression of other ops in f64. */
export function f32Kernel<A extends Attrs>(
  onnx: string | Lower<A>,
  expression: (x: Tensor, attrs: A) => Tensor,
): Lower<A> {
  const wide = decomposed<A>(([x], attrs) => expression(x!, attrs));
  return (context, inputs, node) => {
    if (node.inputs[0]!.dtype === 'f64') return wide(context, inputs, node);
    return typeof onnx === 'string' ? context.emit(onnx, inputs) : onnx(context, inputs, node);
  };
}

export interface UnaryRule<A extends Attrs> {
  /** Tangent of the output: t · f′(x); `y` is the op's own output, so that f′ may reuse it. */
  readonly jvp?: (t: Tensor, x: Tensor, y: Tensor, attrs: A) => Tensor;
  /** True for an op that is linear (neg): its JVP and transpose are the op itself. */
  readonly linear?: boolean;
  readonly scalar: ScalarFunction | ((attrs: A) => ScalarFunction);
  /** ONNX op type, or a rule that emits nodes. */
  readonly onnx: string | Lower<A>;
  readonly flops?: number;
  /** Which dtypes it takes (default: floats). */
  readonly accepts?: 'float' | 'number' | 'bool';
  /** True where the output is bool. */
  readonly predicate?: boolean;
}

function checkAccepts(name: string, x: Tensor, accepts: UnaryRule<NoAttrs>['accepts']): void {
  if (accepts === undefined || accepts === 'float') requireFloat(name, x);
  if (accepts === 'number' && x.dtype === 'bool') throw new DTypeError(`${name}: needs numbers, got ${describe(x)}`);
  if (accepts === 'bool' && x.dtype !== 'bool') throw new DTypeError(`${name}: needs bool, got ${describe(x)}`);
}

/** Makes the op of an elementwise function of one argument. */
export function unaryOp<A extends Attrs = NoAttrs>(name: string, rule: UnaryRule<A>): Op<A> {
  const { scalar, jvp } = rule;
  const op: Op<A> = {
    name,
    differentiable: jvp !== undefined || rule.linear === true,
    infer: (inputs) => {
      checkAccepts(name, inputs[0]!, rule.accepts);
      return [{ shape: inputs[0]!.shape, dtype: rule.predicate ? 'bool' : inputs[0]!.dtype }];
    },
    jvp: ({ attrs, inputs, outputs }, [t]) => [
      rule.linear ? apply1(op, [t!], attrs) : jvp!(t!, inputs[0]!, outputs[0]!, attrs),
    ],
    batch: ({ attrs }, inputs) => [apply1(op, inputs, attrs)],
    lower: lowering(rule.onnx),
    reference: {
      kind: 'elementwise',
      scalar: typeof scalar === 'function' ? ({ attrs }) => scalar(attrs) : () => scalar,
    },
    flops: (node) => (rule.flops ?? 1) * sizeOf(node.outputs[0]!.shape),
  };
  // Into the same object: the rules above make nodes of it.
  if (rule.linear) op.transpose = ({ attrs }, [ct]) => [apply1(op, [ct!], attrs)];
  return op;
}

export interface BinaryRule {
  /** Terms of the output's tangent; either may be absent when its derivative is zero everywhere. */
  readonly jvp?: readonly [
    (t: Tensor, x: Tensor, y: Tensor, out: Tensor) => Tensor,
    (t: Tensor, x: Tensor, y: Tensor, out: Tensor) => Tensor,
  ];
  /** Cotangents of the operands in which the op can be linear, before summing to the operand's shape. */
  readonly transpose?: readonly [
    ((ct: Tensor, y: Tensor) => Tensor) | null,
    ((ct: Tensor, x: Tensor) => Tensor) | null,
  ];
  readonly scalar: ScalarFunction | ((dtype: DType) => ScalarFunction);
  readonly onnx: string | Lower<NoAttrs>;
  readonly flops?: number;
  readonly accepts?: 'float' | 'number' | 'bool' | 'any';
  /** True for comparisons: the output is bool. */
  readonly predicate?: boolean;
}

/** Makes the op of an elementwise function of two arguments, with NumPy broadcasting. */
export function binaryOp(name: string, rule: BinaryRule): Op<NoAttrs> {
  const { scalar } = rule;
  const op: Op<NoAttrs> = {
    name,
    differentiable: rule.jvp !== undefined,
    infer: ([x, y]) => {
      sameDType(name, x!, y!);
      if (rule.accepts !== 'any') checkAccepts(name, x!, rule.accepts ?? 'number');
      const shape = broadcastShapes(x!.shape, y!.shape, () => `${name} of ${describe(x!)} and ${describe(y!)}`);
      return [{ shape, dtype: rule.predicate ? 'bool' : x!.dtype }];
    },
    jvp: (node, tangents) => {
      const [x, y] = node.inputs as [Tensor, Tensor];
      const out = node.outputs[0]!;
      const terms = tangents.flatMap((t, i) =>
        t === null ? [] : [broadcastTangent(rule.jvp![i]!(t, x, y, out), out.shape)],
      );
      return [terms.length === 2 ? terms[0]!.add(terms[1]!) : terms[0]!];
    },
    batch: (node, inputs, batched) => [apply1(op, alignBatched(node, inputs, batched), noAttrs)],
    lower: lowering(rule.onnx),
    reference: {
      kind: 'elementwise',
      scalar: typeof scalar === 'function' ? (node) => scalar(node.inputs[0]!.dtype) : () => scalar,
    },
    flops: (node) => (rule.flops ?? 1) * (isFloat(node.inputs[0]!.dtype) ? sizeOf(node.outputs[0]!.shape) : 0),
  };
  const transpose = rule.transpose;
  if (transpose) {
    op.transpose = (node, [ct], linear) =>
      node.inputs.map((operand, i) =>
        linear[i] ? sumTo(transpose[i]!(ct!, node.inputs[1 - i]!), operand.shape) : null,
      );
  }
  return op;
}

/** A polynomial by Horner's rule, leading coefficient first. */
export function polynomial(x: Tensor, [leading, ...rest]: readonly number[]): Tensor {
  // A leading 1 needs no product.
  const first = leading === 1 ? x : x.mul(leading!);
  return rest.slice(1).reduce((sum, c) => sum.mul(x).add(c), first.add(rest[0]!));
}

/** The same of a number. */
export function polynomialAt(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, c) => sum * x + c, 0);
}
