import { topological } from './graph.js';
import { apply, type Tensor } from './ir.js';

/** The graph of `outputs` with `from[i]` replaced by `to[i]` of the same shape and dtype; the rest is shared. */
export function substitute(outputs: readonly Tensor[], from: readonly Tensor[], to: readonly Tensor[]): Tensor[] {
  const replaced = new Map<Tensor, Tensor>(from.map((t, i) => [t, to[i]!]));
  for (const node of topological(outputs, new Set(from))) {
    if (!node.inputs.some((t) => replaced.has(t))) continue;
    const result = apply(
      node.op,
      node.inputs.map((t) => replaced.get(t) ?? t),
      node.attrs,
    );
    node.outputs.forEach((out, i) => {
      if (!replaced.has(out)) replaced.set(out, result[i]!);
    });
  }
  return outputs.map((t) => replaced.get(t) ?? t);
}
