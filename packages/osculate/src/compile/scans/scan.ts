import { applyScan, partsOf, type ScanAttrs, type ScanParts } from '../../ops/scan/parts.js';
import type { Node, Tensor } from '../../tensor/ir.js';
import { liftAccumulators } from './accumulators.js';
import { collectLinear } from './collect.js';
import { hoistSlices } from './hoist.js';
import { sinkStacks } from './sink.js';
import { type Changed, hoistInvariants, tidyInputs } from './tidy.js';

type Simplify = (outputs: readonly Tensor[], placeholders: readonly Tensor[]) => readonly Tensor[];
type Pass = (parts: ScanParts) => Changed | null;

/** A pass that changes the body but not what comes out. */
function inside(change: (parts: ScanParts) => ScanParts): Pass {
  return (parts) => ({ parts: change(parts), restore: (carry, ys) => [...carry, ...ys] });
}

function simplified(parts: ScanParts, simplify: Simplify): ScanParts {
  const placeholders = [...parts.carryIn, ...parts.xIn, ...parts.constIn];
  const results = simplify([...parts.carryOut, ...parts.ys], placeholders);
  const carries = parts.carryOut.length;
  return { ...parts, carryOut: results.slice(0, carries), ys: results.slice(carries) };
}

/** The outputs of a scan whose body keeps only what has to run step by step. */
export function optimizeScan(node: Node<ScanAttrs>, inputs: readonly Tensor[], simplify: Simplify): Tensor[] {
  const passes: Pass[] = [
    tidyInputs,
    inside((parts) => simplified(parts, simplify)),
    inside(collectLinear),
    inside(hoistInvariants),
    liftAccumulators,
    hoistSlices,
    sinkStacks,
    inside((parts) => simplified(parts, simplify)),
  ];
  let parts = partsOf({ inputs, attrs: node.attrs });
  const undo: ((results: readonly Tensor[]) => readonly Tensor[])[] = [];
  for (const pass of passes) {
    const changed = pass(parts);
    if (!changed) continue;
    const carries = changed.parts.carryOut.length;
    undo.push((results) => changed.restore(results.slice(0, carries), results.slice(carries)));
    parts = changed.parts;
  }
  const empty = parts.carryOut.length + parts.ys.length === 0;
  const { carry, ys } = empty ? { carry: [], ys: [] } : applyScan(node.op, parts);
  return undo.reverse().reduce<readonly Tensor[]>((results, step) => step(results), [...carry, ...ys]) as Tensor[];
}
