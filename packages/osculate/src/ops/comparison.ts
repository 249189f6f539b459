import { showValue } from '../tensor/check-value.js';
import { describe, sameDType } from '../tensor/describe.js';
import { DTypeError, InputError } from '../tensor/errors.js';
import { apply1, checkTensor, type LowerContext, type Op, Tensor } from '../tensor/ir.js';
import { full, type Operand, operand } from '../tensor/leaf.js';
import {
  alignBatched,
  binaryOp,
  broadcastAll,
  broadcastTangent,
  type NoAttrs,
  noAttrs,
  sumTo,
  unaryOp,
} from './elementwise.js';

export const equalOp = binaryOp('equal', {
  predicate: true,
  accepts: 'any',
  scalar: { fn: (x, y) => (x === y ? 1 : 0), js: (x, y) => `(${x} === ${y} ? 1 : 0)` },
  onnx: 'Equal',
});

/** x = y elementwise, as booleans, with broadcasting; no derivative. */
export function equal(x: Tensor, y: Tensor): Tensor {
  return apply1(equalOp, [x, y], noAttrs);
}

/** x ≠ y elementwise, as booleans, with broadcasting; no derivative. */
export function notEqual(x: Tensor, y: Tensor): Tensor {
  return x.equal(y).logicalNot();
}

export const greaterOp = binaryOp('greater', {
  predicate: true,
  scalar: { fn: (x, y) => (x > y ? 1 : 0), js: (x, y) => `(${x} > ${y} ? 1 : 0)` },
  onnx: 'Greater',
});

/** x > y elementwise, as booleans, with broadcasting; no derivative. */
export function greater(x: Tensor, y: Tensor): Tensor {
  return apply1(greaterOp, [x, y], noAttrs);
}

export const greaterEqualOp = binaryOp('greaterEqual', {
  predicate: true,
  scalar: { fn: (x, y) => (x >= y ? 1 : 0), js: (x, y) => `(${x} >= ${y} ? 1 : 0)` },
  onnx: 'GreaterOrEqual',
});

/** x >= y elementwise, as booleans, with broadcasting; no derivative. */
export function greaterEqual(x: Tensor, y: Tensor): Tensor {
  return apply1(greaterEqualOp, [x, y], noAttrs);
}

export const lessOp = binaryOp('less', {
  predicate: true,
  scalar: { fn: (x, y) => (x < y ? 1 : 0), js: (x, y) => `(${x} < ${y} ? 1 : 0)` },
  onnx: 'Less',
});

/** x < y elementwise, as booleans, with broadcasting; no derivative. */
export function less(x: Tensor, y: Tensor): Tensor {
  return apply1(lessOp, [x, y], noAttrs);
}

export const lessEqualOp = binaryOp('lessEqual', {
  predicate: true,
  scalar: { fn: (x, y) => (x <= y ? 1 : 0), js: (x, y) => `(${x} <= ${y} ? 1 : 0)` },
  onnx: 'LessOrEqual',
});

/** x <= y elementwise, as booleans, with broadcasting; no derivative. */
export function lessEqual(x: Tensor, y: Tensor): Tensor {
  return apply1(lessEqualOp, [x, y], noAttrs);
}

export const isNaNOp = unaryOp('isNaN', {
  scalar: { fn: (x) => (Number.isNaN(x) ? 1 : 0), js: (x) => `(${x} !== ${x} ? 1 : 0)` },
  onnx: 'IsNaN',
  predicate: true,
});

/** Where x is not a number, as booleans; no derivative. */
function isNotANumber(x: Tensor): Tensor {
  return apply1(isNaNOp, [x], noAttrs);
}

export { isNotANumber as isNaN };

export const logicalNotOp = unaryOp('logicalNot', {
  scalar: { fn: (x) => (x === 0 ? 1 : 0), js: (x) => `(${x} === 0 ? 1 : 0)` },
  onnx: 'Not',
  accepts: 'bool',
});

