import type { BufferFunction, Graph, Node, ReferenceBuffer } from '../../tensor/ir.js';
import { bufferFor } from '../scan/reference.js';
import type { WhileAttrs } from './parts.js';

/** Runs the compiled body while the compiled condition holds; carries alternate between two sets of buffers. */
export function prepareWhile(node: Node<WhileAttrs>, compile: (graph: Graph) => BufferFunction): BufferFunction {
  const { condition, body, carries, maxIterations } = node.attrs;
  const [test, step] = [compile(condition), compile(body)];
  const carryIn = body.inputs.slice(0, carries);
  const sets = [carryIn.map(bufferFor), carryIn.map(bufferFor)] as const;
  const running = bufferFor({ dtype: 'bool', size: 1 });
  return (inputs, outputs) => {
    const consts = inputs.slice(carries);
    let carry: readonly ReferenceBuffer[] = inputs.slice(0, carries);
    for (let n = 0; n < maxIterations; n++) {
      test([...carry, ...consts], [running]);
      if (running[0] === 0) break;
      step([...carry, ...consts], sets[n % 2]!);
      carry = sets[n % 2]!;
    }
    outputs.forEach((end, i) => void end.set(carry[i]!));
  };
}
