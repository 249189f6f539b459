import type { ScanAttrs } from '../../ops/scan/parts.js';
import { groups } from '../../ops/scan/parts.js';
import { dependents, topological } from '../../tensor/graph.js';
import type { Node, Tensor } from '../../tensor/ir.js';
import { isInput } from '../../tensor/leaf.js';

export interface Reader {
  readonly node: Node;
  /** Which of the node's inputs. */
  readonly operand: number;
}

/** Who reads what in a graph or in the body of a scan. */
export interface Readers {
  of(t: Tensor): readonly Reader[];
  /** True for a tensor that depends on the data, not on parameters and literals alone. */
  varies(t: Tensor): boolean;
  /** The scan whose body this is. */
  readonly scan: Node<ScanAttrs> | null;
}

/** One place where a parameter meets the data. */
export interface Use extends Reader {
  /** The parameter as the node reads it: with axes of length 1 added, transposed, or added to other parameters. */
  readonly view: Tensor;
  readonly transposed: boolean;
  readonly readers: Readers;
}

function readersOf(outputs: readonly Tensor[], sources: readonly Tensor[], scan: Node<ScanAttrs> | null): Readers {
  const readers = new Map<Tensor, Reader[]>();
  for (const node of topological(outputs)) {
    node.inputs.forEach((t, operand) => {
      const list = readers.get(t);
      if (list) list.push({ node, operand });
      else readers.set(t, [{ node, operand }]);
    });
  }
  const varying = dependents(outputs, sources);
  return { of: (t) => readers.get(t) ?? [], varies: (t) => varying.has(t), scan };
}

/** The readers of a traced graph; its inputs that are not `parameters` are the data. */
export function graphReaders(outputs: readonly Tensor[], parameters: readonly Tensor[]): Readers {
  const own = new Set(parameters);
  const data = topological(outputs).flatMap((n) => n.outputs.filter((t) => isInput(t) && !own.has(t)));
  return readersOf(outputs, data, null);
}

function bodyReaders(scan: Node<ScanAttrs>, outer: Readers): Readers {
  const { body, carries, xs } = scan.attrs;
  const sources = body.inputs.filter((_, i) => i < carries + xs || outer.varies(scan.inputs[i]!));
  return readersOf(body.outputs, sources, scan);
}

const essential = (t: Tensor): string => t.shape.filter((d) => d !== 1).join();

/** What stands for the parameter behind a node that only passes it on; null when the node uses it. */
function passed({ node, operand }: Reader, t: Tensor, readers: Readers): { view: Tensor; flips: boolean } | null {
  const view = node.outputs[0]!;
  if (node.op.name === 'reshape' && essential(view) === essential(t)) return { view, flips: false };
  if (node.op.name === 'transpose' && t.rank === 2) return { view, flips: true };
  const other = node.inputs[1 - operand];
  if (node.op.name === 'add' && !readers.varies(other!) && essential(view) === essential(t))
    return { view, flips: false };
  return null;
}

/** Every place where `parameter` meets the data, also inside the bodies of scans. */
export function usesOf(parameter: Tensor, graph: Readers): Use[] {
  const uses: Use[] = [];
  const follow = (view: Tensor, transposed: boolean, readers: Readers): void => {
    for (const reader of readers.of(view)) {
      const next = passed(reader, view, readers);
      if (next) follow(next.view, transposed !== next.flips, readers);
      else if (reader.node.op.name !== 'scan' || readers.scan) uses.push({ ...reader, view, transposed, readers });
      else enter(reader as Reader & { node: Node<ScanAttrs> }, view, transposed, readers);
    }
  };
  const enter = (
    { node, operand }: Reader & { node: Node<ScanAttrs> },
    view: Tensor,
    transposed: boolean,
    outer: Readers,
  ): void => {
    const [init, xs, consts] = groups(node.attrs.body.inputs, node.attrs);
    const inside = consts[operand - init.length - xs.length];
    if (inside) follow(inside, transposed, bodyReaders(node, outer));
    else uses.push({ node, operand, view, transposed, readers: outer });
  };
  follow(parameter, false, graph);
  return uses;
}
