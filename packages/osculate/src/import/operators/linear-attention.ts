import { conv } from '../../ops/convolution/conv.js';
import { concat, scan } from '../../ops/index.js';
import { moveAxis } from '../../ops/shape.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import type { NodeCall } from '../node-call.js';
import { splitHeads } from './attention.js';
import { biased } from './convolutions.js';
import type { OperatorTable } from './table.js';

interface Step {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly decay: Tensor | undefined;
  readonly beta: Tensor | undefined;
}

/** `[batch, time, heads·size]` → `[time, batch, heads, size]`. */
const overTime = (call: NodeCall, x: Tensor, heads: number): Tensor => moveAxis(splitHeads(call, x, heads), 2, 0);

/** The next state S `[batch, heads, dk, dv]`: decayed, and with k ⊗ v added, or k ⊗ β(v − Sᵀk) by the delta rule. */
function update(state: Tensor, { k, v, decay, beta }: Step): Tensor {
  const kept = decay ? state.mul(decay.exp().unsqueeze(-1)) : state;
  const column = k.unsqueeze(-1);
  const written = beta ? beta.mul(v.sub(kept.mul(column).sum(2))) : v;
  return kept.add(column.mul(written.unsqueeze(2)));
}

/** q·S for all query heads that share a state. */
function read(state: Tensor, q: Tensor): Tensor {
  const [batch, own, dk, dv] = state.shape as [number, number, number, number];
  const shared = q.shape[1]! / own;
  return q.reshape([batch, own, shared, dk]).matmul(state).reshape([batch, q.shape[1]!, dv]);
}

/** Attention with a state instead of a cache: one scan over time. */
function linearAttention(call: NodeCall): readonly Tensor[] {
  const rule = call.string('update_rule', 'gated_delta');
  if (!['linear', 'gated', 'delta', 'gated_delta'].includes(rule)) call.refuse(`the update rule '${rule}' is unknown`);
  const [qHeads, heads] = [call.int('q_num_heads'), call.int('kv_num_heads')];
  if (qHeads % heads !== 0) call.refuse(`${qHeads} query heads cannot share ${heads} states`);
  const [q, k, v] = [qHeads, heads, heads].map((h, i) => overTime(call, call.input(i), h)) as [Tensor, Tensor, Tensor];
  const gated = rule === 'gated' || rule === 'gated_delta';
  const delta = rule === 'delta' || rule === 'gated_delta';
  const decay = gated ? overTime(call, call.input(4), heads) : undefined;
  const beta = delta ? overTime(call, call.input(5), call.input(5).shape[2]!) : undefined;
  const [time, batch, , dk] = k.shape as [number, number, number, number];
  const dv = v.shape[3]!;
  const given = call.float('scale', 0);
  const scale = given === 0 ? 1 / Math.sqrt(dk) : given;
  const init = call.inputs[3] ?? full(0, q.dtype).expand([batch, heads, dk, dv]);
  const { carry, ys } = scan(
    ([state], [qt, kt, vt, ...rest]) => {
      const step: Step = { q: qt!, k: kt!, v: vt!, decay: decay && rest[0], beta: beta && rest.at(-1) };
      const next = update(state!, step);
      return { carry: [next], y: [read(next, step.q).mul(scale)] };
    },
    [init],
    [q, k, v, ...(decay ? [decay] : []), ...(beta ? [beta] : [])],
  );
  return [ys[0]!.transpose([1, 0, 2, 3]).reshape([batch, time, qHeads * dv]), carry[0]!];
}

/** Depthwise convolution over the past; the state is the end of what it saw. */
function causalConvolution(call: NodeCall): readonly Tensor[] {
  const [x, w, bias] = [call.input(0), call.input(1), call.inputs[2]];
  if (x.rank !== 3 || w.rank !== 3) call.refuse('only one spatial axis is supported');
  const [n, c, length] = x.shape as [number, number, number];
  const behind = w.shape[2]! - 1;
  const past = call.inputs[3] ?? full(0, x.dtype).expand([n, c, behind]);
  const seen = concat([past, x], 2);
  const y = biased(conv(seen, w, { groups: c }), bias);
  const activation = call.string('activation', 'none');
  if (!['none', 'silu', 'swish'].includes(activation)) call.refuse(`the activation '${activation}' is unknown`);
  return [activation === 'none' ? y : y.silu(), seen.slice([0, 0, length], [n, c, length + behind])];
}

export const linearAttentions: OperatorTable = {
  CausalConvWithState: causalConvolution,
  LinearAttention: linearAttention,
};
