import { checkNumber, checkText, showValue } from './check-value.js';
import { checkDType, type DType, isInteger } from './dtype.js';
import { InputError } from './errors.js';
import { type Attrs, apply1, checkTensor, type Node, type Op, Tensor } from './ir.js';
import { type ArrayValue, arrayOf, isNDArray, type NDArray, type NestedNumbers, ndarray } from './ndarray.js';
import { checkShape, type Shape, sizeOf } from './shape.js';

interface InputAttrs {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

interface ConstantAttrs {
  readonly value: NDArray;
}

const unused = (what: string) => () => {
  throw new Error(`${what} has no inputs, so this rule is never applied`);
};

function leaf<A extends Attrs>(name: string, infer: Op<A>['infer'], lower: Op<A>['lower']): Op<A> {
  return {
    name,
    infer,
    differentiable: false,
    jvp: unused(name),
    batch: unused(name),
    lower,
    reference: { kind: 'kernel', prepare: unused(name) },
    flops: () => 0,
  };
}

/** A named input of a graph. The executors bind it; the ONNX name is its own. */
const inputOp: Op<InputAttrs> = {
  ...leaf('input', (_, attrs) => [attrs], unused('input')),
  label: ({ attrs }) => `"${attrs.name}"`,
};

/** A literal. */
export const constantOp: Op<ConstantAttrs> = leaf(
  'constant',
  (_, { value }) => [value],
  (context, node) => [context.constant(node.attrs.value)],
);

/**
 * A named symbolic input (a parameter, a batch of data, a direction). Names are what programs are called with and what
 * error messages say.
 * @throws InputError, DTypeError or ShapeError for a name, dtype or shape that is none.
 * @example
 * const loss = input('w', 'f64', [2]).square().sum();
 * const executable = await executor.load(compile({ loss }));
 * (await executable.run({ w: [1, 2] })).loss; // 5
 */
export function input(name: string, dtype: DType, shape: Shape): Tensor {
  checkText('input: the name', name);
  checkDType(`input "${name}"`, dtype);
  checkShape(shape, `input "${name}"`);
  return apply1(inputOp, [], { name, dtype, shape });
}

/**
 * A literal tensor from an array.
 * @example
 * constant([[1, 2], [3, 4]], 'f64').sum(0); // [4, 6]
 */
export function constant(value: NDArray): Tensor;
/** A literal tensor from numbers. */
export function constant(value: NestedNumbers, dtype: DType): Tensor;
export function constant(value: NDArray | NestedNumbers, dtype?: DType): Tensor {
  if (dtype !== undefined) return apply1(constantOp, [], { value: arrayOf('constant', value, dtype) });
  if (isNDArray(value)) return apply1(constantOp, [], { value });
  throw new InputError(
    `constant: ${showValue(value)} is no array with a dtype; for numbers give one: constant(2, 'f32')`,
  );
}

/** What methods of two tensors take as the other one: numbers and arrays become constants of the tensor's dtype. */
export type Operand = Tensor | ArrayValue;

/**
 * An operand as a tensor: itself, or a constant of `dtype`, whose array is not copied where it is of that dtype already.
 * @throws InputError for anything else (null, a bigint, text); ShapeError for ragged nesting.
 */
export function operand(what: string, value: Operand, dtype: DType): Tensor {
  if (value instanceof Tensor) return value;
  if (typeof value === 'number') return full(value, dtype);
  if (typeof value === 'object' && value !== null) return constant(arrayOf(what, value, dtype));
  throw new InputError(`${what}: needs a tensor, a number or an array of numbers, got ${showValue(value)}`);
}

/**
 * A scalar literal of a given dtype, optionally filled to a shape.
 * @example
 * full(2, 'f64', [3]); // [2, 2, 2]
 */
export function full(value: number, dtype: DType, shape: Shape = []): Tensor {
  checkDType('full', dtype);
  checkNumber('full', value);
  checkShape(shape, 'full');
  if (isInteger(dtype) && !Number.isInteger(value))
    throw new InputError(`full: ${value} is not an integer, but the dtype is ${dtype}`);
  if (shape.length === 0) return constant(value, dtype);
  return constant(ndarray(dtype, new Array<number>(sizeOf(shape)).fill(value), shape));
}

export function isInput(t: Tensor): boolean {
  return t.node.op === inputOp;
}

export function isConstant(t: Tensor): boolean {
  return t.node.op === constantOp;
}

/** The value of a constant tensor. */
export function constantValue(t: Tensor): NDArray {
  return (t.node as Node<ConstantAttrs>).attrs.value;
}

/** The single number that a constant holds everywhere, if there is one. */
export function splat(t: Tensor): number | undefined {
  if (!isConstant(t)) return undefined;
  const { data } = constantValue(t);
  if (data.length === 0) return undefined;
  const first = data[0]!;
  if (
    data.length > 1 &&
    (data as ArrayLike<unknown> & { some(f: (v: unknown) => boolean): boolean }).some((v) => !Object.is(v, first))
  )
    return undefined;
  return Number(first);
}

/**
 * The name of an input tensor, under which programs are fed.
 * @throws InputError for a tensor that is computed.
 * @example
 * inputName(input('x', 'f64', [2])); // 'x'
 */
export function inputName(t: Tensor): string {
  checkTensor('inputName', t);
  if (!isInput(t)) throw new InputError(`inputName: ${t} is no input`);
  return (t.node as Node<InputAttrs>).attrs.name;
}
