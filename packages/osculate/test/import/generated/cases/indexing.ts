import { type Case, type Cases, c, type Input, stored, t, v } from '../case.js';

/** With indices that are an input of the model, and with indices in the file. */
function knownOrNot(given: Case, ...indices: readonly number[]): Case[] {
  const inputs = given.inputs.map((input, i) => (input && indices.includes(i) ? stored(input) : input));
  return [given, { ...given, what: `${given.what}, stored indices`, inputs }];
}

const gathers: readonly (readonly [string, readonly number[], Input, number])[] = [
  ['rows', [4, 3], v([2, 0, 2]), 0],
  ['columns', [2, 4], v([3, 1]), 1],
  ['a matrix of indices', [2, 4], v([0, 3, 1, 1], [2, 2]), 1],
  ['a scalar index', [3, 2], v([1], []), 0],
  ['nothing', [3, 2], v([], [0]), 0],
  ['of a vector', [5], v([4, 0]), 0],
];

const gather: readonly Case[] = [
  ...gathers.map(([what, shape, indices, axis]): Case => ({ what, inputs: [t(shape), indices], attributes: { axis } })),
  { what: 'negative indices', inputs: [t([4, 3]), v([-1, -4, 1])], since: 11 },
  { what: 'a negative axis', inputs: [t([2, 3, 4]), v([-1, 2])], attributes: { axis: -2 }, since: 11 },
].flatMap((given) => knownOrNot(given, 1));

const gatherElements: readonly Case[] = [
  { what: 'axis 0', inputs: [t([3, 2]), v([2, 0, 1, 1], [2, 2])] },
  { what: 'axis 1', inputs: [t([2, 3]), v([2, 0, 1, 1], [2, 2])], attributes: { axis: 1 } },
  { what: 'negative indices and axis', inputs: [t([2, 3]), v([-1, 0, -3, 1], [2, 2])], attributes: { axis: -1 } },
  { what: 'a vector', inputs: [t([4]), v([3, 3, 0])] },
  { what: 'fewer rows', inputs: [t([3, 3]), v([2, 0, 1], [1, 3])] },
  { what: 'nothing', inputs: [t([3, 2]), v([], [0, 2])] },
].flatMap((given) => knownOrNot(given, 1));

const gatherND: readonly Case[] = [
  { what: 'elements', inputs: [t([2, 3]), v([0, 2, 1, 0], [2, 2])] },
  { what: 'rows', inputs: [t([3, 2, 2]), v([2, 0], [2, 1])] },
  { what: 'a tensor of tuples', inputs: [t([2, 2, 3]), v([0, 1, 1, 0], [2, 1, 2])] },
  { what: 'negative indices', inputs: [t([3, 4]), v([-1, -4, 0, -1], [2, 2])] },
  { what: 'one tuple', inputs: [t([3, 4]), v([2, 1])] },
  { what: 'a batch axis', inputs: [t([2, 3, 4]), v([2, 0], [2, 1])], attributes: { batch_dims: 1 }, since: 12 },
  {
    what: 'two batch axes',
    inputs: [t([2, 2, 3]), v([2, 0, 1, 1], [2, 2, 1])],
    attributes: { batch_dims: 2 },
    since: 12,
  },
].flatMap((given) => knownOrNot(given, 1));

const reductions: readonly (readonly [string, number])[] = [
  ['none', 11],
  ['add', 16],
  ['mul', 16],
  ['min', 18],
  ['max', 18],
];

/** Where every choice would take long. */
const representative = (type: string | undefined): boolean =>
  /^(float|float16|double|int8|int64|uint8)$/.test(type ?? '');

const scatterElements: readonly Case[] = reductions
  .flatMap(([reduction, since]) =>
    (
      [
        { what: 'axis 0', inputs: [t([3, 3]), v([1, 0, 2, 0, 2, 1], [2, 3]), t([2, 3])] },
        { what: 'axis 1', inputs: [t([2, 5]), v([1, 3], [1, 2]), t([1, 2])], attributes: { axis: 1 } },
        {
          what: 'negative indices and axis',
          inputs: [t([2, 5]), v([-1, -3], [1, 2]), t([1, 2])],
          attributes: { axis: -1 },
        },
        { what: 'a vector', inputs: [t([4]), v([3, 0]), t([2])] },
        { what: 'nothing', inputs: [t([3]), v([], [0]), t([0])] },
        ...(reduction === 'none'
          ? []
          : [
              {
                what: 'one place several times',
                inputs: [t([2, 4]), v([1, 1, 1, 0], [1, 4]), t([1, 4])],
                attributes: { axis: 1 },
              },
            ]),
      ] satisfies readonly Case[]
    ).map(
      (given: Case): Case => ({
        ...given,
        what: `${reduction}, ${given.what}`,
        attributes: { ...(given.attributes as object), ...(reduction !== 'none' && { reduction }) },
        since,
        types: ({ T }) => reduction === 'none' || representative(T),
      }),
    ),
  )
  .flatMap((given) => knownOrNot(given, 1));

