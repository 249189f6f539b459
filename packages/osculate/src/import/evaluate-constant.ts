import { prepareGraph, referenceBuffer, toReference } from '../compile/evaluate.js';
import { operationsOf } from '../compile/operations.js';
import { allocate, type DType } from '../tensor/dtype.js';
import { topological } from '../tensor/graph.js';
import type { ReferenceBuffer, Tensor } from '../tensor/ir.js';
import { constantValue, isConstant } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';

/** What costs more is left to the executor: a file of a few bytes must not make the import take gigabytes or hours. */
const mostOperations = 2 ** 22;

/** i64 as the file's tools compute it: what exceeds the range ends at its border. */
function toBig(v: number): bigint {
  if (Number.isNaN(v)) return 0n;
  if (v >= 2 ** 63) return 2n ** 63n - 1n;
  return v <= -(2 ** 63) ? -(2n ** 63n) : BigInt(Math.trunc(v));
}

function fromReference(dtype: DType, buffer: ReferenceBuffer): NDArray['data'] {
  if (dtype === 'i64') return BigInt64Array.from(Array.from(buffer, toBig));
  const data = allocate(dtype, buffer.length);
  (data as Float64Array).set(buffer);
  return data;
}

/**
 * The value of a tensor that depends on nothing but constants and the tensors whose values are `known` (parameters, by
 * their values in the file, read where they are needed); undefined otherwise, and where that would cost much.
 */
export function evaluateConstant(t: Tensor, known: ReadonlyMap<Tensor, () => NDArray>): NDArray | undefined {
  if (isConstant(t)) return constantValue(t);
  const given = known.get(t);
  if (given !== undefined) return given();
  const inputs: Tensor[] = [];
  let operations = 0;
  for (const node of topological([t], new Set(known.keys()))) {
    operations += operationsOf([node]);
    if (operations > mostOperations) return undefined;
    if (node.inputs.length === 0 && !isConstant(node.outputs[0]!)) return undefined;
    for (const x of node.inputs) if (known.has(x) && !inputs.includes(x)) inputs.push(x);
  }
  const out = referenceBuffer(t.dtype, t.size);
  const values = inputs.map((x) => toReference(x.dtype, known.get(x)!().data));
  prepareGraph({ inputs, outputs: [t] })(values, [out]);
  return { dtype: t.dtype, shape: t.shape, data: fromReference(t.dtype, out) };
}
