import { isFloat } from '../../tensor/dtype.js';
import type { Tensor } from '../../tensor/ir.js';
import type { NodeCall } from '../node-call.js';
import { unary } from './elementwise.js';
import { onReals } from './integers.js';
import type { OperatorTable } from './table.js';

export const hardSigmoid = (x: Tensor, alpha: number, beta: number): Tensor => x.mul(alpha).add(beta).clip(0, 1);

export const softsign = (x: Tensor): Tensor => x.div(x.abs().add(1));

export const thresholdedRelu = (x: Tensor, alpha: number): Tensor => x.greater(alpha).where(x, 0);

/** max(0, x) + min(0, α·(exp(x/α) − 1)). */
const celu = (x: Tensor, alpha: number): Tensor => x.div(alpha).elu().mul(alpha);

function selu(call: NodeCall): Tensor {
  const alpha = call.float('alpha', 1.6732632423543772);
  return call.input(0).elu(alpha).mul(call.float('gamma', 1.0507009873554805));
}

const swish = (x: Tensor, alpha: number): Tensor => (alpha === 1 ? x.silu() : x.mul(x.mul(alpha).sigmoid()));

/** Of the slope's shape; it broadcasts to x in one direction only. */
function prelu(call: NodeCall): Tensor {
  const [x, slope] = [call.input(0), call.input(1)];
  return x.less(0).where(x.mul(slope), x);
}

function shrink(call: NodeCall): Tensor {
  const x = call.input(0);
  const [lambd, bias] = [call.float('lambd', 0.5), call.float('bias', 0)];
  return x.less(-lambd).where(x.add(bias), x.greater(lambd).where(x.sub(bias), 0));
}

/** swish(a)·b of the halves a and b of the last axis. */
function swiglu(call: NodeCall): Tensor {
  const alpha = call.float('alpha', 1);
  const [gate, linear] = call.inputs[1] ? [call.input(0), call.input(1)] : call.input(0).split(2, -1);
  return swish(gate!, alpha).mul(linear!);
}

export const activations: OperatorTable = {
  Celu: (call) => celu(call.input(0), call.float('alpha', 1)),
  Elu: (call) => call.input(0).elu(call.float('alpha', 1)),
  Gelu: (call) => call.input(0).gelu(call.string('approximate', 'none') === 'tanh' ? 'tanh' : 'none'),
  HardSigmoid: (call) => hardSigmoid(call.input(0), call.float('alpha', 0.2), call.float('beta', 0.5)),
  HardSwish: unary((x) => x.mul(hardSigmoid(x, 1 / 6, 0.5))),
  LeakyRelu: (call) => call.input(0).leakyRelu(call.float('alpha', 0.01)),
  Mish: unary((x) => x.mul(x.softplus().tanh())),
  PRelu: prelu,
  Relu: unary((x) => (isFloat(x.dtype) ? x.relu() : x.maximum(0))),
  Selu: selu,
  Shrink: onReals(shrink),
  Sigmoid: unary((x) => x.sigmoid()),
  Softplus: unary((x) => x.softplus()),
  Softsign: unary(softsign),
  SwiGLU: swiglu,
  Swish: (call) => swish(call.input(0), call.float('alpha', 1)),
  ThresholdedRelu: (call) => thresholdedRelu(call.input(0), call.float('alpha', 1)),
};
