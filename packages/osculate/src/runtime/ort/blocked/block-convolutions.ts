import type { ConvGeometry } from '../../../ops/convolution/geometry.js';
import { onnxGeometry } from '../../../ops/convolution/lowering.js';
import type { PoolAttrs } from '../../../ops/pooling/geometry.js';
import { onnxMaxPool } from '../../../ops/pooling/max-pool.js';
import { readCounts, topological } from '../../../tensor/graph.js';
import { apply, type LoweredAttr, type Node, type Tensor } from '../../../tensor/ir.js';
import { blockedConv, blockedMaxPool, intoBlocks, outOfBlocks } from './blocked-ops.js';

type OnnxAttrs = Readonly<Record<string, LoweredAttr>>;

/** Fewer results for each filter do not repay that the filters are laid out again in every run. */
const leastPositions = 256;

/** The ONNX attributes of a convolution with or without a bias; null for other nodes. */
function convolutionAttrs({ op, attrs, inputs }: Node): OnnxAttrs | null {
  if (op.name === 'Conv') return (attrs as { onnx: OnnxAttrs }).onnx;
  return op.name === 'conv' ? onnxGeometry({ kernel: inputs[1]!.shape.slice(2) }, attrs as ConvGeometry) : null;
}

/** Filters [o, i, …kernel] in the order of blocked convolutions, under their own shape. */
function blockedFilters(w: Tensor, block: number): Tensor {
  const [o, i, h, k] = w.shape as [number, number, number, number];
  const parted =
    i < block
      ? w.reshape([o / block, block, i, h, k]).transpose([0, 2, 3, 4, 1])
      : w.reshape([o / block, block, i / block, block, h, k]).transpose([0, 2, 4, 5, 3, 1]);
  return parted.reshape(w.shape);
}

class Blocking {
  private readonly plain = new Map<Tensor, Tensor>();
  /** Results in blocks, under the shape that they have without. */
  private readonly blocked = new Map<Tensor, Tensor>();
  private reads: ReadonlyMap<Tensor, number> = new Map();

  constructor(private readonly block: number) {}

  rewrite(outputs: readonly Tensor[]): Tensor[] {
    const nodes = topological(outputs);
    this.reads = readCounts(nodes, outputs);
    for (const node of nodes) this.visit(node);
    return outputs.map((t) => this.plainOf(t));
  }

  private visit(node: Node): void {
    const blocked = this.convolution(node) ?? this.relu(node) ?? this.maxPool(node);
    if (blocked !== null) {
      this.blocked.set(node.outputs[0]!, blocked);
    } else if (node.inputs.some((t) => this.plain.has(t) || this.blocked.has(t))) {
      const results = apply(
        node.op,
        node.inputs.map((t) => this.plainOf(t)),
        node.attrs,
      );
      node.outputs.forEach((t, i) => void this.plain.set(t, results[i]!));
    }
  }

  private plainOf(t: Tensor): Tensor {
    const known = this.plain.get(t);
    if (known) return known;
    const blocked = this.blocked.get(t);
    if (!blocked) return t;
    const out = outOfBlocks([blocked], t.shape, { channels: { int: t.shape[1]! } });
    this.plain.set(t, out);
    return out;
  }

  private blockedOf(t: Tensor): Tensor {
    const known = this.blocked.get(t) ?? intoBlocks([this.plainOf(t)], t.shape);
    this.blocked.set(t, known);
    return known;
  }

  /** Filters that are constants ONNX Runtime lays out itself, once for all runs. */
  private fits({ inputs, outputs }: Node, { group }: OnnxAttrs): boolean {
    const [x, w] = inputs as [Tensor, Tensor];
    const y = outputs[0]!;
    const channels = x.shape[1]!;
    return (
      (group as { int: number }).int === 1 &&
      y.dtype === 'f32' &&
      y.rank === 4 &&
      y.shape[1]! % this.block === 0 &&
      channels > 0 &&
      (channels < this.block || channels % this.block === 0) &&
      y.size / y.shape[1]! >= leastPositions &&
      w.node.op.name !== 'constant'
    );
  }

  private convolution(node: Node): Tensor | null {
    const attrs = convolutionAttrs(node);
    if (attrs === null || !this.fits(node, attrs)) return null;
    const [x, w, ...bias] = node.inputs as [Tensor, Tensor, ...Tensor[]];
    const filters = blockedFilters(this.plainOf(w), this.block);
    // An image of fewer channels than a block is read as it is.
    const image = x.shape[1]! < this.block ? this.plainOf(x) : this.blockedOf(x);
    return blockedConv([image, filters, ...bias.map((b) => this.plainOf(b))], node.outputs[0]!.shape, attrs);
  }

  private relu({ op, attrs, inputs, outputs }: Node): Tensor | null {
    const [x] = inputs;
    const blocked = op.name === 'relu' ? this.blocked.get(x!) : undefined;
    if (!blocked) return null;
    const { node } = blocked;
    if (node.op.name !== 'Conv' || this.reads.get(x!) !== 1) return apply(op, [blocked], attrs)[0]!;
    const { onnx } = node.attrs as { onnx: OnnxAttrs };
    return blockedConv(node.inputs, outputs[0]!.shape, { ...onnx, activation: { string: 'Relu' } });
  }

  private maxPool({ op, attrs, inputs, outputs }: Node): Tensor | null {
    const blocked = op.name === 'maxPool' ? this.blocked.get(inputs[0]!) : undefined;
    return blocked ? blockedMaxPool([blocked], outputs[0]!.shape, onnxMaxPool(attrs as PoolAttrs)) : null;
  }
}

/**
 * Convolutions of images in single precision by kernels that take `block` channels at a time, with the activations and poolings between
 * them: without intermediate matrices of patches they run 2 to 4 times as fast. Filters are put in their order in the graph.
 */
export function blockConvolutions(outputs: readonly Tensor[], block: number): Tensor[] {
  return new Blocking(block).rewrite(outputs);
}
