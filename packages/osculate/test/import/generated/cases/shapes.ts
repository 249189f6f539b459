import { type AttributeInput, float } from '../../../../src/onnx/attributes.js';
import { node } from '../../../../src/onnx/index.js';
import { type Attributes, type Case, type Cases, c, type Input, t } from '../case.js';
import { tensorOf } from './constants.js';

/** Integers that are attributes before a version and an input from it on. */
function moved(
  version: number,
  name: string,
  what: string,
  x: Input,
  values: readonly number[],
  attributes: Attributes = {},
): Case[] {
  return [
    { what: `${what}, attributes`, inputs: [x], attributes: { ...attributes, [name]: [...values] }, until: version },
    { what, inputs: [x, c(values)], attributes, since: version },
  ];
}

const concat: readonly Case[] = [
  { what: 'one', inputs: [t([2, 3])], attributes: { axis: 0 } },
  { what: 'two', inputs: [t([2, 3]), t([1, 3])], attributes: { axis: 0 } },
  { what: 'a negative axis', inputs: [t([2, 3]), t([2, 1]), t([2, 2])], attributes: { axis: -1 }, since: 11 },
  { what: 'with an empty one', inputs: [t([2, 0]), t([2, 3])], attributes: { axis: 1 } },
  { what: 'vectors', inputs: [t([1]), t([2]), t([1])], attributes: { axis: 0 } },
];

const pads: readonly (readonly [string, readonly number[], readonly number[], string])[] = [
  ['constant', [2, 3], [1, 0, 2, 1], 'constant'],
  ['nothing', [2, 3], [0, 0, 0, 0], 'constant'],
  ['negative', [3, 4], [-1, 0, 0, -2], 'constant'],
  ['negative and positive', [3, 4], [-1, 2, 1, -1], 'constant'],
  ['an empty tensor', [0, 2], [1, 0, 1, 1], 'constant'],
  ['three axes', [1, 2, 2], [0, 1, 0, 1, 0, 2], 'constant'],
  ['edge', [2, 3], [1, 2, 0, 3], 'edge'],
  ['reflect', [3, 4], [2, 1, 1, 3], 'reflect'],
  ['reflect beside negative', [3, 4], [1, 0, -1, 3], 'reflect'],
  ['edge beside negative', [3, 4], [-1, 2, 2, -1], 'edge'],
];

const pad: readonly Case[] = [
  ...pads.flatMap(([what, shape, list, mode]) => moved(11, 'pads', what, t(shape), list, { mode })),
  {
    what: 'a value, attributes',
    inputs: [t([2, 2])],
    attributes: { pads: [1, 0, 0, 1], value: float(1.5) },
    until: 11,
  },
  {
    what: 'a value',
    inputs: [t([2, 2]), c([1, 0, 0, 1]), c(3)],
    since: 11,
    types: ({ T }) => T !== 'bool' && !/int2/.test(T!),
  },
  { what: 'true', inputs: [t([2, 2]), c([1, 0, 0, 1]), c(1)], since: 11, types: ({ T }) => T === 'bool' },
  { what: 'axes', inputs: [t([2, 3, 2]), c([1, 2, 0, 1]), null, c([2, 0])], since: 18 },
  { what: 'negative axes', inputs: [t([2, 3, 2]), c([1, 2]), null, c([-2])], since: 18 },
  { what: 'wrapped', inputs: [t([2, 3]), c([1, 2, 1, 3])], attributes: { mode: 'wrap' }, since: 19 },
];

const reshapes: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ['to a vector', [2, 3, 4], [24]],
  ['with an inferred size', [2, 3, 4], [4, -1]],
  ['with a copied size', [2, 3, 4], [0, -1]],
  ['with copied sizes', [2, 3, 4], [0, 0, 2, 2]],
  ['a scalar to a matrix', [], [1, 1]],
  ['to a scalar', [1, 1], []],
  ['an empty tensor', [0, 3], [0, 6]],
  ['an empty tensor with an inferred size', [0, 3], [3, -1]],
];

const reshape: readonly Case[] = [
  ...reshapes.map(([what, shape, target]): Case => ({ what, inputs: [t(shape), c(target)] })),
  { what: 'zero is a size', inputs: [t([0, 3]), c([3, 0, 2])], attributes: { allowzero: 1 }, since: 14 },
  {
    what: 'zero is a size of an empty tensor',
    inputs: [t([3, 0]), c([0, 5])],
    attributes: { allowzero: 1 },
    since: 14,
  },
];

