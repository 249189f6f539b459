import { concat } from '../../ops/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import type { NodeCall } from '../node-call.js';
import { iota, numbers } from './integers.js';
import type { OperatorTable } from './table.js';

const minusInfinity = Number.NEGATIVE_INFINITY;

/** `[batch, length, heads·size]` → `[batch, heads, length, size]`. */
export function splitHeads(call: NodeCall, x: Tensor, heads: number): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  if (!(heads > 0) || width % heads !== 0) call.refuse(`${width} elements do not fall into ${heads} heads`);
  return x.reshape([batch, length, heads, width / heads]).transpose([0, 2, 1, 3]);
}

function joinHeads(x: Tensor): Tensor {
  const [batch, heads, length, size] = x.shape as [number, number, number, number];
  return x.transpose([0, 2, 1, 3]).reshape([batch, length, heads * size]);
}

/** Key or value heads that several query heads share, repeated for each of them. */
function shareHeads(call: NodeCall, x: Tensor, heads: number): Tensor {
  const [batch, own, length, size] = x.shape as [number, number, number, number];
  if (own === heads) return x;
  if (heads % own !== 0) call.refuse(`${heads} query heads cannot share ${own} key heads`);
  return x
    .unsqueeze(2)
    .expand([batch, own, heads / own, length, size])
    .reshape([batch, heads, length, size]);
}

/** −∞ where the mask says so, behind its end too. */
function givenBias(mask: Tensor, keys: number, like: Tensor): Tensor {
  const bias = mask.dtype === 'bool' ? mask.where(full(0, like.dtype), full(minusInfinity, like.dtype)) : mask;
  const missing = keys - mask.shape.at(-1)!;
  if (missing <= 0) return bias;
  const none = bias.shape.map(() => 0);
  return bias.pad(
    none,
    none.map((v, i) => (i === none.length - 1 ? missing : v)),
    minusInfinity,
  );
}

interface Sizes {
  readonly queries: number;
  readonly keys: number;
  readonly past: number;
}

/** The sum of the mask, the causal mask (a query sees the keys up to its own place), that of a window around it, and that of the padding. */
function biasOf(call: NodeCall, like: Tensor, { queries, keys, past }: Sizes): Tensor | undefined {
  const [mask, lengths] = [call.inputs[3], call.inputs[6]];
  const column = numbers(iota(keys), 'i64');
  const hidden = (where: Tensor): Tensor => where.where(full(minusInfinity, like.dtype), full(0, like.dtype));
  const terms: Tensor[] = [];
  if (mask) terms.push(givenBias(mask, keys, like));
  const offset = lengths && !call.inputs[4] ? lengths.sub(queries).reshape([lengths.size, 1, 1, 1]) : full(past, 'i64');
  const place = numbers(iota(queries), 'i64').reshape([queries, 1]).add(offset);
  const [left, right] = [call.int('left_window_size', -1), call.int('right_window_size', -1)];
  if (call.flag('is_causal', false)) terms.push(hidden(place.less(column)));
  if (left >= 0) terms.push(hidden(column.less(place.sub(left))));
  if (right >= 0) terms.push(hidden(place.add(right).less(column)));
  if (lengths) terms.push(hidden(column.less(lengths.reshape([lengths.size, 1, 1, 1])).logicalNot()));
  return terms.length === 0 ? undefined : terms.reduce((a, b) => a.add(b));
}

/** Softmax of scores plus bias; a query that sees no key gets no weights at all. */
function weightsOf(scores: Tensor, bias: Tensor | undefined): { readonly biased: Tensor; readonly weights: Tensor } {
  if (bias === undefined) return { biased: scores, weights: scores.softmax(-1) };
  const biased = scores.add(bias);
  const blind = bias.max(-1, true).equal(minusInfinity);
  const safe = blind.where(scores, biased);
  return { biased, weights: blind.where(0, safe.softmax(-1)) };
}

