import { DataType } from '../onnx/data-type.js';
import type { GraphProto } from '../onnx/index.js';
import type { NodeCall } from './node-call.js';

type Types = readonly (number | undefined)[];

const { uint8 } = DataType;

/** Ops whose outputs are not of the type of their first input. */
const special: Readonly<Record<string, (call: NodeCall) => Types>> = {
  ArgMax: () => [],
  ArgMin: () => [],
  BitCast: (call) => [call.int('to')],
  Cast: (call) => [call.int('to')],
  CastLike: (call) => [call.types[1]],
  Constant: (call) => [call.tensor('value')?.dataType],
  ConstantOfShape: (call) => [call.tensor('value')?.dataType],
  ConvInteger: () => [],
  DequantizeLinear: () => [],
  DynamicQuantizeLinear: () => [uint8, undefined, uint8],
  EyeLike: (call) => [call.has('dtype') ? call.int('dtype') : call.types[0]],
  If: (call) => declared(call.graph('then_branch')),
  Loop: (call) => declared(call.graph('body')).slice(1),
  MatMulInteger: () => [],
  MaxPool: (call) => [call.types[0]],
  OneHot: (call) => [call.types[2]],
  QLinearConv: (call) => [call.types[7]],
  QLinearMatMul: (call) => [call.types[7]],
  QuantizeLinear: (call) => [quantizedType(call)],
  Scan: (call) => declared(call.graph('body')),
  Shape: () => [],
  Size: () => [],
  TopK: (call) => [call.types[0]],
  Unique: (call) => [call.types[0]],
  Where: (call) => [call.types[1]],
};

const declared = ({ output }: GraphProto): Types => output.map(({ type }) => type?.tensorType?.elemType);

/** The integers or small floats that QuantizeLinear gives. */
export function quantizedType(call: NodeCall): number {
  return call.types[2] ?? (call.int('output_dtype', 0) || uint8);
}

/** Element types of a node's outputs in the file, as far as they follow from those of its inputs and its attributes. */
export function outputTypes(call: NodeCall): Types {
  const rule = special[call.opType];
  return rule ? rule(call) : call.node.output.map(() => call.types[0]);
}

/** Ops that may leave the range of a small integer type; all others choose among the values of their inputs. */
const computing: ReadonlySet<string> = new Set([
  'Abs',
  'Add',
  'BitShift',
  'BitwiseNot',
  'CumProd',
  'CumSum',
  'Div',
  'Einsum',
  'Gemm',
  'MatMul',
  'Mean',
  'Mul',
  'Neg',
  'Pow',
  'ReduceL1',
  'ReduceProd',
  'ReduceSum',
  'ReduceSumSquare',
  'ScatterElements',
  'ScatterND',
  'Sub',
  'Sum',
]);

/** Whether results of the op must be brought back to the range of their type. */
export const leavesRange = (opType: string): boolean => computing.has(opType);
