import { float, floats } from '../../../../src/onnx/attributes.js';
import { node } from '../../../../src/onnx/index.js';
import { type Attributes, type Case, type Cases, c, type Input, t } from '../case.js';

const [steps, batch, width, hidden] = [4, 3, 2, 3];

interface Options {
  readonly bias?: boolean;
  readonly lengths?: boolean;
  readonly initial?: boolean;
  readonly peepholes?: boolean;
  readonly since?: number;
}

type Row = readonly [what: string, attributes: Attributes, options?: Options];

interface Kind {
  readonly op: string;
  readonly gates: number;
  readonly states: number;
}

function recurrent({ op, gates, states }: Kind, [what, attributes, options = {}]: Row): Case {
  const directions = attributes.direction === 'bidirectional' ? 2 : 1;
  const isBatchFirst = attributes.layout === 1;
  const state = t(isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden], 'unit');
  const given = (flag: boolean | undefined, input: Input): Input | null => (flag ? input : null);
  const inputs = [
    t(isBatchFirst ? [batch, steps, width] : [steps, batch, width], 'unit'),
    t([directions, gates * hidden, width], 'unit'),
    t([directions, gates * hidden, hidden], 'unit'),
    given(options.bias, t([directions, 2 * gates * hidden], 'unit')),
    given(options.lengths, c([4, 1, 3])),
    given(options.initial, state),
    ...(states === 2
      ? [given(options.initial, state), given(options.peepholes, t([directions, 3 * hidden], 'unit'))]
      : []),
  ];
  while (inputs.at(-1) === null) inputs.pop();
  const complete = { hidden_size: hidden, ...attributes };
  return {
    what,
    inputs,
    attributes: complete,
    outputs: 1 + states,
    since: options.since ?? 0,
    ...(isBatchFirst && { equivalent: timeFirst(op, complete) }),
  };
}

const all: Options = { bias: true, initial: true };

const common: readonly Row[] = [
  ['plain', {}],
  ['with biases and states', {}, all],
  ['reversed', { direction: 'reverse' }, all],
  ['in both directions', { direction: 'bidirectional' }, all],
  ['with lengths', {}, { ...all, lengths: true }],
  ['reversed with lengths', { direction: 'reverse' }, { bias: true, lengths: true }],
  ['in both directions with lengths', { direction: 'bidirectional' }, { ...all, lengths: true }],
  ['clipped', { clip: float(0.25) }, all],
];

const batchFirst: readonly Row[] = [
  ['batch first', { layout: 1 }, { ...all, since: 14 }],
  ['batch first, both directions', { layout: 1, direction: 'bidirectional' }, { ...all, lengths: true, since: 14 }],
];

/** ONNX Runtime does not run recurrent nodes whose batch comes first: the same between transpositions. */
function timeFirst(op: string, attributes: Attributes): NonNullable<Case['equivalent']> {
  const { layout, ...rest } = attributes;
  return (inputs, outputs) => {
    const own = (name: string): string => `${outputs[0]} time first ${name}`;
    const moved = [0, 5, 6].filter((i) => (inputs[i] ?? '') !== '');
    return [
      ...moved.map((i) => node('Transpose', [inputs[i]!], [own(`x${i}`)], { perm: [1, 0, 2] })),
      node(
        op,
        inputs.map((name, i) => (moved.includes(i) ? own(`x${i}`) : name)),
        outputs.map((_, i) => own(`y${i}`)),
        rest,
      ),
      ...outputs.map((name, i) =>
        node('Transpose', [own(`y${i}`)], [name], { perm: i === 0 ? [2, 0, 1, 3] : [1, 0, 2] }),
      ),
    ];
  };
}

const one: readonly Row[] = [
  ['Relu', { activations: ['Relu'] }, all],
  ['Sigmoid', { activations: ['Sigmoid'] }, all],
  ['Softsign', { activations: ['Softsign'] }, all],
  ['Softplus', { activations: ['Softplus'] }, all],
  ['LeakyRelu', { activations: ['LeakyRelu'], activation_alpha: floats([0.25]) }, all],
  ['ThresholdedRelu', { activations: ['ThresholdedRelu'], activation_alpha: floats([0.25]) }, all],
  ['Elu', { activations: ['Elu'], activation_alpha: floats([0.5]) }, all],
  ['Affine', { activations: ['Affine'], activation_alpha: floats([0.5]), activation_beta: floats([0.25]) }, all],
  [
    'ScaledTanh',
    { activations: ['ScaledTanh'], activation_alpha: floats([0.5]), activation_beta: floats([0.25]) },
    all,
  ],
  [
    'HardSigmoid',
    { activations: ['HardSigmoid'], activation_alpha: floats([0.25]), activation_beta: floats([0.5]) },
    all,
  ],
  ['a function for each direction', { direction: 'bidirectional', activations: ['Relu', 'Tanh'] }, all],
];

const gru: readonly Row[] = [
  ['reset behind the product', { linear_before_reset: 1 }, all],
  [
    'reset behind the product, both directions',
    { linear_before_reset: 1, direction: 'bidirectional' },
    { ...all, lengths: true },
  ],
  ['reset behind the product, no biases', { linear_before_reset: 1 }, { initial: true }],
  [
    'other functions',
    { activations: ['HardSigmoid', 'Softsign'], activation_alpha: floats([0.25]), activation_beta: floats([0.5]) },
    all,
  ],
];

const lstm: readonly Row[] = [
  ['peepholes', {}, { ...all, peepholes: true }],
  ['peepholes in both directions', { direction: 'bidirectional' }, { ...all, peepholes: true }],
  ['coupled gates', { input_forget: 1 }, all],
  ['coupled gates and peepholes', { input_forget: 1 }, { ...all, peepholes: true }],
  [
    'other functions',
    {
      activations: ['HardSigmoid', 'ScaledTanh', 'Softsign'],
      activation_alpha: floats([0.25, 1.5]),
      activation_beta: floats([0.5, 0.75]),
    },
    all,
  ],
];

const cases = (kind: Kind, rows: readonly Row[]): Case[] =>
  rows.map((row) => ({ ...recurrent(kind, row), tolerance: 1e-5 }));

export const recurrences: Cases = {
  GRU: cases({ op: 'GRU', gates: 3, states: 1 }, [...common, ...batchFirst, ...gru]),
  LSTM: cases({ op: 'LSTM', gates: 4, states: 2 }, [...common, ...batchFirst, ...lstm]),
  RNN: cases({ op: 'RNN', gates: 1, states: 1 }, [...common, ...batchFirst, ...one]),
};