const scatterND: readonly Case[] = reductions
  .flatMap(([reduction, since]) =>
    (
      [
        { what: 'elements', inputs: [t([2, 3]), v([0, 2, 1, 0], [2, 2]), t([2])] },
        { what: 'rows', inputs: [t([4, 2]), v([3, 1], [2, 1]), t([2, 2])] },
        { what: 'negative indices', inputs: [t([4, 2]), v([-1, -3], [2, 1]), t([2, 2])] },
        { what: 'nothing', inputs: [t([3]), v([], [0, 1]), t([0])] },
        ...(reduction === 'none'
          ? []
          : [{ what: 'one row several times', inputs: [t([3, 2]), v([1, 1, 0], [3, 1]), t([3, 2])] }]),
      ] satisfies readonly Case[]
    ).map(
      (given: Case): Case => ({
        ...given,
        what: `${reduction}, ${given.what}`,
        attributes: reduction === 'none' ? {} : { reduction },
        since,
        types: ({ T }) => reduction === 'none' || representative(T),
      }),
    ),
  )
  .flatMap((given) => knownOrNot(given, 1));

const scatter: readonly Case[] = [
  { what: 'axis 0', inputs: [t([3, 3]), v([1, 0, 2, 0, 2, 1], [2, 3]), t([2, 3])] },
  { what: 'axis 1', inputs: [t([2, 5]), v([1, 3], [1, 2]), t([1, 2])], attributes: { axis: 1 } },
].flatMap((given) => knownOrNot(given, 1));

const oneHot: readonly Case[] = [
  { what: 'a vector', inputs: [v([0, 2, 1]), c(3), v([2, 5])] },
  { what: 'depth as a vector', inputs: [v([0, 2, 1]), c([4]), v([0, 1])] },
  { what: 'beyond the depth', inputs: [v([0, 7, 3]), c(3), v([0, 1])] },
  { what: 'axis 0', inputs: [v([0, 2, 1, 1], [2, 2]), c(3), v([0, 1])], attributes: { axis: 0 } },
  { what: 'axis 1', inputs: [v([0, 2, 1, 1], [2, 2]), c(3), v([0, 1])], attributes: { axis: 1 } },
  { what: 'a negative axis', inputs: [v([0, 2, 1, 1], [2, 2]), c(3), v([0, 1])], attributes: { axis: -2 } },
  {
    what: 'negative indices',
    inputs: [v([-1, -3, -4, 1]), c(3), v([0, 1])],
    types: ({ T1 }) => !T1!.startsWith('u'),
    since: 11,
  },
  { what: 'nothing', inputs: [v([], [0]), c(3), v([0, 1])] },
];

const ties = [3, 1, 3, 2, 2, 3, 1, 1];

/** k is an attribute before version 10. */
const topK: readonly Case[] = [
  { what: 'the last axis, attribute', inputs: [t([3, 4], 'distinct')], attributes: { k: 2 }, outputs: 2, until: 10 },
  { what: 'axis 0, attribute', inputs: [t([3, 4], 'distinct')], attributes: { k: 2, axis: 0 }, outputs: 2, until: 10 },
  ...(
    [
      { what: 'the last axis', inputs: [t([3, 4], 'distinct'), c([2])] },
      { what: 'axis 0', inputs: [t([3, 4], 'distinct'), c([2])], attributes: { axis: 0 } },
      { what: 'all', inputs: [t([5], 'distinct'), c([5])] },
      { what: 'ties', inputs: [v(ties, [2, 4]), c([3])] },
      { what: 'none', inputs: [t([2, 3], 'distinct'), c([0])] },
      { what: 'a single element', inputs: [t([3, 1]), c([1])] },
    ] satisfies readonly Case[]
  ).map((given): Case => ({ ...given, outputs: 2, since: 10 })),
  ...(
    [
      { what: 'the smallest', inputs: [t([3, 4], 'distinct'), c([2])], attributes: { largest: 0 } },
      { what: 'the smallest, ties', inputs: [v(ties), c([4])], attributes: { largest: 0 } },
      { what: 'a negative axis', inputs: [t([2, 3, 2], 'distinct'), c([2])], attributes: { axis: -2 } },
    ] satisfies readonly Case[]
  ).map((given: Case): Case => ({ ...given, outputs: given.outputs ?? 2, since: 11 })),
];

const reverse: readonly Case[] = [
  { what: 'time first', inputs: [t([4, 3]), v([1, 4, 2])] },
  { what: 'batch first', inputs: [t([3, 4, 2]), v([4, 1, 3])], attributes: { time_axis: 1, batch_axis: 0 } },
  { what: 'stored lengths', inputs: [t([4, 2]), c([3, 2])] },
];

/** The last cases state their results: ONNX Runtime has a kernel from version 24 on. */
const tensorScatter: readonly Case[] = [
  { what: 'from the beginning', inputs: [t([2, 1, 4, 2]), t([2, 1, 2, 2])] },
  { what: 'at places', inputs: [t([2, 1, 4, 2]), t([2, 1, 2, 2]), v([1, 2])] },
  { what: 'circular', inputs: [t([2, 1, 4, 2]), t([2, 1, 2, 2]), v([3, 2])], attributes: { mode: 'circular' } },
  { what: 'another axis', inputs: [t([2, 4, 2]), t([2, 3, 2]), v([0, 1])], attributes: { axis: 1 } },
];

export const indexing: Cases = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  OneHot: oneHot,
  ReverseSequence: reverse,
  Scatter: scatter,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  TensorScatter: tensorScatter,
  TopK: topK,
};
