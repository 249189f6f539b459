import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { sizeOf } from '../../tensor/shape.js';
import type { NodeCall } from '../node-call.js';
import { gatherElements } from './indexing.js';
import type { OperatorTable } from './table.js';

/** −weight[label]·logp[label], with labels `[n, d…]` for the axis of classes 1; ignored labels give 0. */
function negativeLogLikelihood(call: NodeCall, logp: Tensor, labels: Tensor, weights: Tensor | undefined): Tensor {
  const classes = logp.shape[1]!;
  const lengths = [logp.shape[0]!, classes, sizeOf(logp.shape.slice(2))];
  const flat = labels.cast('i64').reshape([lengths[0]!, 1, lengths[2]!]);
  const ignored = call.has('ignore_index') ? flat.equal(call.int('ignore_index')) : undefined;
  // An ignored label may be no class at all: class 0 stands for it.
  const safe = ignored ? ignored.where(0, flat) : flat;
  const picked = gatherElements(logp.reshape(lengths), safe, 1).neg();
  const own = weights ? weights.gather(safe) : undefined;
  const counted = ignored ? ignored.logicalNot().cast(logp.dtype) : undefined;
  const weight = own && counted ? own.mul(counted) : (own ?? counted);
  const losses = weight ? picked.mul(weight) : picked;
  const reduction = call.string('reduction', 'mean');
  if (reduction === 'none') return losses.reshape(labels.shape);
  if (reduction === 'sum') return losses.sum();
  if (reduction !== 'mean') call.refuse(`the reduction '${reduction}' is unknown`);
  return losses.sum().div(weight ? weight.sum() : full(labels.size, logp.dtype));
}

function softmaxCrossEntropy(call: NodeCall): readonly Tensor[] {
  const logp = call.input(0).logSoftmax(1);
  return [negativeLogLikelihood(call, logp, call.input(1), call.inputs[2]), logp];
}

export const losses: OperatorTable = {
  NegativeLogLikelihoodLoss: (call) => negativeLogLikelihood(call, call.input(0), call.input(1), call.inputs[2]),
  SoftmaxCrossEntropyLoss: softmaxCrossEntropy,
};