/** Logical negation of booleans. */
export function logicalNot(x: Tensor): Tensor {
  return apply1(logicalNotOp, [x], noAttrs);
}

export const logicalAndOp = binaryOp('logicalAnd', {
  predicate: true,
  accepts: 'bool',
  scalar: { fn: (x, y) => x & y, js: (x, y) => `(${x} & ${y})` },
  onnx: 'And',
});

/** Both, elementwise, with broadcasting. */
export function logicalAnd(x: Tensor, y: Tensor): Tensor {
  return apply1(logicalAndOp, [x, y], noAttrs);
}

export const logicalOrOp = binaryOp('logicalOr', {
  predicate: true,
  accepts: 'bool',
  scalar: { fn: (x, y) => x | y, js: (x, y) => `(${x} | ${y})` },
  onnx: 'Or',
});

/** Either, elementwise, with broadcasting. */
export function logicalOr(x: Tensor, y: Tensor): Tensor {
  return apply1(logicalOrOp, [x, y], noAttrs);
}

/** ONNX Runtime's Where has no kernel for booleans. */
function lowerBool(context: LowerContext, [c, a, b]: readonly string[]): string {
  const otherwise = context.emit('And', [context.emit('Not', [c!]), b!]);
  return context.emit('Or', [context.emit('And', [c!, a!]), otherwise]);
}

export const whereOp: Op<NoAttrs> = {
  name: 'where',
  differentiable: true,
  infer: ([c, a, b]) => {
    if (c!.dtype !== 'bool') throw new DTypeError(`where: the condition must be bool, got ${describe(c!)}`);
    sameDType('where', a!, b!);
    const what = `where of ${describe(c!)}, ${describe(a!)} and ${describe(b!)}`;
    return [{ shape: broadcastAll(what, [c!, a!, b!]), dtype: a!.dtype }];
  },
  jvp: (node, [, ta, tb]) => {
    const out = node.outputs[0]!;
    const zero = full(0, out.dtype);
    return [broadcastTangent(where(node.inputs[0]!, ta ?? zero, tb ?? zero), out.shape)];
  },
  transpose: (node, [ct], linear) => {
    const [c, a, b] = node.inputs as [Tensor, Tensor, Tensor];
    const zero = full(0, ct!.dtype);
    return [
      null,
      linear[1] ? sumTo(where(c, ct!, zero), a.shape) : null,
      linear[2] ? sumTo(where(c, zero, ct!), b.shape) : null,
    ];
  },
  batch: (node, inputs, batched) => {
    const [c, a, b] = alignBatched(node, inputs, batched) as [Tensor, Tensor, Tensor];
    return [where(c, a, b)];
  },
  lower: (context, node, inputs) => [
    node.outputs[0]!.dtype === 'bool' ? lowerBool(context, inputs) : context.emit('Where', inputs),
  ],
  reference: {
    kind: 'elementwise',
    scalar: () => ({ fn: (c, a, b) => (c !== 0 ? a! : b!), js: (c, a, b) => `(${c} !== 0 ? ${a} : ${b})` }),
  },
  flops: (node) => node.outputs[0]!.size,
};

/**
 * a where the condition holds, b elsewhere, with broadcasting. Linear in a and b: the derivative of the branch that is not
 * taken is dropped, but NaN or ∞ in its own derivative still spoils 0·∞; make its input safe with a second `where`.
 * Numbers, in arrays or alone, take the dtype of the other branch.
 * @throws InputError unless a or b is a tensor.
 * @example
 * const x = constant([-1, 4], 'f64');
 * where(x.greater(0), x.sqrt(), 0); // [0, 2]
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  checkTensor('where', condition);
  const like = [a, b].find((branch) => branch instanceof Tensor);
  if (like === undefined) {
    throw new InputError(
      `where: ${showValue(a)} and ${showValue(b)} are both numbers, which leaves the dtype open; make one with full(…) or constant(…)`,
    );
  }
  const branches = [operand('where', a, like.dtype), operand('where', b, like.dtype)];
  return apply1(whereOp, [condition, ...branches], noAttrs);
}
