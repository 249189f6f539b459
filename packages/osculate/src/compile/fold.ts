import { allocate, type DType } from '../tensor/dtype.js';
import type { Node, Tensor } from '../tensor/ir.js';
import { constant, constantValue, isConstant } from '../tensor/leaf.js';
import { evaluateNode } from './evaluate.js';
import { operationsOf } from './operations.js';

/** Results above this many elements are left to the executor: a folded constant must not bloat the program. */
const largestFolded = 4096;

/** What takes longer is left to the executor: a loop over constants may run for hours. */
const mostOperations = 2 ** 22;

/** True where the dtype cannot hold what was computed: a NaN must be seen where it arises, an integer must be one. */
const unfit = (v: number, dtype: DType): boolean => Number.isNaN(v) || (dtype === 'i64' && !Number.isSafeInteger(v));

/** The constant that a node of constant inputs computes, or null. f32 results are rounded to f32. */
export function fold(node: Node): Tensor | null {
  const out = node.outputs[0]!;
  if (node.outputs.length !== 1 || node.inputs.length === 0 || out.size > largestFolded) return null;
  if (!node.inputs.every((t) => isConstant(t))) return null;
  // An expanded scalar is smaller unexpanded, and consumers broadcast.
  if (node.op.name === 'expand' || node.op.name === 'stopGradient') return null;
  if (node.inputs.some((t) => t.size > 16 * largestFolded) || operationsOf([node]) > mostOperations) return null;
  const values = evaluateNode(
    node,
    node.inputs.map((t) => constantValue(t)),
  );
  const data = allocate(out.dtype, out.size);
  const result = values[0]!;
  if (result.some((v) => unfit(v, out.dtype))) return null;
  for (let i = 0; i < out.size; i++) {
    (data as Float64Array)[i] = (out.dtype === 'i64' ? BigInt(result[i]!) : result[i]!) as number;
  }
  return constant({ dtype: out.dtype, shape: out.shape, data });
}
