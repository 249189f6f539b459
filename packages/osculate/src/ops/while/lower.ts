import type { LowerContext, Node } from '../../tensor/ir.js';
import { ndarray } from '../../tensor/ndarray.js';
import { emitBody } from '../scan/lower.js';
import type { WhileAttrs } from './parts.js';

/** ONNX Loop: the condition is computed once before the loop and at the end of every step. Consts are captured by name. */
export function lowerWhile(
  context: LowerContext,
  node: Node<WhileAttrs>,
  inputs: readonly string[],
): readonly string[] {
  const { condition, body, carries, maxIterations } = node.attrs;
  const [init, consts] = [inputs.slice(0, carries), inputs.slice(carries)];
  const [start] = context.expression(condition.outputs, condition.inputs, inputs);
  const carryIn = body.inputs.slice(0, carries);
  const loop = context.subgraph((sub) => {
    sub.input('i64', []);
    sub.input('bool', []);
    const names = carryIn.map((t) => sub.input(t.dtype, t.shape));
    const next = sub.expression(body.outputs, body.inputs, [...names, ...consts]);
    emitBody(sub, condition, [...next, ...consts]);
    body.outputs.forEach((t, i) => void sub.output(next[i]!, t.dtype, t.shape));
  });
  const trips = context.constant(ndarray('i64', [Math.min(maxIterations, Number.MAX_SAFE_INTEGER)], []));
  return context.emitMany('Loop', [trips, start!, ...init], { body: { graph: loop } }, carries);
}
