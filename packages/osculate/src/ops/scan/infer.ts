import { describe } from '../../tensor/describe.js';
import { DTypeError, InputError, ShapeError } from '../../tensor/errors.js';
import type { Aval, Tensor } from '../../tensor/ir.js';
import { type Shape, sameShape, showShape } from '../../tensor/shape.js';
import { groups, type ScanAttrs } from './parts.js';

/** Throws unless a loop's body gives back each carry in the shape and dtype in which it takes it. */
export function checkCarries(what: string, init: readonly Aval[], next: readonly Tensor[]): void {
  if (next.length !== init.length) {
    throw new InputError(`${what}: the body returns ${next.length} carries, but there are ${init.length} initial ones`);
  }
  next.forEach((t, i) => {
    const { dtype, shape } = init[i]!;
    if (t.dtype !== dtype) {
      throw new DTypeError(`${what}: carry ${i} starts as ${dtype}, but the body returns ${describe(t)}; cast one`);
    }
    if (!sameShape(t.shape, shape)) {
      throw new ShapeError(
        `${what}: carry ${i} starts with shape ${showShape(shape)}, but the body returns ${describe(t)}; a carry keeps its shape`,
      );
    }
  });
}

/** The number of steps: the common length of the leading axes of `xs`, or the given one. */
export function lengthOf(xs: readonly Tensor[], given: number | undefined): number {
  if (given !== undefined && (!Number.isSafeInteger(given) || given < 0))
    throw new InputError(`scan: length ${given} is not a non-negative integer`);
  const length = given ?? xs[0]?.shape[0];
  for (const x of xs) {
    if (x.rank === 0) throw new ShapeError(`scan: ${describe(x)} has no leading axis to scan over`);
    if (x.shape[0] !== length) {
      const other = given === undefined ? describe(xs[0]!) : `length ${given}`;
      throw new ShapeError(`scan: the leading axis of ${describe(x)} does not fit ${other}`);
    }
  }
  if (length === undefined) throw new InputError('scan: without xs the number of steps is unknown; pass { length }');
  return length;
}

function fits(t: Tensor, p: Tensor, shape: Shape): void {
  if (t.dtype !== p.dtype || !sameShape(t.shape, shape))
    throw new ShapeError(`scan: ${describe(t)} does not fit the body's ${p.dtype} ${showShape(shape)}`);
}

/** The shape rule, which also checks the node's inputs against the body's placeholders. */
export function inferScan(inputs: readonly Tensor[], attrs: ScanAttrs): Aval[] {
  const { body, carries, length } = attrs;
  const [init, xs, consts] = groups(inputs, attrs);
  const [carryIn, xIn, constIn] = groups(body.inputs, attrs);
  init.forEach((t, i) => void fits(t, carryIn[i]!, carryIn[i]!.shape));
  xs.forEach((t, i) => void fits(t, xIn[i]!, [length, ...xIn[i]!.shape]));
  consts.forEach((t, i) => void fits(t, constIn[i]!, constIn[i]!.shape));
  checkCarries('scan', carryIn, body.outputs.slice(0, carries));
  return body.outputs.map(({ dtype, shape }, i) => ({ dtype, shape: i < carries ? shape : [length, ...shape] }));
}