/** Scaled dot-product attention with grouped heads, soft capping, masks and a cache of past keys and values. */
function attention(call: NodeCall): readonly Tensor[] {
  const [q, k, v] = [call.input(0), call.input(1), call.input(2)];
  const flat = q.rank === 3;
  const heads = (x: Tensor, name: string): Tensor => (flat ? splitHeads(call, x, call.int(name)) : x);
  const query = heads(q, 'q_num_heads');
  const join = (past: Tensor | undefined, x: Tensor): Tensor => (past ? concat([past, x], 2) : x);
  const key = join(call.inputs[4], heads(k, 'kv_num_heads'));
  const value = join(call.inputs[5], heads(v, 'kv_num_heads'));
  const [, count, queries, size] = query.shape as [number, number, number, number];
  const scale = call.float('scale', 1 / Math.sqrt(size));
  const scores = query.product(shareHeads(call, key, count), false, true).mul(scale);
  const cap = call.float('softcap', 0);
  const capped = cap > 0 ? scores.div(cap).tanh().mul(cap) : scores;
  const sizes = { queries, keys: key.shape[2]!, past: call.inputs[4]?.shape[2] ?? 0 };
  const { biased, weights } = weightsOf(capped, biasOf(call, capped, sizes));
  const y = weights.matmul(shareHeads(call, value, count));
  const shown = [scores, capped, biased, weights][call.int('qk_matmul_output_mode', 0)];
  return [flat ? joinHeads(y) : y, key, value, shown ?? call.refuse('qk_matmul_output_mode must be 0, 1, 2 or 3')];
}

/** Attention whose scores and weights are modified by graphs. */
function flexAttention(call: NodeCall): Tensor {
  const [q, k, v] = [call.input(0), call.input(1), call.input(2)];
  const heads = q.shape[1]!;
  const modified = (x: Tensor, name: string): Tensor =>
    call.has(name) ? call.tracing.body(call.graph(name), [x], name)[0]! : x;
  const scale = call.float('scale', 1 / Math.sqrt(q.shape[3]!));
  const scores = q.product(shareHeads(call, k, heads), false, true).mul(scale);
  const weights = modified(modified(scores, 'score_mod').softmax(-1), 'prob_mod');
  return weights.matmul(shareHeads(call, v, heads));
}

/** Turns pairs of elements by angles that depend on the place in the sequence; what lies behind the rotary part stays. */
function rotaryEmbedding(call: NodeCall): Tensor {
  const given = call.input(0);
  const flat = given.rank === 3;
  const x = flat ? splitHeads(call, given, call.int('num_heads')) : given;
  const size = x.shape[3]!;
  const rotary = call.int('rotary_embedding_dim', 0) || size;
  const half = rotary / 2;
  const positions = call.inputs[3];
  const table = (i: number): Tensor => {
    const cache = positions ? call.input(i).gather(positions) : call.input(i);
    return cache.slice([0, 0, 0], [...cache.shape.slice(0, 2), half]).unsqueeze(1);
  };
  const [cos, sin] = [table(1), table(2)];
  const [turned, rest] = x.split([rotary, size - rotary], 3) as [Tensor, Tensor];
  const interleaved = call.flag('interleaved', false);
  const pairs = interleaved
    ? turned.reshape([...x.shape.slice(0, 3), half, 2])
    : turned.reshape([...x.shape.slice(0, 3), 2, half]);
  const axis = interleaved ? 4 : 3;
  const [a, b] = pairs.split(2, axis).map((t) => t.squeeze(axis)) as [Tensor, Tensor];
  const rotated = [a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))].map((t) => t.unsqueeze(axis));
  const y = concat([concat(rotated, axis).reshape(turned.shape), rest], 3);
  return flat ? joinHeads(y) : y;
}

export const attentions: OperatorTable = {
  'ai.onnx.preview.FlexAttention': flexAttention,
  Attention: attention,
  RotaryEmbedding: rotaryEmbedding,
};
