import { Identities, nodeKey } from '../../compile/key.js';
import type { ConvGeometry } from '../../ops/convolution/geometry.js';
import { onnxGeometry } from '../../ops/convolution/lowering.js';
import type { MatmulAttrs } from '../../ops/matmul.js';
import { batchNorm, layerNorm } from '../../ops/normalization.js';
import { mean, type ReduceAttrs } from '../../ops/reductions.js';
import { readCounts, topological } from '../../tensor/graph.js';
import { apply, type Tensor } from '../../tensor/ir.js';
import { splat } from '../../tensor/leaf.js';
import { sameShape } from '../../tensor/shape.js';
import { batchNormalization, biasedConv, biasedGemm, geluNode, layerNormalization, reduceMean } from './fused-ops.js';

/** What stands for an expression: made from those tensors of the expression that it reads. */
interface Match {
  readonly reads: readonly Tensor[];
  readonly make: (inputs: readonly Tensor[]) => Tensor;
}

/** What patterns may ask of the graph. */
interface Surroundings {
  /** Whether two tensors are the same expression of the same leaves. */
  same(a: Tensor, b: Tensor): boolean;
  /** Whether nobody but one node reads a tensor. */
  readOnce(t: Tensor): boolean;
}

type Pattern = (y: Tensor, graph: Surroundings) => Match | null;

/** The inputs of the node behind `t` when that is the named op, else none. */
const operands = (t: Tensor | undefined, name: string): readonly Tensor[] =>
  t?.node.op.name === name ? t.node.inputs : [];

const isSingle = (epsilon: number): boolean => Math.fround(epsilon) === epsilon;

const layerNormPattern: Pattern = (y, { same }) => {
  const [scaled, bias] = operands(y, 'add');
  const [normal, gain] = operands(scaled, 'mul');
  const [centred, factor] = operands(normal, 'mul');
  const [x] = operands(centred, 'sub');
  const [shifted] = operands(factor, 'rsqrt');
  const [, constant] = operands(shifted, 'add');
  const epsilon = constant && splat(constant);
  if (!x || !gain || !bias || epsilon === undefined) return null;
  const { rank } = gain;
  if (rank === 0 || !sameShape(gain.shape, x.shape.slice(-rank)) || !sameShape(gain.shape, bias.shape)) return null;
  // The attribute is in single precision, which a model in double precision must not lose its digits to.
  if (x.dtype === 'f64' && !isSingle(epsilon)) return null;
  const axes = gain.shape.map((_, i) => x.rank - rank + i);
  if (!same(y, layerNorm(x, { axes, gain, bias, epsilon }))) return null;
  const attrs = { axis: { int: -rank }, epsilon: { float: epsilon } };
  return { reads: [x, gain, bias], make: (inputs) => layerNormalization(inputs, y.shape, attrs) };
};

/** In double precision too, although ε is stored in single: readers must tell the running statistics from parameters. */
const batchNormPattern: Pattern = (y, { same }) => {
  const [product, shifts] = operands(y, 'add');
  const [x] = operands(product, 'mul');
  const [bias, moved] = operands(operands(shifts, 'reshape')[0], 'sub');
  const [average, scale] = operands(moved, 'mul');
  const [root, gain] = operands(scale, 'mul');
  const [variance, constant] = operands(operands(root, 'rsqrt')[0], 'add');
  const epsilon = constant && splat(constant);
  if (!x || !bias || !average || !gain || !variance || epsilon === undefined || x.rank < 2) return null;
  const channels = [x.shape[1]!];
  if (![bias, average, gain, variance].every(({ shape }) => sameShape(shape, channels))) return null;
  if (!same(y, batchNorm(x, { gain, bias, mean: average, variance, epsilon }).output)) return null;
  const attrs = { epsilon: { float: epsilon } };
  return {
    reads: [x, gain, bias, average, variance],
    make: (inputs) => batchNormalization(inputs, y.shape, attrs),
  };
};

const meanPattern: Pattern = (y, { same }) => {
  const [sum, factor] = operands(y, 'mul');
  if (sum === undefined || factor === undefined || splat(factor) === undefined) return null;
  const flat = operands(sum, 'reshape')[0] ?? sum;
  const [x] = operands(flat, 'sum');
  if (x === undefined) return null;
  const { axes } = flat.node.attrs as ReduceAttrs;
  if (!same(y, mean(x, axes, flat !== sum))) return null;
  const attrs = { axes: { ints: axes }, keepdims: { int: flat === sum ? 0 : 1 } };
  return { reads: [x], make: (inputs) => reduceMean(inputs, y.shape, attrs) };
};

