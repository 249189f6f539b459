import type { ConvGeometry } from '../../ops/convolution/geometry.js';
import { windowTaps } from '../../ops/convolution/windows.js';
import { concat } from '../../ops/index.js';
import type { MatmulAttrs } from '../../ops/matmul.js';
import type { ScanAttrs } from '../../ops/scan/parts.js';
import type { Node, Tensor } from '../../tensor/ir.js';
import { type Shape, sameShape, sizeOf } from '../../tensor/shape.js';
import { type AxisOrigin, axisOrigin, exampleAxis, type Range, type Use, unknownOrigin } from './uses.js';

/**
 * Where a parameter acts: output = (something linear in the parameter and in `input`). In the body of a scan both tensors are those of
 * one step, and what is measured has an axis of time in front.
 */
export interface Site {
  readonly input: Tensor | null;
  /** Its cotangent is what the parameter's gradient is made of. */
  readonly output: Tensor;
  readonly scan: Node<ScanAttrs> | null;
}

/** A site of a matrix W, output row = W · input row. */
export interface MatrixSite extends Site {
  readonly input: Tensor;
  /** Shape of what the rows run over: examples, time, positions. */
  readonly lead: Shape;
  /** Which of its axes counts the examples. */
  readonly origin: AxisOrigin;
  /** Inputs as rows `[…, inputs]` (row numbers of a table for an embedding, `[…]`). */
  inputRows(input: Tensor): Tensor;
  /** Cotangents of the output, with any axes in front, as rows `[…, outputs]`. */
  outputRows(cotangent: Tensor): Tensor;
}

/** How a weight array is the matrix W `[outputs, inputs]`. */
export interface MatrixForm {
  readonly outputs: number;
  readonly inputs: number;
  /** The array is Wᵀ. */
  readonly transposed: boolean;
}

/** A vector that is added to or multiplied with the data along one axis. */
export interface VectorSite extends Site {
  /** Shape of the output, with the axis of time of a scan in front. */
  readonly shape: Shape;
  /** Its axis along which the vector lies, and the one that counts the examples. */
  readonly axis: number;
  readonly example: number;
}

export interface FoundMatrix {
  readonly kind: 'dense' | 'convolution' | 'embedding';
  readonly site: MatrixSite;
  readonly form: MatrixForm;
  /** Axis of the output, counted from the end, along which a bias lies; 0 where none can be joined. */
  readonly biasAxis: number;
  /** The site gives only some of the outputs. */
  readonly partial: boolean;
}

/** The last two axes swapped. */
export function swapLast(t: Tensor): Tensor {
  const order = t.shape.map((_, i) => i);
  return t.transpose([...order.slice(0, -2), t.rank - 1, t.rank - 2]);
}

const flat = (t: Tensor, width: number): Tensor => t.reshape([t.size / width, width]);

/** The rows before they were joined into one axis. */
function apart(rows: Tensor): Tensor {
  const { node } = rows;
  const before = node.op.name === 'reshape' ? node.inputs[0]! : rows;
  return sizeOf(before.shape.slice(0, -1)) === sizeOf(rows.shape.slice(0, -1)) ? before : rows;
}

/** Of the leading axes of `t`; inside a scan they are not followed. */
const originOf = ({ readers }: Use, t: Tensor): AxisOrigin =>
  readers.scan ? unknownOrigin : axisOrigin(t, readers.varies);

function inTime(use: Use, lead: Shape): Shape {
  return use.readers.scan ? [use.readers.scan.attrs.length, ...lead] : lead;
}

/** Which outputs of the whole matrix a use gives, or why it cannot be told. */
function outputsOf({ cut }: Use, outputs: number, inputs: number, transposed: boolean): Range | string {
  if (cut === null) return { from: 0, size: outputs, of: outputs };
  const [o, i] = transposed ? [cut.columns, cut.rows] : [cut.rows, cut.columns];
  if (o.size !== outputs || i.size !== inputs) return 'it is cut into pieces that are not matrices';
  return i.size === i.of ? o : 'it is cut along its inputs';
}

/** Rows of some outputs as rows of all, 0 at the others. */
function placed(rows: Tensor, { from, size, of }: Range): Tensor {
  return size === of ? rows : rows.pad([0, from], [0, of - from - size]);
}

/** y = x·W, x·Wᵀ, W·x or Wᵀ·x, also with a slice of W. */
function dense(use: Use): FoundMatrix | string {
  const node = use.node as Use['node'] & { attrs: MatmulAttrs };
  const { transA, transB } = node.attrs;
  const right = use.operand === 1;
  const input = node.inputs[1 - use.operand]!;
  const output = node.outputs[0]!;
  if (use.view.rank !== 2) return `its product is over a batch of matrices`;
  const rowsLie = right ? !transA : transB;
  const [rows, columns] = use.view.shape as [number, number];
  const outputsFirst = right ? transB : !transA;
  const [outputs, inputs] = outputsFirst ? [rows, columns] : [columns, rows];
  const transposed = outputsFirst === use.transposed;
  const range = outputsOf(use, outputs, inputs, transposed);
  if (typeof range === 'string') return range;
  const rowsOf = rowsLie && right ? apart(input) : input;
  const lead = rowsLie ? rowsOf.shape.slice(0, -1) : [...input.shape.slice(0, -2), input.shape.at(-1)!];
  return {
    kind: 'dense',
    form: { outputs: range.of, inputs, transposed },
    biasAxis: right ? 1 : 0,
    partial: range.size < range.of,
    site: {
      input,
      output,
      scan: use.readers.scan,
      lead: inTime(use, lead),
      origin: rowsLie ? originOf(use, rowsOf) : unknownOrigin,
      inputRows: (t) => flat(rowsLie ? t : swapLast(t), inputs),
      outputRows: (t) => placed(flat(right ? t : swapLast(t), outputs), range),
    },
  };
}

