import { apply, type Node, type Tensor, type Transforms } from '../../tensor/ir.js';
import { placeholder, present, scatter, zerosLike } from '../scan/placeholders.js';
import type { WhileAttrs } from './parts.js';

type Maybe = Tensor | null;

/** Forward mode: one loop over primal carries and their tangents together, under the condition of the primal ones. */
export function whileJvp(node: Node<WhileAttrs>, tangents: readonly Maybe[], transforms: Transforms): Maybe[] {
  const { condition, body, carries, maxIterations } = node.attrs;
  const inputs = body.inputs.map((t, i) => (tangents[i] ? placeholder('while tangent', t) : null));
  let outputs: readonly Maybe[];
  for (let grown = true; grown; ) {
    outputs = transforms.jvp(body.outputs, body.inputs, inputs);
    grown = false;
    for (let i = 0; i < carries; i++) {
      if (!outputs[i] || inputs[i]) continue;
      inputs[i] = placeholder('while tangent', body.inputs[i]!);
      grown = true;
    }
  }
  const moving = inputs.slice(0, carries);
  const next = moving.flatMap((t, i) => (t ? [outputs![i] ?? zerosLike(t)] : []));
  const start = moving.flatMap((t, i) => (t ? [tangents[i] ?? zerosLike(t)] : []));
  const constTangents = present(inputs.slice(carries));
  const join = (primal: readonly Tensor[]): Tensor[] => [
    ...primal.slice(0, carries),
    ...present(moving),
    ...primal.slice(carries),
    ...constTangents,
  ];
  const attrs: WhileAttrs = {
    condition: { inputs: join(condition.inputs), outputs: condition.outputs },
    body: { inputs: join(body.inputs), outputs: [...body.outputs, ...next] },
    carries: carries + start.length,
    maxIterations,
  };
  const given = [...node.inputs.slice(0, carries), ...start, ...node.inputs.slice(carries)];
  const result = apply(node.op, [...given, ...present(tangents.slice(carries))], attrs);
  return scatter(moving, result.slice(carries));
}
