import { describe } from '../tensor/describe.js';
import { topological } from '../tensor/graph.js';
import { checkTensors, type Graph, type Node, type Tensor } from '../tensor/ir.js';
import { isInput } from '../tensor/leaf.js';
import { sameShape } from '../tensor/shape.js';

/** The graphs among a node's attributes: bodies of structured ops. */
export function bodiesOf(node: Node): Graph[] {
  return Object.values(node.attrs).filter(
    (v): v is Graph => typeof v === 'object' && v !== null && Array.isArray(v.inputs) && Array.isArray(v.outputs),
  );
}

function verifyNode(node: Node): void {
  const inferred = node.op.infer(node.inputs, node.attrs);
  if (inferred.length !== node.outputs.length) {
    throw new Error(
      `verify: ${node.op.name} has ${node.outputs.length} outputs, its shape rule gives ${inferred.length}`,
    );
  }
  node.outputs.forEach((t, i) => {
    const { shape, dtype } = inferred[i]!;
    if (t.dtype !== dtype || !sameShape(t.shape, shape)) {
      throw new Error(`verify: ${describe(t)} should be ${dtype} [${shape.join(', ')}] by its shape rule`);
    }
  });
}

/**
 * Checks a graph after a transform: every node agrees with its op's shape rule, and every leaf that is an input is one of
 * `inputs`. Bodies of structured ops are checked too. A failure is a bug of a pass, never of the user.
 * @example
 * const x = input('x', 'f64', [3]);
 * verify([x.exp().sum()], [x]);
 */
export function verify(outputs: readonly Tensor[], inputs: readonly Tensor[]): void {
  checkTensors('verify: the outputs', outputs);
  checkTensors('verify: the inputs', inputs);
  const declared = new Set(inputs);
  for (const node of topological(outputs)) {
    const first = node.outputs[0]!;
    if (isInput(first)) {
      if (!declared.has(first))
        throw new Error(`verify: the graph reads ${describe(first)}, which is not one of its inputs`);
      continue;
    }
    verifyNode(node);
    for (const body of bodiesOf(node)) verify(body.outputs, body.inputs);
  }
}
