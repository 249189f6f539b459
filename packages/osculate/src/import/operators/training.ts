import type { Tensor } from '../../tensor/ir.js';
import type { Importer, NodeCall } from '../node-call.js';
import { iota } from './integers.js';
import type { OperatorTable } from './table.js';

/** What one tensor's update is made of: the tensor, its gradient, and the optimizer's states for it. */
type Update = (call: NodeCall, rate: Tensor, step: Tensor, tensors: readonly Tensor[]) => readonly Tensor[];

/** Inputs: rate, step, then each kind of tensor for all parameters; outputs: each kind but the gradients. */
const optimizer =
  (kinds: number, update: Update): Importer =>
  (call) => {
    const count = (call.inputs.length - 2) / kinds;
    if (!Number.isInteger(count))
      call.refuse(`its ${call.inputs.length} inputs are not 2 and ${kinds} for each tensor`);
    const updated = iota(count).map((i) =>
      update(
        call,
        call.input(0).reshape([]),
        call.input(1).reshape([]),
        iota(kinds).map((k) => call.input(2 + k * count + i)),
      ),
    );
    return iota(kinds - 1).flatMap((k) => updated.map((outputs) => outputs[k]!));
  };

/** The gradient of the objective with the penalty λ/2·‖x‖². */
const penalized = (call: NodeCall, x: Tensor, g: Tensor): Tensor => g.add(x.mul(call.float('norm_coefficient', 0)));

/** Duchi, Hazan and Singer 2011. */
const adagrad: Update = (call, rate, step, [x, g, h]) => {
  const slope = penalized(call, x!, g!);
  const decayed = rate.div(step.cast(rate.dtype).mul(call.float('decay_factor', 0)).add(1));
  const squares = h!.add(slope.mul(slope));
  const scaled = slope.div(squares.sqrt().add(call.float('epsilon', 1e-6)));
  return [x!.sub(scaled.mul(decayed)), squares];
};

/** Kingma and Ba 2015. */
const adam: Update = (call, rate, step, [x, g, v, h]) => {
  const [alpha, beta] = [call.float('alpha', 0.9), call.float('beta', 0.999)];
  const slope = penalized(call, x!, g!);
  const mean = v!.mul(alpha).add(slope.mul(1 - alpha));
  const squares = h!.mul(beta).add(slope.mul(slope).mul(1 - beta));
  const t = step.cast(rate.dtype);
  const power = (base: number): Tensor => t.mul(Math.log(base)).exp();
  const corrected = rate.mul(power(beta).neg().add(1).sqrt()).div(power(alpha).neg().add(1));
  const adjusted = step.greater(0).where(corrected, rate);
  const next = x!.sub(mean.div(squares.sqrt().add(call.float('epsilon', 0))).mul(adjusted));
  return [next.mul(1 - call.float('norm_coefficient_post', 0)), mean, squares];
};

/** Polyak's or Nesterov's momentum. */
const momentum: Update = (call, rate, step, [x, g, v]) => {
  const slope = penalized(call, x!, g!);
  const [alpha, beta] = [call.float('alpha'), call.float('beta')];
  const weight = step.greater(0).where(beta, rate.mul(0).add(1));
  const next = v!.mul(alpha).add(slope.mul(weight));
  const direction = call.string('mode') === 'nesterov' ? slope.add(next.mul(alpha)) : next;
  return [x!.sub(direction.mul(rate)), next];
};

export const trainings: OperatorTable = {
  'ai.onnx.preview.training.Adagrad': optimizer(3, adagrad),
  'ai.onnx.preview.training.Adam': optimizer(4, adam),
  'ai.onnx.preview.training.Momentum': optimizer(3, momentum),
};
