import type { MatmulAttrs } from '../../ops/matmul.js';
import type { Tensor } from '../../tensor/ir.js';
import { isInput } from '../../tensor/leaf.js';
import { type Shape, sizeOf } from '../../tensor/shape.js';

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
      return [[x, { ...place, axis: (attrs as unknown as { permutation: Shape }).permutation[axis]! }]];
    case 'reshape':
      return [[x, placeBefore(x.shape, t.shape, place)]];
    case 'matmul': {
      const isRow = axis < t.rank - 2 || (axis === t.rank - 2 && !(attrs as unknown as MatmulAttrs).transA);
      return isRow && x.rank === t.rank ? [[x, place]] : [];
    }
    case 'gather':
      return (attrs as unknown as { axis: number }).axis === 0 && axis < inputs[1]!.rank ? [[inputs[1]!, place]] : [];
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
