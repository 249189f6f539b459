import { isFloat, type Node, type Tensor, topological } from 'osculate/tensor';

/** Which parameters an output can be differentiated by. */
export interface Derivatives {
  readonly output: string;
  readonly differentiable: readonly string[];
  /** Parameters that the output depends on, but without a derivative, and why. */
  readonly blocked: readonly { readonly parameters: readonly string[]; readonly reason: string }[];
  /** Parameters that the output does not depend on. */
  readonly unrelated: readonly string[];
}

/** False where a derivative ends; loops whose length depends on data have none in reverse mode. */
const passes = ({ op, outputs }: Node): boolean =>
  op.differentiable && op.name !== 'while' && outputs.some((t) => isFloat(t.dtype));

/** Tensors that `output` depends on through nodes that `open` lets pass. */
function behind(order: readonly Node[], output: Tensor, open: (node: Node, t: Tensor) => boolean): Set<Tensor> {
  const found = new Set([output]);
  for (const node of [...order].reverse()) {
    if (!node.outputs.some((t) => found.has(t))) continue;
    for (const t of node.inputs) if (open(node, t)) found.add(t);
  }
  return found;
}

/** The ops that stand between a parameter and an output. */
function blockers(order: readonly Node[], parameter: Tensor): string {
  const active = new Set([parameter]);
  const names = new Set<string>();
  for (const node of order) {
    if (!node.inputs.some((t) => active.has(t))) continue;
    for (const t of node.outputs) active.add(t);
    const float = node.inputs.some((t) => active.has(t) && isFloat(t.dtype));
    if (float && !passes(node)) names.add(node.op.name);
  }
  return `only through ${[...names].join(', ')}, which has no derivative`;
}

/** What can be differentiated of one output of a traced model, read off the graph. */
export function derivativesOf(
  name: string,
  output: Tensor,
  weights: readonly (readonly [string, Tensor])[],
): Derivatives {
  const order = topological([output]);
  const all = behind(order, output, () => true);
  const smooth = isFloat(output.dtype)
    ? behind(order, output, (node, t) => passes(node) && isFloat(t.dtype))
    : new Set<Tensor>();
  const names = (list: typeof weights): string[] => list.map(([parameter]) => parameter);
  const blocked = new Map<string, string[]>();
  for (const [parameter, t] of weights) {
    if (!all.has(t) || smooth.has(t)) continue;
    const reason = isFloat(output.dtype) ? blockers(order, t) : `the output is ${output.dtype}`;
    blocked.set(reason, [...(blocked.get(reason) ?? []), parameter]);
  }
  return {
    output: name,
    differentiable: names(weights.filter(([, t]) => smooth.has(t))),
    blocked: [...blocked].map(([reason, parameters]) => ({ parameters, reason })),
    unrelated: names(weights.filter(([, t]) => !all.has(t))),
  };
}
