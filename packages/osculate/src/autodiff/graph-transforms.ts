import { describe } from '../tensor/describe.js';
import { isFloat } from '../tensor/dtype.js';
import { DTypeError, ShapeError } from '../tensor/errors.js';
import { topological } from '../tensor/graph.js';
import type { Node, Tensor, Transforms } from '../tensor/ir.js';
import { sameShape } from '../tensor/shape.js';

type Maybe = Tensor | null;

/** Throws unless a tangent or cotangent (null: zero) has the shape and the float dtype of its primal. */
export function checkTangent(what: string, primal: Tensor, tangent: Maybe): void {
  if (tangent === null) return;
  if (!isFloat(primal.dtype))
    throw new DTypeError(`${what}: ${describe(primal)} has no derivative: its dtype is not a float`);
  if (!sameShape(primal.shape, tangent.shape) || primal.dtype !== tangent.dtype) {
    throw new ShapeError(`${what}: ${describe(tangent)} does not match ${describe(primal)} in shape and dtype`);
  }
}

/**
 * Forward mode. Tangents of `outputs` when `wrt[i]` moves along `tangents[i]` (null: does not move); null where an
 * output does not depend on what moves. `wrt` may be any tensors of the graph: what they were computed from is then
 * held apart, and only the paths from them count. Nodes shared with the primal graph are used, not copied.
 */
export function jvpGraph(outputs: readonly Tensor[], wrt: readonly Tensor[], tangents: readonly Maybe[]): Maybe[] {
  const tangentOf = new Map<Tensor, Tensor>();
  wrt.forEach((x, i) => {
    checkTangent('jvp', x, tangents[i] ?? null);
    if (tangents[i]) tangentOf.set(x, tangents[i]!);
  });
  const stop = new Set(wrt);
  for (const node of topological(outputs, stop)) {
    if (!node.op.differentiable) continue;
    const incoming = node.inputs.map((t) => (isFloat(t.dtype) ? (tangentOf.get(t) ?? null) : null));
    if (incoming.every((t) => t === null)) continue;
    const outgoing = node.op.jvp(node, incoming, transforms);
    node.outputs.forEach((out, i) => {
      const t = outgoing[i];
      if (t && isFloat(out.dtype) && !stop.has(out)) {
        checkTangent(`jvp of ${node.op.name}`, out, t);
        tangentOf.set(out, t);
      }
    });
  }
  return outputs.map((out) => tangentOf.get(out) ?? null);
}

function linearNodes(outputs: readonly Tensor[], inputs: readonly Tensor[]): { order: Node[]; linear: Set<Tensor> } {
  const linear = new Set(inputs);
  const order: Node[] = [];
  for (const node of topological(outputs, new Set(inputs))) {
    if (!node.inputs.some((t) => linear.has(t))) continue;
    order.push(node);
    for (const out of node.outputs) linear.add(out);
  }
  return { order, linear };
}

/**
 * Reverse mode's second half. `outputs` must be linear in `inputs` (a graph of tangents); gives Jᵀ·cotangents, with null
 * where no path leads. Cost: about that of the linear graph itself.
 */
export function transposeGraph(
  outputs: readonly Maybe[],
  inputs: readonly Tensor[],
  cotangents: readonly Maybe[],
): Maybe[] {
  const cotangentOf = new Map<Tensor, Tensor>();
  const accumulate = (t: Tensor, ct: Tensor): void => {
    checkTangent('transpose', t, ct);
    const sum = cotangentOf.get(t);
    cotangentOf.set(t, sum ? sum.add(ct) : ct);
  };
  const { order, linear } = linearNodes(
    outputs.filter((t) => t !== null),
    inputs,
  );
  outputs.forEach((out, i) => {
    const ct = cotangents[i];
    if (out && ct && linear.has(out)) accumulate(out, ct);
  });
  for (const node of order.reverse()) {
    const outgoing = node.outputs.map((t) => cotangentOf.get(t) ?? null);
    if (outgoing.every((ct) => ct === null)) continue;
    if (!node.op.transpose)
      throw new Error(`transpose: ${node.op.name} is in a tangent graph but has no transpose rule`);
    const mask = node.inputs.map((t) => linear.has(t));
    const incoming = node.op.transpose(node, outgoing, mask, transforms);
    node.inputs.forEach((t, i) => {
      const ct = incoming[i];
      if (mask[i] && ct) accumulate(t, ct);
    });
  }
  return inputs.map((t) => cotangentOf.get(t) ?? null);
}

/**
 * The graph of `outputs` with `from[i]` replaced by `to[i]`, which carries a leading batch axis of `size`. Whatever does
 * not depend on `from` is shared and stays unbatched.
 */
export function batchGraph(
  outputs: readonly Tensor[],
  from: readonly Tensor[],
  to: readonly Tensor[],
  size: number,
): { outputs: Tensor[]; batched: boolean[] } {
  const replaced = new Map<Tensor, Tensor>();
  from.forEach((t, i) => {
    const target = to[i]!;
    if (!sameShape([size, ...t.shape], target.shape) || t.dtype !== target.dtype) {
      throw new ShapeError(`vmap: ${describe(target)} is not a batch of ${size} of ${describe(t)}`);
    }
    replaced.set(t, target);
  });
  for (const node of topological(outputs, new Set(from))) {
    const batched = node.inputs.map((t) => replaced.has(t));
    if (!batched.includes(true)) continue;
    const inputs = node.inputs.map((t) => replaced.get(t) ?? t);
    const result = node.op.batch(node, inputs, batched, size, transforms);
    node.outputs.forEach((out, i) => {
      if (!sameShape([size, ...out.shape], result[i]!.shape)) {
        throw new Error(`vmap: the batching rule of ${node.op.name} gave ${describe(result[i]!)} for ${describe(out)}`);
      }
      if (!replaced.has(out)) replaced.set(out, result[i]!);
    });
  }
  return { outputs: outputs.map((t) => replaced.get(t) ?? t), batched: outputs.map((t) => replaced.has(t)) };
}

/** The transforms as structured ops receive them. */
const transforms: Transforms = { jvp: jvpGraph, transpose: transposeGraph, batch: batchGraph };
