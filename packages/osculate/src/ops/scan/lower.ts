import type { Graph, LowerContext, Node, SubgraphContext } from '../../tensor/ir.js';
import { ndarray } from '../../tensor/ndarray.js';
import { groups, type ScanAttrs } from './parts.js';

/** Emits a graph inside a subgraph, over values of the given names, and declares its outputs. */
export function emitBody(context: SubgraphContext, { inputs, outputs }: Graph, names: readonly string[]): void {
  const results = context.expression(outputs, inputs, names);
  outputs.forEach((t, i) => void context.output(results[i]!, t.dtype, t.shape));
}

/** No step is run: the carries pass, the stacks are empty. */
function lowerEmpty(context: LowerContext, node: Node<ScanAttrs>, init: readonly string[]): string[] {
  const ys = node.outputs.slice(node.attrs.carries).map((t) => context.constant(ndarray(t.dtype, [], t.shape)));
  return [...init.map((name) => context.emit('Identity', [name])), ...ys];
}

/** ONNX Scan. Consts are captured from the outer scope by name; a scan without xs runs over a dummy one that gives its length. */
export function lowerScan(context: LowerContext, node: Node<ScanAttrs>, inputs: readonly string[]): readonly string[] {
  const { body, carries, length, reverse } = node.attrs;
  const [init, given, consts] = groups(inputs, node.attrs);
  if (length === 0) return lowerEmpty(context, node, init);
  const xs = given.length > 0 ? given : [context.constant(ndarray('bool', new Uint8Array(length)))];
  const [carryIn, xIn] = groups(body.inputs, node.attrs);
  const step = context.subgraph((sub) => {
    const names = [...carryIn, ...xIn].map((t) => sub.input(t.dtype, t.shape));
    if (given.length === 0) sub.input('bool', []);
    emitBody(sub, body, [...names, ...consts]);
  });
  const direction = reverse ? 1 : 0;
  const stacks = body.outputs.length - carries;
  const attrs = {
    body: { graph: step },
    num_scan_inputs: { int: xs.length },
    scan_input_directions: { ints: xs.map(() => direction) },
    ...(stacks > 0 ? { scan_output_directions: { ints: new Array<number>(stacks).fill(direction) } } : {}),
  };
  return context.emitMany('Scan', [...init, ...xs], attrs, node.outputs.length);
}