const ranges: readonly (readonly [string, readonly number[], readonly (readonly number[])[]])[] = [
  [
    'a part',
    [4, 5],
    [
      [1, 0],
      [3, 4],
    ],
  ],
  ['one axis', [4, 5], [[1], [3], [1]]],
  [
    'negative bounds',
    [4, 5],
    [
      [-3, -2],
      [-1, 5],
    ],
  ],
  [
    'bounds beyond the end',
    [4, 5],
    [
      [1, -100],
      [100, 1000],
    ],
  ],
  ['nothing', [4, 5], [[3], [1], [0]]],
  ['the largest end', [4, 5], [[1], [2 ** 31 - 1], [1]]],
  ['an empty tensor', [0, 5], [[0], [2], [1]]],
];

const steps: readonly (readonly [string, readonly number[], readonly (readonly number[])[]])[] = [
  ['a step', [7], [[1], [6], [0], [2]]],
  ['a negative axis', [2, 3, 4], [[1], [3], [-1], [1]]],
  [
    'axes out of order',
    [4, 5],
    [
      [1, 0],
      [4, 3],
      [1, 0],
      [2, 1],
    ],
  ],
  ['backwards', [5], [[-1], [-6], [0], [-1]]],
  ['backwards to the very start', [5], [[4], [-(2 ** 31)], [0], [-2]]],
  ['backwards from beyond the end', [5], [[10], [1], [0], [-1]]],
  ['backwards over nothing', [5], [[1], [3], [0], [-1]]],
  [
    'backwards in two axes',
    [4, 5],
    [
      [3, 4],
      [0, 0],
      [0, 1],
      [-2, -3],
    ],
  ],
  ['a step beyond the end', [5], [[1], [5], [0], [10]]],
];

const slice: readonly Case[] = [
  ...ranges.map(
    ([what, shape, [starts, ends, axes]]): Case => ({
      what: `${what}, attributes`,
      inputs: [t(shape)],
      attributes: { starts: [...starts!], ends: [...ends!], ...(axes && { axes: [...axes] }) },
      until: 10,
    }),
  ),
  ...[...ranges, ...steps].map(
    ([what, shape, lists]): Case => ({ what, inputs: [t(shape), ...lists.map((list) => c(list))], since: 10 }),
  ),
  { what: 'steps without axes', inputs: [t([6, 4]), c([1, 0]), c([6, 4]), null, c([2, 3])], since: 10 },
];

const split: readonly Case[] = [
  { what: 'equal parts', inputs: [t([6, 2])], outputs: 3, until: 18 },
  { what: 'equal parts of a later axis', inputs: [t([2, 4])], attributes: { axis: 1 }, outputs: 2, until: 18 },
  { what: 'equal parts', inputs: [t([6, 2])], attributes: { num_outputs: 3 }, outputs: 3, since: 18 },
  { what: 'almost equal parts', inputs: [t([7, 2])], attributes: { num_outputs: 3 }, outputs: 3, since: 18 },
  {
    what: 'almost equal parts of a negative axis',
    inputs: [t([2, 5])],
    attributes: { num_outputs: 2, axis: -1 },
    outputs: 2,
    since: 18,
  },
  ...moved(13, 'split', 'given lengths', t([6, 2]), [1, 3, 2]).map((given): Case => ({ ...given, outputs: 3 })),
  ...moved(13, 'split', 'given lengths with an empty part', t([2, 4]), [0, 3, 1], { axis: 1 }).map(
    (given): Case => ({ ...given, outputs: 3 }),
  ),
  { what: 'a negative axis', inputs: [t([2, 4]), c([3, 1])], attributes: { axis: -1 }, outputs: 2, since: 13 },
  { what: 'one part', inputs: [t([3])], outputs: 1, until: 18 },
];

