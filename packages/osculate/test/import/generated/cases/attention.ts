import { float } from '../../../../src/onnx/attributes.js';
import { DataType } from '../../../../src/onnx/data-type.js';
import { graph, node } from '../../../../src/onnx/index.js';
import { as, type Case, type Cases, type Numbers, type Result, type Types, t, v } from '../case.js';

const alike = ({ T1, T2, U }: Types): boolean => T1 === T2 && (U === 'float' || U === T1);
const packed = { q_num_heads: 2, kv_num_heads: 2 };
const shared = { q_num_heads: 4, kv_num_heads: 2 };
const [q3, k3, v3] = [t([2, 3, 8]), t([2, 5, 8]), t([2, 5, 6])];
const [q4, k4, v4] = [t([2, 2, 3, 4]), t([2, 2, 5, 4]), t([2, 2, 5, 3])];
const past = [t([2, 2, 2, 4]), t([2, 2, 2, 3])];

const masked = (inputs: Case['inputs'], type: 'bool' | 'own', mask: readonly number[]): Case['inputs'] => [
  ...inputs,
  type === 'bool' ? as('bool', t(mask, 'small')) : t(mask),
];

const plain: readonly Case[] = [
  { what: 'heads of their own', inputs: [q4, k4, v4] },
  { what: 'packed heads', inputs: [q3, k3, v3], attributes: packed },
  { what: 'shared heads', inputs: [t([1, 4, 3, 4]), t([1, 2, 5, 4]), t([1, 2, 5, 3])] },
  { what: 'packed shared heads', inputs: [t([1, 3, 16]), t([1, 5, 8]), t([1, 5, 6])], attributes: shared },
  { what: 'a scale', inputs: [q4, k4, v4], attributes: { scale: float(0.25) } },
  { what: 'capped', inputs: [q4, k4, v4], attributes: { softcap: float(2) } },
  { what: 'causal', inputs: [t([1, 2, 4, 4]), t([1, 2, 4, 4]), t([1, 2, 4, 3])], attributes: { is_causal: 1 } },
  {
    what: 'a mask of numbers',
    inputs: masked([q4, k4, v4], 'own', [3, 5]),
    types: ({ T1, T2, U }) => T1 === T2 && T1 === U,
  },
  {
    what: 'a mask of a batch',
    inputs: masked([q4, k4, v4], 'own', [2, 1, 3, 5]),
    types: ({ T1, T2, U }) => T1 === T2 && T1 === U,
  },
  {
    what: 'a mask of booleans',
    inputs: [q4, k4, v4, v([1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 1, 1, 1, 1], [3, 5])],
    types: ({ T1, T2, U }) => T1 === T2 && U === 'bool',
  },
  { what: 'a cache', inputs: [q4, k4, v4, null, ...past], outputs: 3 },
  {
    what: 'a cache, causal',
    inputs: [q4, t([2, 2, 3, 4]), t([2, 2, 3, 3]), null, ...past],
    attributes: { is_causal: 1 },
    outputs: 3,
  },
  ...[0, 1, 2, 3].map(
    (mode): Case => ({
      what: `scores of kind ${mode}`,
      inputs: [q4, k4, v4, null, ...past],
      attributes: { qk_matmul_output_mode: mode, softcap: float(2) },
      outputs: 4,
      until: 24,
    }),
  ),
];

const lengths: readonly Case[] = [{ what: 'lengths', inputs: [q4, k4, v4, null, null, null, v([5, 3])], since: 24 }];

/** A window is a mask by place: ONNX Runtime is given that. */
function windowed(left: number, right: number, is_causal: number): Case {
  const allowed = (i: number, j: number): boolean => (left < 0 || j >= i - left) && (right < 0 || j <= i + right);
  const mask = Array.from({ length: 15 }, (_, at) => Number(allowed(Math.floor(at / 5), at % 5)));
  return {
    what: `a window from −${left} to ${right}, causal ${is_causal}`,
    inputs: [q4, k4, v4],
    attributes: { left_window_size: left, right_window_size: right, is_causal },
    since: 25,
    equivalent: (inputs, outputs) => [
      node('Constant', [], [`${outputs[0]} places`], {
        value: { kind: 'tensor', value: { dims: [3, 5], dataType: DataType.bool, int32Data: Int32Array.from(mask) } },
      }),
      node('Attention', [...inputs, `${outputs[0]} places`], outputs, { is_causal }),
    ],
  };
}

const windows: readonly Case[] = [
  windowed(1, 1, 0),
  windowed(0, -1, 0),
  windowed(-1, 0, 0),
  windowed(1, -1, 1),
  windowed(2, 3, 1),
];

const attention: readonly Case[] = [...plain, ...lengths, ...windows].map((given) => ({
  ...given,
  types: given.types ?? alike,
  tolerance: 1e-5,
}));

