import { topological } from '../tensor/graph.js';
import type { Tensor } from '../tensor/ir.js';
import { Rewriter } from './rewrite.js';
import { Interner } from './scans/intern.js';
import { hasLoops, isScan, isWhile, mapNodes } from './scans/loops.js';
import { mergeScans } from './scans/merge.js';
import { pruneLoops } from './scans/prune.js';
import { optimizeScan } from './scans/scan.js';
import { optimizeWhile } from './scans/while.js';
import { bodiesOf } from './verify.js';

/** What one round moves out of a loop can leave more to do for the next: in practice two settle everything. */
const mostRounds = 4;

/** Nodes and operands of a graph and of the bodies in it: what a round that settled everything leaves as it was. */
function countOf(outputs: readonly Tensor[]): number {
  return topological(outputs).reduce(
    (sum, node) =>
      sum + 1 + node.inputs.length + bodiesOf(node).reduce((inner, body) => inner + countOf(body.outputs), 0),
    0,
  );
}

function simplifyBody(outputs: readonly Tensor[], placeholders: readonly Tensor[]): Tensor[] {
  const stop = new Set(placeholders);
  const inner = optimizeScans(new Rewriter().rewrite(outputs, stop));
  return new Rewriter().rewrite(inner, stop);
}

/**
 * Makes loops cheap. Scans that share their recurrence become one; what does not have to run step by step (invariants,
 * functions of the slices, functions that only stacks need, sums) is computed outside for all steps at once; what nobody
 * reads is dropped. Bodies are simplified, and loops within them treated likewise. Sums are reordered, so that
 * results agree to rounding.
 */
export function optimizeScans(outputs: readonly Tensor[]): Tensor[] {
  let current = [...outputs];
  if (!hasLoops(current)) return current;
  const interner = new Interner();
  let [before, after] = [-1, countOf(current)];
  for (let i = 0; i < mostRounds && before !== after; i++) {
    current = new Rewriter().rewrite(interner.bodiesIn(current));
    current = pruneLoops(mergeScans(current, interner));
    current = mapNodes(current, (node, inputs) => {
      if (isScan(node)) return optimizeScan(node, inputs, simplifyBody);
      return isWhile(node) ? optimizeWhile(node, inputs, simplifyBody) : null;
    });
    current = pruneLoops(new Rewriter().rewrite(current));
    [before, after] = [after, countOf(current)];
  }
  return current;
}
