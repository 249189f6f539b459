import type { AnyTypedArray, DType } from '../tensor/dtype.js';
import { topological } from '../tensor/graph.js';
import type { BufferFunction, Graph, Node, ReferenceBuffer, ScalarFunction, Tensor } from '../tensor/ir.js';
import { constantValue, isConstant } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import { type Shape, sizeOf, stridesOf } from '../tensor/shape.js';

/** A zeroed buffer of the reference executor for a dtype: float64 for floats and i64. */
export function referenceBuffer(dtype: DType, size: number): ReferenceBuffer {
  if (dtype === 'i32') return new Int32Array(size);
  if (dtype === 'bool') return new Uint8Array(size);
  return new Float64Array(size);
}

/** The buffer that holds an array's values. */
export function toReference(dtype: DType, data: AnyTypedArray): ReferenceBuffer {
  if (dtype === 'i32' || dtype === 'bool') return data as Int32Array | Uint8Array;
  if (dtype === 'f64') return data as Float64Array;
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}

/** Flat source index for every element of `shape` under the given offset and strides. */
function stridedIndices(shape: Shape, offset: number, strides: readonly number[]): Int32Array {
  const out = new Int32Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let at = offset;
  for (let i = 0; i < out.length; i++) {
    out[i] = at;
    for (let d = shape.length - 1; d >= 0; d--) {
      at += strides[d]!;
      if (++index[d]! < shape[d]!) break;
      at -= strides[d]! * shape[d]!;
      index[d] = 0;
    }
  }
  return out;
}

function broadcastIndices(from: Shape, to: Shape): Int32Array | null {
  if (from.length === to.length && from.every((d, i) => d === to[i])) return null;
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  return stridedIndices(
    to,
    0,
    to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : strides[i - lead]!)),
  );
}

function elementwise(node: Node, { fn }: ScalarFunction): BufferFunction {
  const out = node.outputs[0]!;
  const maps = node.inputs.map((t) => broadcastIndices(t.shape, out.shape));
  const args = new Array<number>(node.inputs.length);
  return (inputs, outputs) => {
    const to = outputs[0]!;
    for (let i = 0; i < to.length; i++) {
      for (let k = 0; k < args.length; k++) {
        const map = maps[k];
        args[k] = inputs[k]![map ? map[i]! : i]!;
      }
      to[i] = fn(...args);
    }
  };
}

function reduce(node: Node, axes: readonly number[], init: number, { fn }: ScalarFunction): BufferFunction {
  const { shape } = node.inputs[0]!;
  const kept = stridesOf(node.outputs[0]!.shape);
  let next = 0;
  const strides = shape.map((_, i) => (axes.includes(i) ? 0 : kept[next++]!));
  const target = stridedIndices(shape, 0, strides);
  // An integer fold starts from its dtype's end where the op's initial value is infinite.
  const start = node.outputs[0]!.dtype === 'i32' ? Math.min(Math.max(init, -2147483648), 2147483647) : init;
  return ([from], [to]) => {
    to!.fill(start);
    for (let i = 0; i < target.length; i++) to![target[i]!] = fn(to![target[i]!]!, from![i]!);
  };
}

/** Prepares one node's reference kernel. */
function prepareNode(node: Node): BufferFunction {
  const kernel = node.op.reference;
  switch (kernel.kind) {
    case 'elementwise':
      return elementwise(node, kernel.scalar(node));
    case 'view':
      return ([from], [to]) => to!.set(from!);
    case 'strided': {
      const { offset, strides } = kernel.map(node);
      const map = stridedIndices(node.outputs[0]!.shape, offset, strides);
      return ([from], [to]) => {
        for (let i = 0; i < map.length; i++) to![i] = from![map[i]!]!;
      };
    }
    case 'reduce':
      return reduce(node, kernel.axes(node), kernel.init, kernel.step);
    case 'kernel':
      return kernel.prepare(node, prepareGraph);
  }
}

/**
 * Prepares a graph for interpretation, node by node in topological order, in float64. The slow and simple way to run it:
 * what generated code is checked against, and what constants are folded with.
 */
export function prepareGraph(graph: Graph): BufferFunction {
  const buffers = new Map<Tensor, ReferenceBuffer>();
  const steps: (() => void)[] = [];
  const stop = new Set(graph.inputs);
  for (const node of topological(graph.outputs, stop)) {
    const first = node.outputs[0]!;
    if (isConstant(first)) {
      buffers.set(first, toReference(first.dtype, constantValue(first).data));
      continue;
    }
    if (node.inputs.length === 0)
      throw new Error(`evaluate: input tensor is not among the graph's inputs: ${node.op.name}`);
    for (const t of node.outputs) buffers.set(t, referenceBuffer(t.dtype, t.size));
    const run = prepareNode(node);
    const outputs = node.outputs.map((t) => buffers.get(t)!);
    steps.push(() =>
      run(
        node.inputs.map((t) => buffers.get(t)!),
        outputs,
      ),
    );
  }
  return (inputs, outputs) => {
    graph.inputs.forEach((t, i) => {
      buffers.set(t, inputs[i]!);
    });
    for (const step of steps) step();
    graph.outputs.forEach((t, i) => {
      outputs[i]!.set(buffers.get(t)!);
    });
  };
}

/** The outputs of one node for given input arrays, as plain numbers. */
export function evaluateNode(node: Node, inputs: readonly NDArray[]): ReferenceBuffer[] {
  const outputs = node.outputs.map((t) => referenceBuffer(t.dtype, t.size));
  prepareNode(node)(
    inputs.map((a) => toReference(a.dtype, a.data)),
    outputs,
  );
  return outputs;
}
