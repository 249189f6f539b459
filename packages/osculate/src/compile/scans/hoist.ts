import { placeholder } from '../../ops/loop-body.js';
import type { ScanParts } from '../../ops/scan/parts.js';
import { expand } from '../../ops/shape.js';
import { dependents, topological } from '../../tensor/graph.js';
import type { Node, Tensor } from '../../tensor/ir.js';
import { isConstant, isInput } from '../../tensor/leaf.js';
import { substitute } from '../../tensor/substitute.js';
import { isWhile } from './loops.js';
import { overTime } from './over-time.js';
import type { Changed } from './tidy.js';

/** True for a node that only spreads its operands over more elements: cheaper to redo each step than to stack. */
function spreads(node: Node): boolean {
  const largest = Math.max(0, ...node.inputs.map((t) => t.size));
  const size = node.outputs.reduce((sum, t) => sum + t.size, 0);
  return size > largest && node.op.flops(node) <= size;
}

function repeat(t: Tensor, length: number): Tensor {
  return expand(t, [length, ...t.shape]);
}

/** The values to compute outside: those that steps read, that depend on slices but on no carry, as far down as it pays. */
function frontier(results: readonly Tensor[], parts: ScanParts): Tensor[] {
  const onCarry = dependents(results, parts.carryIn);
  const onSlice = dependents(results, parts.xIn);
  const order = topological(results);
  const inLoop = new Set<Node>(order.filter((n) => n.outputs.some((t) => onCarry.has(t))));
  // A while loop over all steps would run until the slowest is done: it stays, and what reads it.
  const loops = order.filter((n) => isWhile(n)).flatMap((n) => n.outputs);
  const onLoop = dependents(results, loops);
  for (const n of order) if (n.outputs.some((t) => onLoop.has(t))) inLoop.add(n);
  const outside = (t: Tensor): boolean => onSlice.has(t) && !inLoop.has(t.node) && !isInput(t);
  for (let grown = true; grown; ) {
    grown = false;
    for (const node of inLoop) {
      for (const t of node.inputs) {
        if (!outside(t) || !spreads(t.node)) continue;
        inLoop.add(t.node);
        grown = true;
      }
    }
  }
  const read = new Set<Tensor>([...order.filter((n) => inLoop.has(n)).flatMap((n) => n.inputs), ...results]);
  return [...read].filter(outside);
}

/**
 * Moves what depends on slices and consts but not on carries out of the loop, computed for all steps at once: the gates'
 * derivatives that the steps of an adjoint scan read, products of residuals with a direction, and whole stacks.
 */
export function hoistSlices(parts: ScanParts): Changed {
  const stackOf = new Map<Tensor, Tensor>(parts.xIn.map((t, i) => [t, parts.xs[i]!]));
  const values = frontier([...parts.carryOut, ...parts.ys], parts);
  overTime(values, parts, parts.xIn, parts.xs).forEach((t, i) => void stackOf.set(values[i]!, t));
  // Stacks that need no loop at all leave it.
  parts.constIn.forEach((t, i) => void stackOf.set(t, repeat(parts.consts[i]!, parts.length)));
  for (const t of parts.ys) if (isConstant(t)) stackOf.set(t, repeat(t, parts.length));
  const looped = parts.ys.map((t) => !stackOf.has(t));
  const results = [...parts.carryOut, ...parts.ys.filter((_, i) => looped[i])];
  const inner = values.map((t) => placeholder('scan slice', t));
  const moved = substitute(results, values, inner);
  const carries = parts.carryOut.length;
  return {
    parts: {
      ...parts,
      xs: [...parts.xs, ...values.map((t) => stackOf.get(t)!)],
      xIn: [...parts.xIn, ...inner],
      carryOut: moved.slice(0, carries),
      ys: moved.slice(carries),
    },
    restore: (carry, ys) => {
      let next = 0;
      return [...carry, ...parts.ys.map((t, i) => (looped[i] ? ys[next++]! : stackOf.get(t)!))];
    },
  };
}
