import type { MatmulAttrs } from '../../ops/matmul.js';
import { groups, type ScanAttrs } from '../../ops/scan/parts.js';
import type { SliceAttrs } from '../../ops/slice.js';
import { dependents, topological } from '../../tensor/graph.js';
import type { Node, Tensor } from '../../tensor/ir.js';
import { isInput } from '../../tensor/leaf.js';
import { type Shape, sizeOf } from '../../tensor/shape.js';

/** Consecutive rows or columns of a matrix. */
export interface Range {
  readonly from: number;
  readonly size: number;
  /** How many the whole matrix has. */
  readonly of: number;
}

/** What a view has of a parameter, taken as the matrix of its last axis by all others. */
interface Cut {
  readonly rows: Range;
  readonly columns: Range;
}

const whole = (count: number): Range => ({ from: 0, size: count, of: count });

function within({ from, of }: Range, start: number, size: number): Range {
  return { from: from + start, size, of };
}

/**
 * What is left of a parameter behind a slice; null when that is not a block of consecutive rows or columns. A view is `[…, rows, columns]`, or
 * `[columns, rows]` when transposed; one row may be a vector.
 */
function cutBy(node: Node<SliceAttrs>, transposed: boolean, before: Cut | null, parameter: Tensor): Cut | null {
  const columns = parameter.shape.at(-1) ?? 1;
  const { rows: r, columns: c } = before ?? { rows: whole(parameter.size / columns), columns: whole(columns) };
  const { shape, rank } = node.inputs[0]!;
  const { start, size, step } = node.attrs;
  const axes = shape.flatMap((d, i) => (size[i] === d ? [] : [i]));
  const last = transposed ? 0 : rank - 1;
  // A piece of one row.
  if (rank === 1 && !transposed && r.size === 1 && step[0] === 1 && shape[0] === c.size)
    return { rows: r, columns: within(c, start[0]!, size[0]!) };
  if (rank < 2 || axes.length > 1 || step.some((s) => s !== 1) || shape[last] !== c.size) return null;
  const [axis] = axes;
  if (axis === undefined) return { rows: r, columns: c };
  if (axis === last) return { rows: r, columns: within(c, start[axis]!, size[axis]!) };
  if (transposed) return { rows: within(r, start[axis]!, size[axis]!), columns: c };
  // Rows behind one another only if every axis in front has length 1.
  if (shape.slice(0, axis).some((d) => d !== 1)) return null;
  const inner = shape.slice(axis + 1, last).reduce((a, b) => a * b, 1);
  return { rows: within(r, start[axis]! * inner, size[axis]! * inner), columns: c };
}

