import { topological } from '../../tensor/graph.js';
import type { Graph, Node, ScalarFunction, Tensor } from '../../tensor/ir.js';
import { isConstant, splat } from '../../tensor/leaf.js';
import type { Shape } from '../../tensor/shape.js';
import {
  type Access,
  broadcast,
  compose,
  contiguous,
  isContiguous,
  reshapeAccess,
  squeeze,
  squeezeShape,
} from './access.js';

/** A value that a loop reads: `base`'s storage (or its value in the same loop), or a number. */
export interface Operand {
  readonly base: Tensor;
  /** Over the axes of the loop's domain. */
  readonly access: Access;
  /** The number that the tensor holds everywhere. */
  readonly literal: number | undefined;
}

/** One value per element of the domain: an elementwise op, or a copy (`scalar` null) that gives a tensor storage of its own. */
export interface PointUnit {
  readonly kind: 'point';
  readonly outputs: readonly [Tensor];
  readonly domain: Shape;
  readonly operands: readonly Operand[];
  readonly scalar: ScalarFunction | null;
}

/** A fold over the domain in row-major order; axes with stride 0 in `target` are folded. */
export interface ReduceUnit {
  readonly kind: 'reduce';
  readonly outputs: readonly [Tensor];
  readonly domain: Shape;
  readonly operands: readonly [Operand];
  readonly target: Access;
  readonly reduced: readonly boolean[];
  readonly init: number;
  readonly step: ScalarFunction;
}

/** An op with a routine of its own over whole, contiguous storages. */
export interface KernelUnit {
  readonly kind: 'kernel';
  readonly outputs: readonly Tensor[];
  readonly node: Node;
  readonly inputs: readonly Tensor[];
}

export type Unit = PointUnit | ReduceUnit | KernelUnit;

/** The tensors whose storages or values a unit reads. */
export function readsOf(unit: Unit): Tensor[] {
  if (unit.kind === 'kernel') return [...unit.inputs];
  return unit.operands.filter((o) => o.literal === undefined).map((o) => o.base);
}

interface Source {
  readonly base: Tensor;
  readonly access: Access;
}

/** First and last value that a fold of integers or booleans can start from where the op's initial value is infinite. */
function initialValue(t: Tensor, init: number): number {
  if (t.dtype === 'i32') return Math.min(Math.max(init, -2147483648), 2147483647);
  return t.dtype === 'bool' ? Math.min(Math.max(init, 0), 1) : init;
}

/**
 * What must be computed for a graph, in topological order. Views and strided maps are not computed: their readers look
 * through them to the storage behind (`resolve`); only where that is impossible does a copy take their place.
 */
export class Units {
  readonly list: Unit[];
  private readonly sources = new Map<Tensor, Source>();
  /** Kept, since finding out takes a scan of the constant. */
  private readonly literals = new Map<Tensor, number | undefined>();
  private readonly needed = new Set<Tensor>();
  private readonly leaves: ReadonlySet<Tensor>;

  constructor(graph: Graph) {
    this.leaves = new Set(graph.inputs);
    const order = topological(graph.outputs, this.leaves);
    for (const t of graph.outputs) this.need(this.storage(t));
    const reversed: Unit[] = [];
    for (const node of order.reverse()) {
      if (isConstant(node.outputs[0]!) || !node.outputs.some((t) => this.needed.has(t))) continue;
      const unit = this.unit(node);
      for (const t of readsOf(unit)) this.need(t);
      reversed.push(unit);
    }
    this.list = reversed.reverse();
  }

  /** The tensor whose storage holds `t` contiguously from its start. */
  storage(t: Tensor): Tensor {
    const { base, access } = this.resolve(t);
    return base.size === t.size && isContiguous(access, t.shape) ? base : t;
  }

  private need(t: Tensor): void {
    this.needed.add(t);
  }

  private resolve(t: Tensor): Source {
    let source = this.sources.get(t);
    if (!source) {
      // Down the chain of views iteratively: it can be long.
      const chain: Tensor[] = [];
      for (let x = t; this.passes(x) && !this.sources.has(x); x = x.node.inputs[0]!) chain.push(x);
      for (const x of chain.reverse()) this.sources.set(x, this.through(x));
      source = this.sources.get(t) ?? { base: t, access: contiguous(t.shape) };
      this.sources.set(t, source);
    }
    return source;
  }

  private passes(t: Tensor): boolean {
    const { kind } = t.node.op.reference;
    return !this.leaves.has(t) && (kind === 'view' || kind === 'strided');
  }

  private through(t: Tensor): Source {
    const inner = t.node.inputs[0]!;
    const kernel = t.node.op.reference;
    const from = this.sources.get(inner) ?? { base: inner, access: contiguous(inner.shape) };
    if (kernel.kind !== 'strided') {
      const access = reshapeAccess(from.access, inner.shape, t.shape);
      return access ? { base: from.base, access } : { base: inner, access: contiguous(t.shape) };
    }
    const map = kernel.map(t.node);
    const access = compose(from.access, inner.shape, map, t.shape);
    return access ? { base: from.base, access } : { base: inner, access: map };
  }

  private operand(t: Tensor, shape: Shape): Operand {
    const { base, access } = this.resolve(t);
    return { base, access: squeeze(broadcast(access, t.shape, shape), shape), literal: this.literal(base) };
  }

  private literal(t: Tensor): number | undefined {
    if (!this.literals.has(t)) this.literals.set(t, splat(t));
    return this.literals.get(t);
  }

  private unit(node: Node): Unit {
    const kernel = node.op.reference;
    if (kernel.kind === 'kernel') {
      if (node.inputs.length === 0 && node.op.name === 'input')
        throw new Error('reference: the graph reads an undeclared input');
      return { kind: 'kernel', node, inputs: node.inputs.map((t) => this.storage(t)), outputs: node.outputs };
    }
    const out = node.outputs[0]!;
    if (kernel.kind === 'reduce') return this.reduceUnit(node, kernel.axes(node), kernel.init, kernel.step);
    const domain = squeezeShape(out.shape);
    if (kernel.kind === 'elementwise') {
      const operands = node.inputs.map((t) => this.operand(t, out.shape));
      return { kind: 'point', outputs: [out], domain, operands, scalar: kernel.scalar(node) };
    }
    return { kind: 'point', outputs: [out], domain, operands: [this.operand(out, out.shape)], scalar: null };
  }

  private reduceUnit(node: Node, axes: readonly number[], start: number, step: ScalarFunction): Unit {
    const [x, out] = [node.inputs[0]!, node.outputs[0]!];
    const domain = squeezeShape(x.shape);
    const operand = this.operand(x, x.shape);
    const init = initialValue(out, start);
    const reduced = x.shape.map((_, k) => axes.includes(k)).filter((_, k) => x.shape[k] !== 1);
    if (!reduced.includes(true)) {
      const once = (v: number): number => step.fn(init, v);
      return { kind: 'point', outputs: [out], domain, operands: [operand], scalar: { fn: once } };
    }
    const kept = contiguous(domain.filter((_, k) => !reduced[k])).strides;
    let next = 0;
    const target = { offset: 0, strides: reduced.map((folded) => (folded ? 0 : kept[next++]!)) };
    return { kind: 'reduce', outputs: [out], domain, operands: [operand], target, reduced, init, step };
  }
}