const squeeze: readonly Case[] = [
  { what: 'all', inputs: [t([1, 3, 1])] },
  { what: 'nothing to drop', inputs: [t([2, 3])] },
  { what: 'to a scalar', inputs: [t([1])] },
  ...moved(13, 'axes', 'one axis', t([1, 3, 1]), [2]),
  ...moved(13, 'axes', 'two axes', t([1, 3, 1, 0]), [0, 2]),
  ...moved(13, 'axes', 'a negative axis', t([1, 3, 1]), [-1]).map((given) => ({
    ...given,
    since: Math.max(11, given.since ?? 0),
  })),
];

const unsqueeze: readonly Case[] = [
  ...moved(13, 'axes', 'before', t([2, 3]), [0]),
  ...moved(13, 'axes', 'in several places', t([2, 3]), [0, 2, 4]),
  ...moved(13, 'axes', 'of a scalar', t([]), [0]),
  ...moved(13, 'axes', 'of an empty tensor', t([0]), [1]),
  ...moved(13, 'axes', 'out of order', t([2, 3]), [3, 0]).map((given) => ({
    ...given,
    since: Math.max(11, given.since ?? 0),
  })),
  ...moved(13, 'axes', 'negative', t([2, 3]), [-1, -3]).map((given) => ({
    ...given,
    since: Math.max(11, given.since ?? 0),
  })),
];

const shape: readonly Case[] = [
  { what: 'a matrix', inputs: [t([2, 3])] },
  { what: 'a scalar', inputs: [t([])] },
  { what: 'empty', inputs: [t([2, 0, 1])] },
];

const partOfShape: readonly Case[] = [
  [1, undefined],
  [-2, undefined],
  [0, -1],
  [1, 2],
  [-100, 100],
  [2, 1],
].map(
  ([start, end]): Case => ({
    what: `from ${start} to ${end ?? 'the end'}`,
    inputs: [t([2, 3, 4])],
    attributes: { start: start!, ...(end !== undefined && { end }) },
    since: 15,
  }),
);

const flatten: readonly Case[] = [
  { what: 'the axis left out', inputs: [t([2, 3, 4])] },
  ...[-3, -1, 0, 2, 3].map(
    (axis): Case => ({ what: `axis ${axis}`, inputs: [t([2, 3, 4])], attributes: { axis }, since: axis < 0 ? 11 : 0 }),
  ),
  { what: 'a scalar', inputs: [t([])], attributes: { axis: 0 } },
  { what: 'empty', inputs: [t([2, 0, 3])], attributes: { axis: 2 } },
];

const trilu: readonly Case[] = [0, 1].flatMap((upper): Case[] => [
  { what: `upper ${upper}`, inputs: [t([3, 4])], attributes: { upper } },
  ...[-2, 1, 5, -5].map(
    (k): Case => ({ what: `upper ${upper}, k ${k}`, inputs: [t([2, 4, 3]), c(k)], attributes: { upper } }),
  ),
  { what: `upper ${upper}, empty`, inputs: [t([0, 3])], attributes: { upper } },
]);

const blocks = (mode: boolean, more: Readonly<Record<string, AttributeInput>>): readonly Case[] => [
  { what: 'blocks of 2', inputs: [t(mode ? [2, 8, 2, 3] : [2, 2, 4, 6])], attributes: { blocksize: 2, ...more } },
  { what: 'blocks of 3', inputs: [t(mode ? [1, 9, 1, 2] : [1, 1, 3, 6])], attributes: { blocksize: 3, ...more } },
  { what: 'blocks of 1', inputs: [t([1, 2, 2, 2])], attributes: { blocksize: 1, ...more } },
];

/** Later than the newest version that ONNX Runtime reads: what it did before. */
const statedOrder: readonly Case[] = blocks(false, { mode: 'DCR' }).map((given) => ({
  ...given,
  what: `${given.what}, DCR`,
  since: 28,
  equivalent: ([x], [y]) => [node('SpaceToDepth', [x!], [y!], { blocksize: Number(/\d/.exec(given.what)![0]) })],
}));

/** ONNX Runtime does not know the order: the channel comes before the place in the block. */
const columnsFirst: Case = {
  what: 'columns first',
  inputs: [t([1, 2, 4, 6])],
  attributes: { blocksize: 2, mode: 'CRD' },
  since: 28,
  equivalent: ([x], [y]) => [
    node('Constant', [], [`${y} apart`], { value: tensorOf('int64', [1, 2, 2, 2, 3, 2], [6]) }),
    node('Constant', [], [`${y} shape`], { value: tensorOf('int64', [1, 8, 2, 3], [4]) }),
    node('Reshape', [x!, `${y} apart`], [`${y} blocks`]),
    node('Transpose', [`${y} blocks`], [`${y} columns`], { perm: [0, 1, 3, 5, 2, 4] }),
    node('Reshape', [`${y} columns`, `${y} shape`], [y!]),
  ],
};

