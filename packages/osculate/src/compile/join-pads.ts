import { concat } from '../ops/concat.js';
import type { Node, Tensor } from '../tensor/ir.js';

/** A tensor among zeros along one axis: what the derivative of a slice gives. */
interface Placed {
  readonly piece: Tensor;
  readonly axis: number;
  readonly start: number;
  readonly length: number;
}

function placed(t: Tensor): Placed | null {
  if (t.node.op.name !== 'pad') return null;
  const { before, after, value } = t.node.attrs as { before: number[]; after: number[]; value: number };
  const axes = before.flatMap((b, i) => (b !== 0 || after[i] !== 0 ? [i] : []));
  if (value !== 0 || axes.length !== 1) return null;
  const piece = t.node.inputs[0]!;
  const axis = axes[0]!;
  return { piece, axis, start: before[axis]!, length: piece.shape[axis]! };
}

/** Longer sums are looked at in part: a pass must stay linear in the size of the graph. */
const mostTerms = 16;

/** What a sum adds up; sums inside are taken apart as long as there are few terms. */
function termsOf(sum: Node): Tensor[] {
  const terms: Tensor[] = [];
  const open = [...sum.inputs];
  while (open.length > 0) {
    const t = open.pop()!;
    if (t.node.op.name === 'add' && terms.length + open.length + 2 <= mostTerms) open.push(...t.node.inputs);
    else terms.push(t);
  }
  return terms.reverse();
}

/** The pieces of a concatenation along the axis, so that joins do not nest. */
function piecesOf({ piece, axis }: Placed): readonly Tensor[] {
  const { op, attrs, inputs } = piece.node;
  return op.name === 'concat' && (attrs as { axis: number }).axis === axis ? inputs : [piece];
}

function join(run: readonly Placed[], size: number): Tensor {
  const [first, last] = [run[0]!, run.at(-1)!];
  const joined = concat(run.flatMap(piecesOf), first.axis);
  const along = (n: number): number[] => joined.shape.map((_, i) => (i === first.axis ? n : 0));
  return joined.pad(along(first.start), along(size - last.start - last.length));
}

/**
 * A sum of pieces that were padded with zeros to lie side by side is their concatenation: cotangents of the gates of a
 * recurrent cell, of the heads of a projection. Null where no two terms of the sum touch.
 */
export function joinPads(node: Node): Tensor | null {
  const out = node.outputs[0]!;
  // The terms of a sum inside have met already.
  if (!node.inputs.some(placed)) return null;
  const all = termsOf(node);
  const pads = all.map(placed).filter((p) => p !== null);
  if (pads.length < 2 || all.some((t) => t.rank !== out.rank)) return null;
  const rest = all.filter((t) => placed(t) === null);
  const sorted = [...pads].sort((a, b) => a.axis - b.axis || a.start - b.start);
  const runs: Placed[][] = [];
  for (const p of sorted) {
    const last = runs.at(-1)?.at(-1);
    if (last && last.axis === p.axis && last.start + last.length === p.start) runs.at(-1)!.push(p);
    else runs.push([p]);
  }
  if (runs.length === pads.length) return null;
  const joined = runs.map((run) => join(run, out.shape[run[0]!.axis]!));
  return [...rest, ...joined].reduce((sum, t) => sum.add(t));
}
