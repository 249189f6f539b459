import { sameShape } from '../../tensor/shape.js';
import { axisOrigin, exampleAxis, unknownOrigin } from './example-axis.js';
import type { VectorSite } from './site.js';
import type { Use } from './uses.js';

/** The axis of the node's output along which a vector of `size` elements lies; undefined when it is not one axis of it. */
export function vectorAxis({ node, view }: Use, size: number): number | undefined {
  const { shape, rank } = node.outputs[0]!;
  const offset = rank - view.rank;
  const long = view.shape.findIndex((d) => d !== 1);
  const axis = long < 0 ? rank - 1 : offset + long;
  return shape[axis] === size && view.size === size ? axis : undefined;
}

/** The site of a bias, gain or shift, or why it is none. */
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
