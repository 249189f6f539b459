import { describe } from '../tensor/describe.js';
import type { DType } from '../tensor/dtype.js';
import { DTypeError, InputError, ShapeError } from '../tensor/errors.js';
import { dependents, topological } from '../tensor/graph.js';
import type { Aval, Graph, ReferenceBuffer, SubgraphContext, Tensor } from '../tensor/ir.js';
import { input, isConstant } from '../tensor/leaf.js';
import { type Shape, sameShape, showShape } from '../tensor/shape.js';

// What the bodies of scans and while loops have in common.

/** A body's placeholder that stands for values like `t`, or of another shape. */
export function placeholder(role: string, t: Tensor, shape: Shape = t.shape): Tensor {
  return input(role, t.dtype, shape);
}

/** The tensors that are not null. */
export function present(list: readonly (Tensor | null)[]): Tensor[] {
  return list.filter((t) => t !== null);
}

/**
 * Restores the places of a shorter list: where `marks[i]` is not null (or true), the next of `values`; null elsewhere.
 */
export function scatter<T>(marks: readonly unknown[], values: readonly T[]): (T | null)[] {
  let next = 0;
  return marks.map((m) => (m === null || m === false ? null : values[next++]!));
}

/** Literals up to this many elements stay in the body; larger ones become inputs like any other outer tensor. */
const smallLiteral = 64;

/** True for a literal that bodies may hold themselves. */
export function isLiteral(t: Tensor): boolean {
  return isConstant(t) && t.size <= smallLiteral;
}

/**
 * Where a graph of placeholders meets the rest: the tensors that do not depend on `placeholders` but are read by nodes that
 * do, or are outputs themselves. Small literals are left out.
 */
export function boundaryOf(outputs: readonly Tensor[], placeholders: readonly Tensor[]): Tensor[] {
  const active = dependents(outputs, placeholders);
  const boundary = new Set<Tensor>();
  const meet = (t: Tensor): void => {
    if (!active.has(t) && !isLiteral(t)) boundary.add(t);
  };
  for (const node of topological(outputs, new Set(placeholders))) {
    if (node.outputs.some((t) => active.has(t))) for (const t of node.inputs) meet(t);
  }
  for (const t of outputs) meet(t);
  return [...boundary];
}

/** Throws unless a loop's body gives back each carry in the shape and dtype in which it takes it. */
export function checkCarries(what: string, init: readonly Aval[], next: readonly Tensor[]): void {
  if (next.length !== init.length) {
    throw new InputError(`${what}: the body returns ${next.length} carries, but there are ${init.length} initial ones`);
  }
  next.forEach((t, i) => {
    const { dtype, shape } = init[i]!;
    if (t.dtype !== dtype) {
      throw new DTypeError(`${what}: carry ${i} starts as ${dtype}, but the body returns ${describe(t)}; cast one`);
    }
    if (!sameShape(t.shape, shape)) {
      throw new ShapeError(
        `${what}: carry ${i} starts with shape ${showShape(shape)}, but the body returns ${describe(t)}; a carry keeps its shape`,
      );
    }
  });
}

/** Emits a graph inside a subgraph, over values of the given names, and declares its outputs. */
export function emitBody(context: SubgraphContext, { inputs, outputs }: Graph, names: readonly string[]): void {
  const results = context.expression(outputs, inputs, names);
  outputs.forEach((t, i) => void context.output(results[i]!, t.dtype, t.shape));
}

/** A zeroed buffer of the reference executor. */
export function bufferFor({ dtype, size }: { readonly dtype: DType; readonly size: number }): ReferenceBuffer {
  if (dtype === 'i32') return new Int32Array(size);
  if (dtype === 'bool') return new Uint8Array(size);
  return new Float64Array(size);
}