/** A·B + bias, also where the rows of the product are split into several axes before the bias is added. */
const gemmPattern: Pattern = (y, { readOnce }) => {
  const [before, bias] = operands(y, 'add');
  if (!before || bias?.rank !== 1 || before.shape.at(-1) !== bias.shape[0] || !readOnce(before)) return null;
  const product = operands(before, 'reshape')[0] ?? before;
  const [a, b] = operands(product, 'matmul');
  if (a?.rank !== 2 || b?.rank !== 2 || product.shape[1] !== bias.shape[0] || !readOnce(product)) return null;
  const { transA, transB } = product.node.attrs as MatmulAttrs;
  const attrs = { transA: { int: Number(transA) }, transB: { int: Number(transB) } };
  return { reads: [a, b, bias], make: (inputs) => biasedGemm(inputs, product.shape, attrs).reshape(y.shape) };
};

/** The kernel exists in single precision only. */
const convPattern: Pattern = (y, { readOnce }) => {
  const [before, broad] = operands(y, 'add');
  const [x, weight] = operands(before, 'conv');
  const [bias] = operands(broad, 'reshape');
  if (!x || !weight || bias?.rank !== 1 || y.dtype !== 'f32' || y.size === 0 || !readOnce(before!)) return null;
  const channels = y.shape.map((d, i) => (i === 1 ? d : 1));
  if (bias.shape[0] !== y.shape[1] || !sameShape(broad!.shape, channels)) return null;
  const attrs = onnxGeometry({ kernel: weight.shape.slice(2) }, before!.node.attrs as ConvGeometry);
  return { reads: [x, weight, bias], make: (inputs) => biasedConv(inputs, y.shape, attrs) };
};

/** The kernel exists in single precision only. */
const geluPattern: Pattern = (y) => {
  const [x] = operands(y, 'gelu');
  return x?.dtype === 'f32' ? { reads: [x], make: (inputs) => geluNode(inputs, y.shape) } : null;
};

/** What is worth it in a program that only runs: ONNX Runtime finds the others itself or gains nothing by them. */
export const executionPatterns: readonly Pattern[] = [convPattern];

/** What makes a file readable and quick in other tools. */
export const filePatterns: readonly Pattern[] = [
  layerNormPattern,
  batchNormPattern,
  gemmPattern,
  convPattern,
  meanPattern,
  geluPattern,
];

/** The graph that `outputs` reach, as patterns see it. */
function surroundings(outputs: readonly Tensor[]): Surroundings {
  const reads = readCounts(topological(outputs), outputs);
  const ids = new Identities();
  const table = new Map<string, readonly Tensor[]>();
  const known = new Map<Tensor, Tensor>();
  const canonical = (t: Tensor): Tensor => {
    for (const node of topological([t], new Set(known.keys()))) {
      const inputs = node.inputs.map((x) => known.get(x)!);
      const key = nodeKey(node, inputs, ids);
      const first = table.get(key) ?? node.outputs;
      table.set(key, first);
      node.outputs.forEach((out, i) => {
        known.set(out, first[i]!);
      });
    }
    return known.get(t)!;
  };
  return { same: (a, b) => canonical(a) === canonical(b), readOnce: (t) => reads.get(t) === 1 };
}

/**
 * Writes what `patterns` find as ONNX operators: layer and batch normalisation, means, GELU and the biases of products and
 * convolutions. Each is recognised by comparing the graph with what the function of that name in `osculate/ops` builds. Bodies of
 * loops are left as they are.
 */
export function fuse(outputs: readonly Tensor[], patterns: readonly Pattern[]): Tensor[] {
  const graph = surroundings(outputs);
  const replaced = new Map<Tensor, Tensor>();
  const now = (t: Tensor): Tensor => replaced.get(t) ?? t;
  for (const node of topological(outputs)) {
    const y = node.outputs[0]!;
    const match = patterns.reduce<Match | null>((found, pattern) => found ?? pattern(y, graph), null);
    if (match) replaced.set(y, match.make(match.reads.map(now)));
    else if (node.inputs.some((t) => replaced.has(t))) {
      const results = apply(node.op, node.inputs.map(now), node.attrs);
      node.outputs.forEach((t, i) => {
        replaced.set(t, results[i]!);
      });
    }
  }
  return outputs.map(now);
}
