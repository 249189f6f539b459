import { describe } from '../tensor/describe.js';
import { DerivativeError, InputError, ShapeError } from '../tensor/errors.js';
import { apply, type Op, type Tensor } from '../tensor/ir.js';
import { sameShape } from '../tensor/shape.js';
import { substitute } from '../tensor/substitute.js';
import { boundaryOf } from './scan/close-over.js';
import { checkCarries } from './scan/infer.js';
import { placeholder } from './scan/placeholders.js';
import { whileBatch } from './while/batch.js';
import { whileJvp } from './while/jvp.js';
import { lowerWhile } from './while/lower.js';
import type { WhileAttrs } from './while/parts.js';
import { prepareWhile } from './while/reference.js';

function inferWhile(inputs: readonly Tensor[], { condition, body, carries }: WhileAttrs) {
  inputs.forEach((t, i) => {
    for (const p of [condition.inputs[i]!, body.inputs[i]!]) {
      if (t.dtype !== p.dtype || !sameShape(t.shape, p.shape))
        throw new ShapeError(`whileLoop: ${describe(t)} does not fit ${describe(p)}`);
    }
  });
  checkCarries('whileLoop', inputs.slice(0, carries), body.outputs);
  const test = condition.outputs[0]!;
  if (test.dtype !== 'bool' || test.rank !== 0)
    throw new ShapeError(`whileLoop: the condition must give a bool scalar, got ${describe(test)}`);
  return body.outputs.map(({ dtype, shape }) => ({ dtype, shape }));
}

export const whileOp: Op<WhileAttrs> = {
  name: 'while',
  differentiable: true,
  infer: inferWhile,
  jvp: whileJvp,
  transpose: () => {
    throw new DerivativeError(
      'whileLoop: reverse mode needs the number of steps in advance; use scan with a fixed length, or forward mode (jvp)',
    );
  },
  batch: whileBatch,
  lower: lowerWhile,
  reference: { kind: 'kernel', prepare: prepareWhile },
  // Not known from the graph; the cost report counts one iteration apart.
  flops: () => 0,
};

export interface WhileOptions {
  /** Most steps that are run, whatever the condition says; unlimited by default. */
  readonly maxIterations?: number;
}

/**
 * Runs `carries = body(carries)` while `condition(carries)` holds, and gives the carries at the end. Body and condition are
 * traced once; tensors that they close over are computed once, outside. Differentiable in forward mode, to any order;
 * mapped over a batch it runs until every element is done. Cost: steps × (body + condition).
 * @throws ShapeError or DTypeError when a carry changes its shape or dtype or the condition is not a bool scalar;
 * InputError when the number of carries differs; DerivativeError in reverse mode.
 */
export function whileLoop(
  condition: (carries: readonly Tensor[]) => Tensor,
  body: (carries: readonly Tensor[]) => readonly Tensor[],
  init: readonly Tensor[],
  options: WhileOptions = {},
): readonly Tensor[] {
  const { maxIterations = Number.MAX_SAFE_INTEGER } = options;
  if (!Number.isSafeInteger(maxIterations) || maxIterations < 0)
    throw new InputError(`whileLoop: maxIterations ${maxIterations} is not a non-negative integer`);
  const carryIn = init.map((t) => placeholder('while carry', t));
  const outputs = [condition(carryIn), ...body(carryIn)];
  const consts = boundaryOf(outputs, carryIn);
  const constIn = consts.map((t) => placeholder('while const', t));
  const [test, ...next] = substitute(outputs, consts, constIn);
  checkCarries('whileLoop', init, next);
  const inputs = [...carryIn, ...constIn];
  const attrs: WhileAttrs = {
    condition: { inputs, outputs: [test!] },
    body: { inputs, outputs: next },
    carries: init.length,
    maxIterations,
  };
  return apply(whileOp, [...init, ...consts], attrs);
}
