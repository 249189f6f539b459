import { applyScan, partsOf, type ScanAttrs } from '../../ops/scan/parts.js';
import { scanOp } from '../../ops/scan/scan.js';
import { topological } from '../../tensor/graph.js';
import { apply, type Node, type Tensor } from '../../tensor/ir.js';
import { full, input } from '../../tensor/leaf.js';
import type { Shape } from '../../tensor/shape.js';
import type { Site } from './sites.js';

/** A graph with a zero added at every site: derivatives by the zeros are the cotangents of the sites' outputs. */
export interface Probed {
  readonly outputs: readonly Tensor[];
  /** All zeros, one for each output of a site. */
  readonly zeros: readonly Tensor[];
  /** The zero at a site; stacked over time for one inside a scan. */
  zeroAt(site: Site): Tensor;
  /** The input of a site; stacked over time for one inside a scan. */
  inputAt(site: Site): Tensor;
}

const zero = (t: Tensor, shape: Shape = t.shape): Tensor => full(0, t.dtype).expand(shape);

/** The graph of `outputs` rebuilt with `added` to its tensors; `replace` may give a node's new outputs itself. */
function rebuild(
  outputs: readonly Tensor[],
  added: ReadonlyMap<Tensor, Tensor>,
  replace: (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | null,
): Tensor[] {
  const now = new Map<Tensor, Tensor>();
  const mapped = (t: Tensor): Tensor => now.get(t) ?? t;
  for (const node of topological(outputs)) {
    const inputs = node.inputs.map(mapped);
    const changed = inputs.some((t, i) => t !== node.inputs[i]);
    const results = replace(node, inputs) ?? (changed ? apply(node.op, inputs, node.attrs) : node.outputs);
    node.outputs.forEach((t, i) => {
      const extra = added.get(t);
      now.set(t, extra ? results[i]!.add(extra) : results[i]!);
    });
  }
  return outputs.map(mapped);
}

interface Inside {
  readonly outputs: readonly Tensor[];
  readonly inputs: readonly Tensor[];
}

/** What of a scan's body is probed and looked at. */
function insideOf(sites: readonly Site[]): Inside {
  const inputs = sites.flatMap((s) => (s.input ? [s.input] : []));
  return { outputs: [...new Set(sites.map((s) => s.output))], inputs: [...new Set(inputs)] };
}

/** The scan with zeros as further xs, added at the sites, and the sites' inputs as further ys. */
function probeScan(node: Node<ScanAttrs>, inputs: readonly Tensor[], inside: Inside, zeros: readonly Tensor[]) {
  const parts = partsOf({ ...node, inputs } as Node<ScanAttrs>);
  const steps = inside.outputs.map((t) => input('scan slice', t.dtype, t.shape));
  const added = new Map(inside.outputs.map((t, i) => [t, steps[i]!]));
  const body = rebuild([...parts.carryOut, ...parts.ys], added, () => null);
  const carries = parts.carryOut.length;
  const { carry, ys } = applyScan(scanOp, {
    ...parts,
    xs: [...parts.xs, ...zeros],
    xIn: [...parts.xIn, ...steps],
    carryOut: body.slice(0, carries),
    ys: [...body.slice(carries), ...inside.inputs],
  });
  return { outputs: [...carry, ...ys.slice(0, parts.ys.length)], inputs: ys.slice(parts.ys.length) };
}

/** Adds a zero at every site of the graph of `outputs`. */
export function probe(outputs: readonly Tensor[], sites: readonly Site[]): Probed {
  const zeros = new Map<Tensor, Tensor>();
  for (const { output, scan } of sites) {
    if (!zeros.has(output)) zeros.set(output, zero(output, scan ? [scan.attrs.length, ...output.shape] : output.shape));
  }
  const outside = new Map(sites.filter((s) => !s.scan).map((s) => [s.output, zeros.get(s.output)!]));
  const stacked = new Map<Tensor, Tensor>();
  const replace = (node: Node, inputs: readonly Tensor[]): readonly Tensor[] | null => {
    const within = sites.filter((s) => (s.scan as Node | null) === node);
    if (within.length === 0) return null;
    const inside = insideOf(within);
    const own = inside.outputs.map((t) => zeros.get(t)!);
    const result = probeScan(node as Node<ScanAttrs>, inputs, inside, own);
    inside.inputs.forEach((t, i) => void stacked.set(t, result.inputs[i]!));
    return result.outputs;
  };
  const results = rebuild(outputs, outside, replace);
  return {
    outputs: results,
    zeros: [...zeros.values()],
    zeroAt: ({ output }) => zeros.get(output)!,
    inputAt: ({ input, scan }) => (scan ? stacked.get(input!)! : input!),
  };
}
