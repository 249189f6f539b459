import type { DType } from '../../tensor/dtype.js';
import type { BufferFunction, Graph, Node, ReferenceBuffer, Tensor } from '../../tensor/ir.js';
import { groups, type ScanAttrs } from './parts.js';

/** A zeroed buffer of the reference executor. */
export function bufferFor({ dtype, size }: { readonly dtype: DType; readonly size: number }): ReferenceBuffer {
  if (dtype === 'i32') return new Int32Array(size);
  if (dtype === 'bool') return new Uint8Array(size);
  return new Float64Array(size);
}

/** Step t of a stacked buffer: a view, not a copy. */
function slice(buffer: ReferenceBuffer, t: number, { size }: Tensor): ReferenceBuffer {
  return buffer.subarray(t * size, (t + 1) * size);
}

/** Runs the compiled body once a step. Slices are views of the stacked buffers; carries alternate between two sets of buffers. */
export function prepareScan(node: Node<ScanAttrs>, compile: (graph: Graph) => BufferFunction): BufferFunction {
  const { body, carries, length, reverse } = node.attrs;
  const step = compile(body);
  const [carryIn, xIn] = groups(body.inputs, node.attrs);
  const yOut = body.outputs.slice(carries);
  const sets = [carryIn.map(bufferFor), carryIn.map(bufferFor)] as const;
  return (inputs, outputs) => {
    const [init, xs, consts] = groups(inputs, node.attrs);
    const ends = outputs.slice(0, carries);
    if (length === 0) ends.forEach((end, i) => void end.set(init[i]!));
    let carry: readonly ReferenceBuffer[] = init;
    for (let n = 0; n < length; n++) {
      const t = reverse ? length - 1 - n : n;
      const next = n === length - 1 ? ends : sets[n % 2]!;
      const slices = xs.map((x, i) => slice(x, t, xIn[i]!));
      const ys = yOut.map((y, i) => slice(outputs[carries + i]!, t, y));
      step([...carry, ...slices, ...consts], [...next, ...ys]);
      carry = next;
    }
  };
}
