import { applyScan, partsOf } from '../../ops/scan/parts.js';
import { topological } from '../../tensor/graph.js';
import { apply, type Node, type Tensor } from '../../tensor/ir.js';
import { isScan, isWhile, mapNodes, placeholdersOf } from './loops.js';

/** Which carries a loop must compute: those wanted, and those that a step towards them reads. */
function neededCarries(
  wanted: readonly boolean[],
  carryIn: readonly Tensor[],
  carryOut: readonly Tensor[],
  always: readonly Tensor[],
): { carries: boolean[]; reads: Set<Tensor> } {
  const carries = [...wanted];
  for (;;) {
    const reads = placeholdersOf([...always, ...carryOut.filter((_, i) => carries[i])]);
    const grown = carryIn.flatMap((t, i) => (reads.has(t) && !carries[i] ? [i] : []));
    if (grown.length === 0) return { carries, reads };
    for (const i of grown) carries[i] = true;
  }
}

interface Need {
  readonly carries: readonly boolean[];
  readonly reads: ReadonlySet<Tensor>;
  /** Which of the node's outputs are wanted. */
  readonly wanted: readonly boolean[];
}

function needOf(node: Node, live: ReadonlySet<Tensor>): Need | null {
  const wanted = node.outputs.map((t) => live.has(t));
  if (isScan(node)) {
    const { carryIn, carryOut, ys } = partsOf(node);
    const always = ys.filter((_, i) => wanted[carryIn.length + i]);
    return { ...neededCarries(wanted.slice(0, carryIn.length), carryIn, carryOut, always), wanted };
  }
  if (!isWhile(node)) return null;
  const { condition, body, carries } = node.attrs;
  return { ...neededCarries(wanted, body.inputs.slice(0, carries), body.outputs, condition.outputs), wanted };
}

/** The body's inputs of a loop, in the order of the node's. */
function bodyInputs(node: Node): readonly Tensor[] {
  return isScan(node) || isWhile(node) ? node.attrs.body.inputs : [];
}

/** What each loop must compute for `outputs`, going backwards from those: a dead output keeps nothing alive. */
function needs(outputs: readonly Tensor[]): Map<Node, Need> {
  const live = new Set<Tensor>(outputs);
  const result = new Map<Node, Need>();
  for (const node of topological(outputs).reverse()) {
    if (!node.outputs.some((t) => live.has(t))) continue;
    const need = needOf(node, live);
    if (need) result.set(node, need);
    const placeholders = bodyInputs(node);
    node.inputs.forEach((t, i) => {
      const carry = need !== null && i < need.carries.length;
      if (!need || (carry ? need.carries[i] : need.reads.has(placeholders[i]!))) live.add(t);
    });
  }
  return result;
}

/** A loop's outputs from those of its pruned node. The dead ones get the old tensors, which nobody reads. */
function restore(node: Node, kept: readonly boolean[], results: readonly Tensor[]): Tensor[] {
  let next = 0;
  return node.outputs.map((t, i) => (kept[i] ? results[next++]! : t));
}

function prunedScan(node: Node, inputs: readonly Tensor[], need: Need): Tensor[] {
  if (!isScan(node)) throw new Error('prune: not a scan');
  const parts = partsOf(node);
  const { carries } = node.attrs;
  const carry = <T>(list: readonly T[]): T[] => list.filter((_, i) => need.carries[i]);
  const given = parts.xs.map((_, i) => inputs[carries + i]!);
  const consts = parts.consts.map((_, i) => inputs[carries + parts.xs.length + i]!);
  const result = applyScan(node.op, {
    ...parts,
    init: carry(inputs.slice(0, carries)),
    carryIn: carry(parts.carryIn),
    carryOut: carry(parts.carryOut),
    xs: given.filter((_, i) => need.reads.has(parts.xIn[i]!)),
    xIn: parts.xIn.filter((t) => need.reads.has(t)),
    consts: consts.filter((_, i) => need.reads.has(parts.constIn[i]!)),
    constIn: parts.constIn.filter((t) => need.reads.has(t)),
    ys: parts.ys.filter((_, i) => need.wanted[carries + i]),
  });
  const kept = [...need.carries, ...need.wanted.slice(carries)];
  return restore(node, kept, [...result.carry, ...result.ys]);
}

function prunedWhile(node: Node, inputs: readonly Tensor[], need: Need): Tensor[] {
  if (!isWhile(node)) throw new Error('prune: not a while loop');
  const { condition, body, carries, maxIterations } = node.attrs;
  const keep = body.inputs.map((t, i) => (i < carries ? need.carries[i]! : need.reads.has(t)));
  const placeholders = body.inputs.filter((_, i) => keep[i]);
  const results = apply(
    node.op,
    inputs.filter((_, i) => keep[i]),
    {
      condition: { inputs: placeholders, outputs: condition.outputs },
      body: { inputs: placeholders, outputs: body.outputs.filter((_, i) => need.carries[i]) },
      carries: need.carries.filter(Boolean).length,
      maxIterations,
    },
  );
  return restore(node, need.carries, results);
}

/** Drops from all loops the carries, stacks, slices and consts that `outputs` do not need. */
export function pruneLoops(outputs: readonly Tensor[]): Tensor[] {
  const all = needs(outputs);
  return mapNodes(outputs, (node, inputs) => {
    const need = all.get(node);
    if (!need) return isScan(node) || isWhile(node) ? node.outputs : null;
    const complete = need.wanted.every(Boolean) && bodyInputs(node).every((t) => need.reads.has(t));
    if (complete) return null;
    return isScan(node) ? prunedScan(node, inputs, need) : prunedWhile(node, inputs, need);
  });
}
