import { float } from '../../../../src/onnx/attributes.js';
import { type Attributes, type Case, type Cases, isFloatType, s, t, v } from '../case.js';

/** A function with its parameters: as they are when left out, and given. */
const activation = (attributes: Attributes = {}): readonly Case[] => [
  { what: 'a matrix', inputs: [t([3, 4])] },
  { what: 'a scalar', inputs: [t([])] },
  { what: 'empty', inputs: [t([0, 2])] },
  {
    what: 'infinities and zeros',
    inputs: [v([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0])],
    types: ({ T = 'float' }) => isFloatType(T),
  },
  ...(Object.keys(attributes).length === 0 ? [] : [{ what: 'given parameters', inputs: [t([2, 5])], attributes }]),
];

const finite = (list: readonly Case[]): readonly Case[] => list.filter(({ what }) => !what.startsWith('infinities'));

/** Where ONNX Runtime takes constants of the formula, or all of it, in single precision for doubles too. */
const inSingle = (list: readonly Case[]): readonly Case[] => list.map((given) => ({ ...given, tolerance: 1e-6 }));

/** Softmax and its kin: over one axis from version 13 on, over all axes from one on before. */
const alongAxis: readonly Case[] = [
  { what: 'the axis left out', inputs: [t([2, 3, 4])] },
  ...[-3, -1, 0, 1, 2].map(
    (axis): Case => ({ what: `axis ${axis}`, inputs: [t([2, 3, 4])], attributes: { axis }, since: axis < 0 ? 11 : 0 }),
  ),
  { what: 'a vector', inputs: [t([5])], attributes: { axis: 0 } },
  { what: 'a single element', inputs: [t([3, 1])], attributes: { axis: 1 } },
  { what: 'empty', inputs: [t([0, 3])], attributes: { axis: 1 } },
  { what: 'ties', inputs: [v([1, 3, 3, 2, 3, 3, 3, 0], [2, 4])], attributes: { axis: 1 } },
  { what: 'large numbers', inputs: [v([60, 59, -60, 0, 1, 60], [2, 3])], attributes: { axis: 1 } },
];

export const activations: Cases = {
  Celu: finite(activation({ alpha: float(0.5) })),
  Elu: activation({ alpha: float(0.5) }),
  Gelu: [
    ...inSingle(finite(activation({ approximate: 'tanh' }))),
    { what: 'stated to be exact', inputs: [t([7])], attributes: { approximate: 'none' } },
  ],
  HardSigmoid: activation({ alpha: float(0.75), beta: float(0.25) }),
  HardSwish: finite(activation()),
  Hardmax: alongAxis,
  LeakyRelu: inSingle(activation({ alpha: float(0.25) })),
  LogSoftmax: alongAxis,
  Mish: finite(activation()),
  PRelu: [
    { what: 'a slope for all', inputs: [t([2, 3, 4]), t([1])] },
    { what: 'slopes of a channel', inputs: [t([2, 3, 4]), t([3, 1])] },
    { what: 'slopes of the last axis', inputs: [t([2, 3, 4]), t([4])] },
    { what: 'a slope for each element', inputs: [t([2, 3]), t([2, 3])] },
    { what: 'a scalar slope', inputs: [t([2, 3]), s(2)] },
    { what: 'empty', inputs: [t([0, 3]), t([3])] },
  ],
  Relu: activation(),
  Selu: finite(activation({ alpha: float(1.5), gamma: float(0.75) })),
  Shrink: inSingle(finite(activation({ lambd: float(1), bias: float(0.5) }))).map((given) => ({
    ...given,
    types: ({ T = 'float' }) => !T.startsWith('u'),
  })),
  Sigmoid: activation(),
  Softmax: alongAxis,
  Softplus: activation(),
  Softsign: finite(activation()),
  Swish: finite(activation({ alpha: float(0.5) })),
  ThresholdedRelu: activation({ alpha: float(0.5) }),
};