/** Patches of x `[n, c, …]` as rows `[n·positions, c·taps]`, in the order of the weight `[o, c, …kernel]`. */
function patchRows(x: Tensor, kernel: Shape, positions: Shape, geometry: ConvGeometry): Tensor {
  const [n, c] = x.shape as [number, number];
  const [taps, places] = [sizeOf(kernel), sizeOf(positions)];
  const columns = windowTaps(x, kernel, positions, geometry).map((t) => t.reshape([n, c, 1, places]));
  return concat(columns, 2)
    .transpose([0, 3, 1, 2])
    .reshape([n * places, c * taps]);
}

/** The kernel acts on every patch as a matrix [o, c·taps] (Grosse and Martens 2016). */
function convolution(use: Use): FoundMatrix | string {
  const node = use.node as Use['node'] & { attrs: ConvGeometry };
  if (use.cut) return 'a convolution has a part of it';
  if (use.operand !== 1 || use.transposed) return 'it is what a convolution runs over';
  if (node.attrs.groups !== 1) return 'its convolution is in groups';
  const [x, w] = node.inputs as [Tensor, Tensor];
  const output = node.outputs[0]!;
  const [outputs, inputs] = [w.shape[0]!, w.size / w.shape[0]!];
  const positions = output.shape.slice(2);
  const places = sizeOf(positions);
  return {
    kind: 'convolution',
    form: { outputs, inputs, transposed: false },
    biasAxis: output.rank - 1,
    partial: false,
    site: {
      input: x,
      output,
      scan: use.readers.scan,
      lead: inTime(use, [x.shape[0]!, places]),
      // The examples come first.
      origin: unknownOrigin,
      inputRows: (t) =>
        patchRows(
          t.reshape([t.size / sizeOf(x.shape.slice(1)), ...x.shape.slice(1)]),
          w.shape.slice(2),
          positions,
          node.attrs,
        ),
      outputRows: (t) => flat(swapLast(t.reshape([t.size / (outputs * places), outputs, places])), outputs),
    },
  };
}

/** The rows of a table are the columns of W: the input is one-hot. */
function embedding(use: Use): FoundMatrix | string {
  const { node } = use;
  const { axis } = node.attrs as { axis: number };
  if (use.cut) return 'a part of it is gathered from';
  if (use.operand !== 0 || axis !== 0 || use.view.rank !== 2 || use.transposed)
    return 'it is gathered along another axis';
  const ids = node.inputs[1]!;
  const [inputs, outputs] = use.view.shape as [number, number];
  return {
    kind: 'embedding',
    form: { outputs, inputs, transposed: true },
    biasAxis: 0,
    partial: false,
    site: {
      input: ids,
      output: node.outputs[0]!,
      scan: use.readers.scan,
      lead: inTime(use, ids.shape),
      origin: originOf(use, ids),
      inputRows: (t) => t.reshape([t.size]),
      outputRows: (t) => flat(t, outputs),
    },
  };
}

/** The site of a weight at one use, or why there is none. */
export function matrixSite(use: Use): FoundMatrix | string {
  switch (use.node.op.name) {
    case 'matmul':
      return dense(use);
    case 'conv':
      return convolution(use);
    case 'gather':
      return embedding(use);
    default:
      return `it enters through ${use.node.op.name}`;
  }
}

/** The axis of the node's output along which a vector of `size` elements lies; undefined when it is not one axis of it. */
export function vectorAxis({ node, view }: Use, size: number): number | undefined {
  const { shape, rank } = node.outputs[0]!;
  const offset = rank - view.rank;
  const long = view.shape.findIndex((d) => d !== 1);
  const axis = long < 0 ? rank - 1 : offset + long;
  return shape[axis] === size && view.size === size ? axis : undefined;
}

/** The site of a bias, gain or shift, or why there is none. */
export function vectorSite(use: Use, size: number, examples: number): VectorSite | string {
  const { node, operand, readers } = use;
  const { name } = node.op;
  if (name !== 'add' && name !== 'mul') return `it enters through ${name}`;
  const output = node.outputs[0]!;
  const other = node.inputs[1 - operand]!;
  const axis = vectorAxis(use, size);
  if (axis === undefined || !sameShape(other.shape, output.shape))
    return `its ${name} is not along one axis of the data`;
  const time = readers.scan ? 1 : 0;
  const shape = readers.scan ? [readers.scan.attrs.length, ...output.shape] : output.shape;
  const example = exampleAxis(shape, examples, {
    origin: readers.scan ? unknownOrigin : axisOrigin(output, readers.varies),
    time: readers.scan !== null,
    skip: axis + time,
  });
  if (example === undefined) return 'it meets the data where examples are not apart';
  return { input: name === 'mul' ? other : null, output, scan: readers.scan, axis: axis + time, example, shape };
}