const named = (list: readonly Case[], name: string, since: number): readonly Case[] =>
  list.map((given) => ({ ...given, what: `${given.what}, ${name}`, since }));

const transpose: readonly Case[] = [
  { what: 'reversed', inputs: [t([2, 3, 4])] },
  { what: 'a permutation', inputs: [t([2, 3, 4])], attributes: { perm: [1, 2, 0] } },
  { what: 'a vector', inputs: [t([3])], attributes: { perm: [0] } },
  { what: 'a scalar', inputs: [t([])] },
  { what: 'empty', inputs: [t([2, 0])], attributes: { perm: [1, 0] } },
];

const cropPad: readonly Case[] = [
  { what: 'cut', inputs: [t([5, 6]), c([3, 3])] },
  { what: 'padded', inputs: [t([2, 3]), c([5, 4])] },
  { what: 'both', inputs: [t([5, 2]), c([2, 5])] },
  { what: 'some axes', inputs: [t([3, 4, 5]), c([5, 2])], attributes: { axes: [0, 2] } },
  { what: 'negative axes', inputs: [t([3, 4, 5]), c([7])], attributes: { axes: [-2] } },
];

const compress: readonly Case[] = [
  { what: 'flat', inputs: [t([2, 3]), c([0, 1, 1, 0, 1])] },
  { what: 'an axis', inputs: [t([3, 2]), c([1, 0, 1])], attributes: { axis: 0 } },
  { what: 'a negative axis', inputs: [t([3, 2]), c([0, 1])], attributes: { axis: -1 }, since: 11 },
  { what: 'a short condition', inputs: [t([4, 2]), c([0, 1])], attributes: { axis: 0 } },
  { what: 'nothing', inputs: [t([3]), c([0, 0, 0])], attributes: { axis: 0 } },
];

const nonZero: readonly Case[] = [
  { what: 'a matrix', inputs: [c([0, 1, 1, 0, 0, 1], [2, 3])] },
  { what: 'a vector', inputs: [c([0, 1, 0, 1])] },
  { what: 'nothing', inputs: [c([0, 0])] },
  { what: 'empty', inputs: [c([], [0])] },
];

const expand: readonly Case[] = [
  { what: 'single dimensions', inputs: [t([3, 1]), c([3, 4])] },
  { what: 'more axes', inputs: [t([3, 1]), c([2, 1, 6])] },
  { what: 'both ways', inputs: [t([3, 1]), c([1, 4])] },
  { what: 'fewer axes', inputs: [t([2, 3]), c([3])] },
  { what: 'a scalar', inputs: [t([]), c([2, 2])] },
  { what: 'to a scalar shape', inputs: [t([2, 3]), c([], [0])] },
  { what: 'to nothing', inputs: [t([1, 3]), c([0, 3])] },
];

const tile: readonly Case[] = [
  { what: 'a matrix', inputs: [t([2, 3]), c([2, 1])] },
  { what: 'all axes', inputs: [t([2, 1, 2]), c([1, 3, 2])] },
  { what: 'no times', inputs: [t([2, 3]), c([0, 2])] },
  { what: 'an empty tensor', inputs: [t([0, 3]), c([2, 2])] },
  { what: 'a vector', inputs: [t([3]), c([3])] },
];

export const shapes: Cases = {
  CenterCropPad: cropPad,
  Compress: compress,
  Concat: concat,
  DepthToSpace: [...blocks(true, {}), ...named(blocks(true, { mode: 'CRD' }), 'CRD', 11)],
  Expand: expand,
  Flatten: flatten,
  NonZero: nonZero,
  Pad: pad,
  Reshape: reshape,
  Shape: [...shape, ...partOfShape],
  Size: shape,
  Slice: slice,
  SpaceToDepth: [...blocks(false, {}), ...statedOrder, columnsFirst],
  Split: split,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: transpose,
  Trilu: trilu,
  Unsqueeze: unsqueeze,
};
