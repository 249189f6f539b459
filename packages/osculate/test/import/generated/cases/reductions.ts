import type { DataTypeName } from '../../../../src/onnx/data-type.js';
import {
  type Attributes,
  type Case,
  type Cases,
  c,
  isFloatType,
  type Kind,
  type Numbers,
  type Result,
  t,
  v,
} from '../case.js';

interface Reduction {
  readonly kind?: Kind;
  /** The first version whose axes are an input. */
  readonly input: number;
  /** Whether the reduction of nothing is defined. */
  readonly empty: boolean;
}

type Axes = readonly [what: string, shape: readonly number[], axes: readonly number[] | null, attributes: Attributes];

const all: readonly Axes[] = [
  ['all axes', [2, 3, 4], null, {}],
  ['all axes, not kept', [2, 3, 4], null, { keepdims: 0 }],
  ['one axis', [2, 3, 4], [1], {}],
  ['one axis, not kept', [2, 3, 4], [1], { keepdims: 0 }],
  ['two axes', [2, 3, 4], [0, 2], { keepdims: 0 }],
  ['axes out of order', [2, 3, 4], [2, 0], { keepdims: 1 }],
  ['every axis', [2, 3], [0, 1], { keepdims: 0 }],
  ['a single dimension', [2, 1, 3], [1], { keepdims: 0 }],
  ['a scalar', [], null, { keepdims: 0 }],
];

const later: readonly Axes[] = [
  ['negative axes', [2, 3, 4], [-1, -3], { keepdims: 0 }],
  ['nothing left of other axes', [0, 3], [1], {}],
];

const nothing: readonly Axes[] = [
  ['an empty axis', [2, 0, 3], [1], { keepdims: 0 }],
  ['an empty axis, kept', [2, 0, 3], [1], {}],
  ['all of an empty tensor', [0, 2], null, { keepdims: 0 }],
];

const drawnFrom = (
  [what, shape, axes, attributes]: Axes,
  kind: Kind | undefined,
  since: number,
  until: number,
): Case => ({
  what: `${what}, attributes`,
  inputs: [t(shape, kind)],
  attributes: { ...attributes, ...(axes && { axes: [...axes] }) },
  since,
  until,
});

const byInput = ([what, shape, axes, attributes]: Axes, kind: Kind | undefined, since: number): Case => ({
  what,
  inputs: [t(shape, kind), axes && c(axes)],
  attributes,
  since,
});

/** Without axes: of all of them, or of none. */
const noAxes = (kind: Kind | undefined, since: number): Case[] => [
  { what: 'empty axes mean all', inputs: [t([2, 3], kind), c([])], since },
  { what: 'empty axes mean none', inputs: [t([2, 3], kind), c([])], attributes: { noop_with_empty_axes: 1 }, since },
  { what: 'no axes mean none', inputs: [t([2, 3], kind)], attributes: { noop_with_empty_axes: 1, keepdims: 0 }, since },
];

function reduction({ kind, input, empty }: Reduction): Case[] {
  return [
    ...all.map((axes) => drawnFrom(axes, kind, 0, input)),
    ...later.map((axes) => drawnFrom(axes, kind, 11, input)),
    ...[...all, ...later].map((axes) => byInput(axes, kind, input)),
    ...(empty ? nothing.map((axes) => byInput(axes, kind, input)) : []),
    ...noAxes(kind, input),
  ];
}

const usual: Reduction = { input: 18, empty: true };

const argument: readonly Case[] = [
  { what: 'axis 0', inputs: [t([3, 4])] },
  { what: 'not kept', inputs: [t([3, 4])], attributes: { axis: 1, keepdims: 0 } },
  { what: 'a negative axis', inputs: [t([2, 3, 4])], attributes: { axis: -2 }, since: 11 },
  { what: 'the first of equals', inputs: [v([2, 2, 1, 1, 3, 3, 3, 0], [2, 4])], attributes: { axis: 1 } },
  {
    what: 'the last of equals',
    inputs: [v([2, 2, 1, 1, 3, 3, 3, 0], [2, 4])],
    attributes: { axis: 1, select_last_index: 1 },
    since: 12,
  },
  { what: 'a single element', inputs: [t([2, 1])], attributes: { axis: 1 } },
  { what: 'a vector', inputs: [t([5])], attributes: { keepdims: 0 } },
  { what: 'no rows', inputs: [t([0, 3])], attributes: { axis: 1 } },
];