const angles = [t([6, 2], 'unit'), t([6, 2], 'unit')] as const;
const rotary: readonly Case[] = [
  { what: 'by places', inputs: [t([2, 3, 3, 4]), ...angles, v([0, 1, 2, 5, 3, 4], [2, 3])] },
  {
    what: 'interleaved',
    inputs: [t([2, 3, 3, 4]), ...angles, v([0, 1, 2, 5, 3, 4], [2, 3])],
    attributes: { interleaved: 1 },
  },
  { what: 'packed heads', inputs: [t([1, 3, 8]), ...angles, v([1, 0, 4], [1, 3])], attributes: { num_heads: 2 } },
  {
    what: 'a part',
    inputs: [t([1, 2, 3, 6]), ...angles, v([1, 0, 4], [1, 3])],
    attributes: { rotary_embedding_dim: 4 },
  },
  {
    what: 'a part, interleaved',
    inputs: [t([1, 2, 3, 6]), ...angles, v([1, 0, 4], [1, 3])],
    attributes: { rotary_embedding_dim: 4, interleaved: 1 },
  },
  { what: 'a table for each batch entry', inputs: [t([2, 2, 3, 4]), t([2, 3, 2], 'unit'), t([2, 3, 2], 'unit')] },
];

/** Scores times two, weights times a half. */
const doubled = (types: Types, factor: number) =>
  graph({
    node: [
      node('Constant', [], ['one'], {
        value: { kind: 'tensor', value: { dims: [], dataType: DataType.float, floatData: Float32Array.of(factor) } },
      }),
      node('CastLike', ['one', 'x'], ['factor']),
      node('Mul', ['x', 'factor'], ['y']),
    ],
    name: 'body',
    initializer: [],
    input: [{ name: 'x', type: { tensorType: { elemType: DataType[types.T1!] } } }],
    output: [{ name: 'y', type: { tensorType: { elemType: DataType[types.T1!] } } }],
  });

/** Attention with a factor of the scores is one of another scale, and one of the weights one of the values. */
const flexible =
  (scale: number, factor: number): NonNullable<Case['equivalent']> =>
  (inputs, [y], types) => [
    node('Attention', inputs, [`${y} one`], { scale: float(scale) }),
    node('Constant', [], [`${y} two`], {
      value: { kind: 'tensor', value: { dims: [], dataType: DataType.float, floatData: Float32Array.of(factor) } },
    }),
    node('Cast', [`${y} two`], [`${y} factor`], { to: DataType[types.T1!] }),
    node('Mul', [`${y} one`, `${y} factor`], [y!]),
  ];

const flex: readonly Case[] = [
  { what: 'plain', inputs: [q4, k4, v4], equivalent: flexible(0.5, 1) },
  { what: 'a scale', inputs: [q4, k4, v4], attributes: { scale: float(0.25) }, equivalent: flexible(0.25, 1) },
  { what: 'shared heads', inputs: [t([1, 4, 3, 4]), t([1, 2, 5, 4]), t([1, 2, 5, 3])], equivalent: flexible(0.5, 1) },
  {
    what: 'modified scores',
    inputs: [q4, k4, v4],
    attributes: (types) => ({ score_mod: doubled(types, 2) }),
    equivalent: flexible(1, 1),
  },
  {
    what: 'modified weights',
    inputs: [q4, k4, v4],
    attributes: (types) => ({ prob_mod: doubled(types, 0.5) }),
    equivalent: flexible(0.5, 0.5),
  },
];

/** Convolution of the past (two elements, zeros unless they are given) and the present, as several nodes. */
function causal(bias: boolean, state: boolean, silu: boolean): Case {
  const inputs = [t([2, 3, 4]), t([3, 1, 3]), bias ? t([3]) : null, ...(state ? [t([2, 3, 2])] : [])];
  return {
    what: `bias ${bias}, state ${state}, silu ${silu}`,
    inputs,
    attributes: silu ? { activation: 'silu' } : {},
    outputs: 2,
    equivalent: ([x, w, b, s], [y, next]) => [
      ...(state
        ? []
        : [
            node('Split', [x!], [`${y} first`, `${y} last`], { axis: 2, num_outputs: 2 }),
            node('Sub', [`${y} first`, `${y} first`], [`${y} zeros`]),
          ]),
      node('Concat', [s ?? `${y} zeros`, x!], [`${y} seen`], { axis: 2 }),
      node('Conv', b ? [`${y} seen`, w!, b] : [`${y} seen`, w!], [silu ? `${y} z` : y!], { group: 3 }),
      ...(silu ? [node('Sigmoid', [`${y} z`], [`${y} g`]), node('Mul', [`${y} z`, `${y} g`], [y!])] : []),
      node('Split', [`${y} seen`], [`${y} rest`, `${y} rest 2`, next!], { axis: 2, num_outputs: 3 }),
    ],
  };
}

