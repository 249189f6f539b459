import type { SliceAttrs } from '../../ops/slice.js';
import type { Tensor } from '../../tensor/ir.js';
import { sameShape } from '../../tensor/shape.js';
import { iota } from './integers.js';

/** Rows `[from, to)` of a tensor's first axis. */
interface Rows {
  readonly of: Tensor;
  readonly from: number;
  readonly to: number;
}

/** Whether a slice leaves all axes but the first as they are. */
const takesRows = ({ node: { inputs, attrs }, shape }: Tensor): boolean =>
  (attrs as SliceAttrs).step.every((s) => s === 1) && shape.every((d, i) => i === 0 || d === inputs[0]!.shape[i]);

/** The tensors that rows are made of by cutting and joining alone; neighbours are one piece. */
function originOf(t: Tensor, from: number, to: number): readonly Rows[] {
  const { op, inputs, attrs } = t.node;
  if (op.name === 'slice' && takesRows(t)) {
    const first = (attrs as SliceAttrs).start[0]!;
    return originOf(inputs[0]!, first + from, first + to);
  }
  if (op.name !== 'concat' || (attrs as { axis: number }).axis !== 0) return [{ of: t, from, to }];
  const pieces: Rows[] = [];
  let begin = 0;
  for (const part of inputs) {
    const end = begin + part.shape[0]!;
    if (begin < to && end > from) {
      for (const piece of originOf(part, Math.max(from - begin, 0), Math.min(to, end) - begin)) {
        const last = pieces.at(-1);
        if (last?.of === piece.of && last.to === piece.from) pieces[pieces.length - 1] = { ...last, to: piece.to };
        else pieces.push(piece);
      }
    }
    begin = end;
  }
  return pieces;
}

/** Entry i of the leading axis; what was stacked along it, where that is how it was made. */
export function entry(x: Tensor, i: number): Tensor {
  const { op, inputs, attrs } = x.node;
  const shape = x.shape.slice(1);
  if (op.name === 'concat' && (attrs as { axis: number }).axis === 0 && inputs.every((t) => t.shape[0] === 1)) {
    return entry(inputs[i]!, 0);
  }
  if (op.name === 'reshape' && x.shape[0] === 1 && sameShape(inputs[0]!.shape, shape)) return inputs[0]!;
  return x.slice([i], [i + 1]).reshape(shape);
}

/** Rows of all gates of a recurrent weight, as they are stored. */
interface GateRows {
  /** `[gates·hidden, …]`. */
  readonly stored: Tensor;
  /** Where the block of each gate, in ONNX's order, stands in `stored`. */
  readonly places: readonly number[];
}

/**
 * The weight from whose blocks of rows those of the gates, `hidden` rows each from `first` on, were put together. Exporters reorder
 * gates in the graph (PyTorch's LSTM has i, f, g, o): taken as stored, a weight enters the model by a product alone, as curvature
 * approximations by layers need it. Undefined where it was made in another way.
 */
export function gateRows(t: Tensor, gates: number, hidden: number, first = 0): GateRows | undefined {
  const found = iota(gates).map((i) => originOf(t, first + i * hidden, first + (i + 1) * hidden));
  const stored = found[0]?.[0]?.of;
  if (stored === undefined) return undefined;
  const places = found.map(([rows]) => (rows ? rows.from / hidden : -1));
  const whole =
    found.every((pieces) => pieces.length === 1 && pieces[0]!.of === stored) &&
    stored.shape[0] === gates * hidden &&
    [...places].sort((a, b) => a - b).every((place, i) => place === i);
  return whole ? { stored, places } : undefined;
}