const cumulative = (kind: Kind): readonly Case[] =>
  [
    { what: 'axis 0', inputs: [t([3, 4], kind), c(0)] },
    { what: 'a negative axis', inputs: [t([2, 3, 2], kind), c(-2)] },
    { what: 'exclusive', inputs: [t([2, 4], kind), c(1)], attributes: { exclusive: 1 } },
    { what: 'reversed', inputs: [t([2, 4], kind), c(1)], attributes: { reverse: 1 } },
    { what: 'exclusive and reversed', inputs: [t([2, 5], kind), c(-1)], attributes: { exclusive: 1, reverse: 1 } },
    { what: 'one element', inputs: [t([1], kind), c(0)], attributes: { exclusive: 1 } },
    { what: 'empty', inputs: [t([0], kind), c(0)] },
  ] satisfies readonly Case[];

/** Restricts what is said about the reduction of nothing to some types: −∞ is not an integer. */
const ofNothing = (list: readonly Case[], types: (type: DataTypeName | undefined) => boolean): Case[] =>
  list.map((given) => (/empty (axis|tensor)/.test(given.what) ? { ...given, types: ({ T }) => types(T) } : given));

/** Products along the middle one of three axes, of whole numbers. */
function products3(
  x: Numbers,
  [outer, length, inner]: readonly [number, number, number],
  exclusive: boolean,
  reverse: boolean,
): Result {
  const values = Array.from(x, (_, at) => {
    const [i, j, k] = [Math.floor(at / (length * inner)), Math.floor(at / inner) % length, at % inner];
    const before = Array.from({ length }, (_, p) => p).filter(
      (p) => (reverse ? p > j : p < j) || (p === j && !exclusive),
    );
    return before.reduce((product, p) => product * Number(x[(i * length + p) * inner + k]), 1);
  });
  return { shape: [outer, length, inner], values };
}

/** ONNX Runtime has no kernel. */
const products: readonly Case[] = [0, 1].flatMap((exclusive) =>
  [0, 1].flatMap((reverse): Case[] =>
    (
      [
        [2, 4, 1],
        [2, 3, 2],
        [1, 1, 2],
        [2, 0, 1],
      ] as const
    ).map((shape) => ({
      what: `${shape.join(' × ')}, exclusive ${exclusive}, reverse ${reverse}`,
      inputs: [t(shape, 'ones'), c(shape[0] === 1 ? 1 : -2)],
      attributes: { exclusive, reverse },
      expected: ([x]) => [products3(x!, shape, exclusive === 1, reverse === 1)],
    })),
  ),
);

export const reductions: Cases = {
  ArgMax: argument,
  ArgMin: argument,
  CumProd: products,
  CumSum: cumulative('small'),
  ReduceL1: reduction(usual),
  ReduceL2: reduction(usual),
  ReduceLogSum: ofNothing(reduction({ ...usual, kind: 'positive' }), isFloatType),
  ReduceLogSumExp: [
    ...reduction({ ...usual, kind: 'positive' }).map((given): Case => ({ ...given, types: ({ T }) => isFloatType(T) })),
    { what: 'whole numbers', inputs: [v([1, 1, 2, 3])] },
  ],
  // ONNX Runtime has no kernel for uint64, whose least number no other type has, and none of booleans for nothing.
  ReduceMax: ofNothing(reduction(usual), (type) => type !== 'uint64' && type !== 'bool'),
  ReduceMean: reduction({ ...usual, empty: false }),
  // 2⁶³ − 1 is not exact in the double precision of the reference executor.
  ReduceMin: ofNothing(reduction(usual), (type) => !type!.endsWith('int64')),
  ReduceProd: reduction({ ...usual, kind: 'ones' }),
  ReduceSum: reduction({ ...usual, input: 13 }),
  ReduceSumSquare: reduction(usual),
};