/** With a factor of 1: a·sigmoid(a)·b. */
const swiglu: NonNullable<Case['equivalent']> = ([a, b], [y]) => [
  node('Sigmoid', [a!], [`${y} gate`]),
  node('Mul', [`${y} gate`, a!], [`${y} swish`]),
  node('Mul', [`${y} swish`, b!], [y!]),
];

/** With a factor of 2, the same of a + a, halved. */
const doubledSwiglu: NonNullable<Case['equivalent']> = ([a, b], [y]) => [
  node('Add', [a!, a!], [`${y} twice`]),
  node('Sigmoid', [`${y} twice`], [`${y} gate`]),
  node('Mul', [`${y} gate`, a!], [`${y} swish`]),
  node('Mul', [`${y} swish`, b!], [y!]),
];

interface Linear {
  readonly rule: string;
  readonly heads: number;
  readonly state: boolean;
}

const gated = (rule: string): boolean => rule.includes('gated');
const corrected = (rule: string): boolean => rule.includes('delta');

/** States, and their rows and columns, of the cases of LinearAttention; steps of time. */
const [own, dk, dv, steps] = [2, 3, 2, 3];

/** S ← exp(g)·S + k ⊗ w of one state [dk, dv] with w = v, or β(v − Sᵀk) of the decayed S. */
function advance(
  s: number[],
  k: readonly number[],
  v: readonly number[],
  g?: readonly number[],
  beta?: number,
): number[] {
  const kept = s.map((x, at) => (g ? x * Math.exp(g[Math.floor(at / dv)]!) : x));
  const known = v.map((_, j) => k.reduce((sum, x, i) => sum + x * kept[i * dv + j]!, 0));
  const written = v.map((x, j) => (beta === undefined ? x : beta * (x - known[j]!)));
  return kept.map((x, at) => x + k[Math.floor(at / dv)]! * written[at % dv]!);
}

/** The standard's recurrence step by step; the output is q·S/√dk for each query head. */
function linearForm({ rule, heads, state }: Linear, inputs: readonly Numbers[]): readonly Result[] {
  const [q, k, v, past, decay, beta] = inputs.map((list) => Array.from(list, Number)) as number[][];
  const part = (list: number[], i: number, length: number): number[] => list.slice(i * length, (i + 1) * length);
  let states = Array.from({ length: own }, (_, h) =>
    state ? part(past!, h, dk * dv) : new Array<number>(dk * dv).fill(0),
  );
  const output: number[] = [];
  for (let step = 0; step < steps; step++) {
    states = states.map((s, h) => {
      const at = step * own + h;
      return advance(
        s,
        part(k!, at, dk),
        part(v!, at, dv),
        gated(rule) ? part(decay!, at, dk) : undefined,
        corrected(rule) ? beta![at] : undefined,
      );
    });
    for (let h = 0; h < heads; h++) {
      const [query, s] = [part(q!, step * heads + h, dk), states[Math.floor((h * own) / heads)]!];
      for (let j = 0; j < dv; j++)
        output.push(query.reduce((sum, x, i) => sum + x * s[i * dv + j]!, 0) / Math.sqrt(dk));
    }
  }
  return [
    { shape: [1, steps, heads * dv], values: output },
    { shape: [1, own, dk, dv], values: states.flat() },
  ];
}

const linear: readonly Case[] = ['linear', 'gated', 'delta', 'gated_delta'].flatMap((rule) =>
  [2, 4].map((heads): Case => {
    const state = heads === 2;
    return {
      what: `${rule}, ${heads} query heads`,
      inputs: [
        t([1, 3, heads * 3], 'unit'),
        t([1, 3, 6], 'unit'),
        t([1, 3, 4], 'unit'),
        state ? t([1, 2, 3, 2], 'unit') : null,
        gated(rule) ? t([1, 3, 6], 'unit') : null,
        corrected(rule) ? t([1, 3, 2], 'unit') : null,
      ],
      attributes: { update_rule: rule, q_num_heads: heads, kv_num_heads: 2 },
      outputs: 2,
      types: ({ T, S }) => T === S,
      expected: (inputs) => linearForm({ rule, heads, state }, inputs),
    };
  }),
);

export const attentions: Cases = {
  'ai.onnx.preview.FlexAttention': flex.map((given) => ({ ...given, tolerance: 1e-5 })),
  Attention: attention,
  CausalConvWithState: [
    causal(true, true, false),
    causal(false, true, true),
    causal(true, true, true),
    causal(true, false, false),
  ],
  LinearAttention: linear,
  RotaryEmbedding: rotary,
  SwiGLU: [
    { what: 'plain', inputs: [t([2, 3]), t([2, 3])], equivalent: swiglu },
    { what: 'a factor', inputs: [t([2, 3]), t([2, 3])], attributes: { alpha: float(2) }, equivalent: doubledSwiglu },
  ],
};