interface Reader {
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
  /** The parameter as the node reads it: with axes of length 1 added, transposed, sliced, or added to other parameters. */
  readonly view: Tensor;
  readonly transposed: boolean;
  /** What the view has of the parameter, where it was sliced. */
  readonly cut: Cut | null;
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

/** A parameter on its way to the data. */
interface Path {
  readonly view: Tensor;
  readonly transposed: boolean;
  readonly cut: Cut | null;
}

/** The path behind a node that only passes the parameter on; null when the node uses it. */
function passed({ node, operand }: Reader, path: Path, parameter: Tensor, readers: Readers): Path | null {
  const [before, view] = [path.view, node.outputs[0]!];
  if (node.op.name === 'reshape' && essential(view) === essential(before)) return { ...path, view };
  if (node.op.name === 'transpose' && before.rank === 2) return { ...path, view, transposed: !path.transposed };
  if (node.op.name === 'slice') {
    const cut = cutBy(node as Node<SliceAttrs>, path.transposed, path.cut, parameter);
    return cut && { ...path, view, cut };
  }
  const other = node.inputs[1 - operand];
  if (node.op.name === 'add' && !readers.varies(other!) && essential(view) === essential(before))
    return { ...path, view };
  return null;
}

/** Every place where `parameter` meets the data, also inside the bodies of scans. */
export function usesOf(parameter: Tensor, graph: Readers): Use[] {
  const uses: Use[] = [];
  const follow = (path: Path, readers: Readers): void => {
    for (const reader of readers.of(path.view)) {
      const next = passed(reader, path, parameter, readers);
      if (next) follow(next, readers);
      else if (reader.node.op.name !== 'scan' || readers.scan) uses.push({ ...reader, ...path, readers });
      else enter(reader as Reader & { node: Node<ScanAttrs> }, path, readers);
    }
  };
  const enter = ({ node, operand }: Reader & { node: Node<ScanAttrs> }, path: Path, outer: Readers): void => {
    const [init, xs, consts] = groups(node.attrs.body.inputs, node.attrs);
    const inside = consts[operand - init.length - xs.length];
    if (inside) follow({ ...path, view: inside }, bodyReaders(node, outer));
    else uses.push({ node, operand, ...path, readers: outer });
  };
  follow({ view: parameter, transposed: false, cut: null }, graph);
  return uses;
}

/** Whether an axis counts the examples; undefined where that cannot be followed. */
export type AxisOrigin = (axis: number) => boolean | undefined;

/** Of an axis that is not followed: inside a scan, say. */
export const unknownOrigin: AxisOrigin = () => undefined;

/** An axis of a tensor, or a factor of one that several were joined into: those behind it there have `inner` elements together. */
interface Place {
  readonly axis: number;
  readonly length: number;
  readonly inner: number;
}

/** The place before a reshape: with as many elements behind it. Null when it was cut through. */
function placeBefore(before: Shape, after: Shape, { axis, length, inner }: Place): Place | null {
  const behind = inner * sizeOf(after.slice(axis + 1));
  const at = before.findIndex((d, i) => {
    const rest = sizeOf(before.slice(i + 1));
    return behind % rest === 0 && d % ((behind / rest) * length) === 0;
  });
  return at < 0 ? null : { axis: at, length, inner: behind / sizeOf(before.slice(at + 1)) };
}

/** Where a place of t comes from: candidates. */
function sourcesOf(t: Tensor, place: Place): readonly (readonly [Tensor, Place | null])[] {
  const { op, inputs, attrs } = t.node;
  const [x] = inputs as readonly [Tensor];
  const { axis } = place;
  switch (op.name) {
    case 'transpose':
      return [[x, { ...place, axis: (attrs as { permutation: Shape }).permutation[axis]! }]];
    case 'reshape':
      return [[x, placeBefore(x.shape, t.shape, place)]];
    case 'matmul': {
      const isRow = axis < t.rank - 2 || (axis === t.rank - 2 && !(attrs as MatmulAttrs).transA);
      return isRow && x.rank === t.rank ? [[x, place]] : [];
    }
    case 'gather':
      return (attrs as { axis: number }).axis === 0 && axis < inputs[1]!.rank ? [[inputs[1]!, place]] : [];
    default:
      // Element by element, along another axis, or over one that keeps its length.
      return inputs.flatMap((s) => (s.rank === t.rank && s.shape[axis] === t.shape[axis] ? [[s, place] as const] : []));
  }
}

/**
 * Follows an axis of `t` back to where it enters the graph: the leading axis of data counts the examples. `varies` tells data from
 * parameters.
 */
export function axisOrigin(t: Tensor, varies: (t: Tensor) => boolean): AxisOrigin {
  const follow = (from: Tensor, place: Place, seen: Set<Tensor>): boolean | undefined => {
    if (!varies(from) || seen.has(from)) return undefined;
    seen.add(from);
    if (isInput(from)) return place.axis === 0 && place.inner * place.length === from.shape[0];
    for (const [source, before] of sourcesOf(from, place)) {
      const found = before && follow(source, before, seen);
      if (found != null) return found;
    }
    return undefined;
  };
  return (axis) => follow(t, { axis, length: t.shape[axis]!, inner: 1 }, new Set());
}

/**
 * Which axis of a shape counts the examples: the only one of their number but `skip`; of several the one that does by its origin, else
 * the first, behind the axis of `time` of a scan, if there is one. Undefined when there is none.
 */
export function exampleAxis(
  shape: Shape,
  examples: number,
  { origin, time, skip = -1 }: { readonly origin: AxisOrigin; readonly time: boolean; readonly skip?: number },
): number | undefined {
  const fits = shape.flatMap((d, i) => (d === examples && i !== skip ? [i] : []));
  if (fits.length < 2) return fits[0];
  return fits.find(origin) ?? fits.find((axis) => axis > 0 || !time);
}
