import { einsum } from '../../../src/ops/index.js';
import { batchNorm, layerNorm } from '../../../src/ops/normalization.js';
import type { NDArray } from '../../../src/tensor/index.js';
import type { OpCase } from '../case.js';
import { at, groups, tabulate, total } from './indexing.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const dot = (n: number, f: (k: number) => number): number => total(range(n).map(f));

const matrices: readonly OpCase[] = [
  {
    name: 'matmul',
    inputs: [{ shape: [2, 3] }, { shape: [3, 4] }],
    build: (a, b) => a!.matmul(b!),
    expected: (a, b) => [tabulate([2, 4], ([i, j]) => dot(3, (k) => at(a!, [i!, k]) * at(b!, [k, j!])))],
  },
  {
    name: 'matmul, vector and matrix',
    inputs: [{ shape: [3] }, { shape: [3, 2] }],
    build: (a, b) => a!.matmul(b!),
    expected: (a, b) => [tabulate([2], ([j]) => dot(3, (k) => at(a!, [k]) * at(b!, [k, j!])))],
  },
  {
    name: 'matmul, matrix and vector',
    inputs: [{ shape: [2, 3] }, { shape: [3] }],
    build: (a, b) => a!.matmul(b!),
    expected: (a, b) => [tabulate([2], ([i]) => dot(3, (k) => at(a!, [i!, k]) * at(b!, [k])))],
  },
  {
    name: 'matmul, vectors',
    inputs: [{ shape: [3] }, { shape: [3] }],
    build: (a, b) => a!.matmul(b!),
    expected: (a, b) => [[dot(3, (k) => at(a!, [k]) * at(b!, [k]))]],
  },
  {
    name: 'dot, vectors and matrices',
    inputs: [{ shape: [3] }, { shape: [3, 2] }],
    build: (a, b) => [a.dot(a), a.dot([1, -2, 3]), a.dot(b), b.dot(Float64Array.of(2, 3))],
    expected: (a, b) => [
      [dot(3, (k) => at(a!, [k]) ** 2)],
      [at(a!, [0]) - 2 * at(a!, [1]) + 3 * at(a!, [2])],
      tabulate([2], ([j]) => dot(3, (k) => at(a!, [k]) * at(b!, [k, j!]))),
      tabulate([3], ([i]) => 2 * at(b!, [i!, 0]) + 3 * at(b!, [i!, 1])),
    ],
  },
  {
    name: 'matmul, by numbers',
    inputs: [{ shape: [2, 3] }],
    build: (a) => a.matmul([[1], [-1], [2]]),
    expected: (a) => [tabulate([2], ([i]) => at(a!, [i!, 0]) - at(a!, [i!, 1]) + 2 * at(a!, [i!, 2]))],
  },
  {
    name: 'matmul, batch',
    inputs: [{ shape: [2, 2, 3] }, { shape: [2, 3, 2] }],
    build: (a, b) => a!.matmul(b!),
    expected: (a, b) => [tabulate([2, 2, 2], ([s, i, j]) => dot(3, (k) => at(a!, [s!, i!, k]) * at(b!, [s!, k, j!])))],
  },
  {
    name: 'matmul, shared right',
    inputs: [{ shape: [2, 2, 3] }, { shape: [3, 4] }],
    build: (a, b) => a!.matmul(b!),
    expected: (a, b) => [tabulate([2, 2, 4], ([s, i, j]) => dot(3, (k) => at(a!, [s!, i!, k]) * at(b!, [k, j!])))],
  },
  {
    name: 'matmul, shared left',
    inputs: [{ shape: [2, 3] }, { shape: [4, 3, 2] }],
    build: (a, b) => a!.matmul(b!),
    expected: (a, b) => [tabulate([4, 2, 2], ([s, i, j]) => dot(3, (k) => at(a!, [i!, k]) * at(b!, [s!, k, j!])))],
  },
  {
    name: 'matmul, shared left of columns',
    inputs: [{ shape: [2, 3] }, { shape: [4, 3, 1] }],
    build: (a, b) => a!.matmul(b!),
    expected: (a, b) => [tabulate([4, 2, 1], ([s, i]) => dot(3, (k) => at(a!, [i!, k]) * at(b!, [s!, k, 0])))],
  },
  { name: 'matmul, batch and vector', inputs: [{ shape: [2, 2, 3] }, { shape: [3] }], build: (a, b) => a!.matmul(b!) },
  {
    name: 'matmul, broadcast batches',
    inputs: [{ shape: [2, 1, 2, 3] }, { shape: [3, 3, 2] }],
    build: (a, b) => a!.matmul(b!),
    expected: (a, b) => [
      tabulate([2, 3, 2, 2], ([s, t, i, j]) => dot(3, (k) => at(a!, [s!, 0, i!, k]) * at(b!, [t!, k, j!]))),
    ],
  },
  {
    name: 'matmul, leading units',
    inputs: [{ shape: [2, 3, 4] }, { shape: [1, 4, 2] }, { shape: [1, 5, 3] }],
    build: (a, b, c) => c!.matmul(a!.matmul(b!)),
    expected: (a, b, c) => [
      tabulate([2, 5, 2], ([s, i, j]) =>
        dot(3, (l) => at(c!, [0, i!, l]) * dot(4, (k) => at(a!, [s!, l, k]) * at(b!, [0, k, j!]))),
      ),
    ],
  },
  {
    name: 'matmul, outer products',
    inputs: [{ shape: [2, 3, 1] }, { shape: [2, 1, 2] }],
    build: (a, b) => a!.matmul(b!),
    expected: (a, b) => [tabulate([2, 3, 2], ([s, i, j]) => at(a!, [s!, i!, 0]) * at(b!, [s!, 0, j!]))],
  },
  {
    name: 'matmul, nothing inside',
    inputs: [{ shape: [2, 0] }, { shape: [0, 3] }],
    build: (a, b) => a!.matmul(b!),
    expected: () => [[0, 0, 0, 0, 0, 0]],
  },
  {
    name: 'matmul, nothing inside a batch',
    inputs: [{ shape: [2, 1, 0] }, { shape: [2, 0, 2] }],
    build: (a, b) => a!.matmul(b!),
    expected: () => [[0, 0, 0, 0]],
  },
  {
    name: 'matmul, no rows',
    inputs: [{ shape: [0, 2] }, { shape: [2, 3] }],
    build: (a, b) => a!.matmul(b!),
    expected: () => [[]],
  },
  ...(
    [
      [false, true],
      [true, false],
      [true, true],
    ] as const
  ).flatMap(([transA, transB]): OpCase[] => {
    const flags = `transposed ${[transA ? 'left' : '', transB ? 'right' : ''].filter(Boolean).join(' and ')}`;
    const shapeA = transA ? [3, 2] : [2, 3];
    const shapeB = transB ? [4, 3] : [3, 4];
    const element = (a: NDArray, b: NDArray, lead: number[], i: number, j: number): number =>
      dot(
        3,
        (k) =>
          at(a, [...lead.slice(0, a.shape.length - 2), ...(transA ? [k, i] : [i, k])]) *
          at(b, [...lead.slice(0, b.shape.length - 2), ...(transB ? [j, k] : [k, j])]),
      );
    const of = (name: string, a: number[], b: number[]): OpCase => ({
      name: `product ${flags}${name}`,
      inputs: [{ shape: a }, { shape: b }],
      build: (x, y) => x!.product(y!, transA, transB),
      expected: (x, y) => [
        a.length + b.length === 4
          ? tabulate([2, 4], ([i, j]) => element(x!, y!, [], i!, j!))
          : tabulate([2, 2, 4], ([s, i, j]) => element(x!, y!, [s!], i!, j!)),
      ],
    });
    return [
      of('', shapeA, shapeB),
      of(', batch', [2, ...shapeA], [2, ...shapeB]),
      of(', shared left', shapeA, [2, ...shapeB]),
      of(', shared right', [2, ...shapeA], shapeB),
    ];
  }),
];

const sums: readonly OpCase[] = [
  {
    name: 'einsum, matrices',
    inputs: [{ shape: [2, 3] }, { shape: [3, 4] }],
    build: (a, b) => einsum('ij,jk->ik', a!, b!),
    expected: (a, b) => [tabulate([2, 4], ([i, j]) => dot(3, (k) => at(a!, [i!, k]) * at(b!, [k, j!])))],
  },
  {
    name: 'einsum, implicit',
    inputs: [{ shape: [3, 2] }, { shape: [3, 4] }],
    build: (a, b) => einsum('ba, bc', a!, b!),
    expected: (a, b) => [tabulate([2, 4], ([i, j]) => dot(3, (k) => at(a!, [k, i!]) * at(b!, [k, j!])))],
  },
  {
    name: 'einsum, attention',
    inputs: [{ shape: [2, 3, 2, 2] }, { shape: [2, 4, 2, 2] }],
    build: (q, k) => einsum('bqhd,bkhd->bhqk', q!, k!),
    expected: (q, k) => [
      tabulate([2, 2, 3, 4], ([b, h, i, j]) => dot(2, (d) => at(q!, [b!, i!, h!, d]) * at(k!, [b!, j!, h!, d]))),
    ],
  },
  {
    name: 'einsum, transposed batch',
    inputs: [{ shape: [2, 3, 4] }, { shape: [2, 3, 2] }],
    build: (a, b) => einsum('btk,btn->bkn', a!, b!),
    expected: (a, b) => [tabulate([2, 4, 2], ([s, i, j]) => dot(3, (t) => at(a!, [s!, t, i!]) * at(b!, [s!, t, j!])))],
  },
  {
    name: 'einsum, shared weight',
    inputs: [{ shape: [2, 3, 4] }, { shape: [4, 2] }],
    build: (a, b) => einsum('btk,kn->btn', a!, b!),
  },
  {
    name: 'einsum, elementwise and outer',
    inputs: [{ shape: [2, 3] }, { shape: [2, 4] }],
    build: (a, b) => einsum('bi,bj->jib', a!, b!),
    expected: (a, b) => [tabulate([4, 3, 2], ([j, i, s]) => at(a!, [s!, i!]) * at(b!, [s!, j!]))],
  },
  {
    name: 'einsum, trace',
    inputs: [{ shape: [3, 3] }],
    build: (a) => einsum('ii', a!),
    expected: (a) => [[dot(3, (i) => at(a!, [i, i]))]],
  },
  {
    name: 'einsum, diagonal',
    inputs: [{ shape: [3, 2, 3] }],
    build: (a) => einsum('iji->ji', a!).square(),
    expected: (a) => [tabulate([2, 3], ([j, i]) => at(a!, [i!, j!, i!]) ** 2)],
  },
  {
    name: 'einsum, sum and transpose',
    inputs: [{ shape: [2, 3, 4] }],
    build: (a) => einsum('ijk->ki', a!),
    expected: (a) => [tabulate([4, 2], ([k, i]) => dot(3, (j) => at(a!, [i!, j, k!])))],
  },
  {
    name: 'einsum, three operands',
    inputs: [{ shape: [2] }, { shape: [2, 3] }, { shape: [3] }],
    build: (u, a, v) => einsum('i,ij,j->', u!, a!, v!),
    expected: (u, a, v) => [[dot(2, (i) => dot(3, (j) => at(u!, [i]) * at(a!, [i, j]) * at(v!, [j])))]],
  },
  {
    name: 'einsum, sums of single operands',
    inputs: [{ shape: [2, 3] }, { shape: [4] }],
    build: (a, b) => einsum('ij,k->i', a!, b!),
    expected: (a, b) => [tabulate([2], ([i]) => dot(3, (j) => at(a!, [i!, j])) * total([...b!.data].map(Number)))],
  },
  {
    name: 'einsum, scalars',
    inputs: [{ shape: [] }, { shape: [2] }],
    build: (a, b) => einsum(',i->i', a!, b!),
    expected: (a, b) => [tabulate([2], ([i]) => at(a!, []) * at(b!, [i!]))],
  },
];

const epsilon = 1e-3;

/** (v − mean)/√(variance + ε) of every value of a group. */
function standardized(group: readonly number[]): number[] {
  const mean = total(group) / group.length;
  const variance = total(group.map((v) => (v - mean) ** 2)) / group.length;
  return group.map((v) => (v - mean) / Math.sqrt(variance + epsilon));
}

const norms: readonly OpCase[] = [
  {
    name: 'layerNorm',
    inputs: [{ shape: [2, 3, 4] }, { shape: [4] }, { shape: [4] }],
    build: (x, gain, bias) => layerNorm(x!, { axes: -1, gain: gain!, bias: bias!, epsilon }),
    expected: (x, g, b) => [
      groups(x!, [2]).flatMap((line) => standardized(line).map((v, k) => v * at(g!, [k]) + at(b!, [k]))),
    ],
    tolerance: { f32: 3e-5 },
  },
  {
    name: 'layerNorm, two axes',
    inputs: [{ shape: [2, 3, 2] }, { shape: [2, 2] }],
    build: (x, gain) => layerNorm(x!, { axes: [0, 2], gain: gain!, epsilon }),
    expected: (x, g) => {
      const lines = groups(x!, [0, 2]).map(standardized);
      return [tabulate([2, 3, 2], ([i, j, k]) => lines[j!]![i! * 2 + k!]! * at(g!, [i!, k!]))];
    },
    tolerance: { f32: 3e-5 },
  },
  {
    name: 'layerNorm, plain',
    inputs: [{ shape: [3, 5] }],
    build: (x) => layerNorm(x!, { axes: [1], epsilon }),
    expected: (x) => [groups(x!, [1]).flatMap(standardized)],
    tolerance: { f32: 3e-5 },
  },
  {
    name: 'batchNorm',
    inputs: [{ shape: [3, 2, 2] }, { shape: [2] }, { shape: [2] }],
    build: (x, gain, bias) => {
      const { output, mean, variance } = batchNorm(x!, { gain: gain!, bias: bias!, epsilon });
      return [output, mean, variance];
    },
    expected: (x, g, b) => {
      const channels = groups(x!, [0, 2]);
      const means = channels.map((v) => total(v) / v.length);
      const output = tabulate(
        [3, 2, 2],
        ([i, c, k]) => standardized(channels[c!]!)[i! * 2 + k!]! * at(g!, [c!]) + at(b!, [c!]),
      );
      return [output, means, channels.map((v, c) => total(v.map((e) => (e - means[c]!) ** 2)) / v.length)];
    },
    tolerance: { f32: 3e-5 },
  },
  {
    name: 'batchNorm, last axis',
    inputs: [{ shape: [4, 2] }],
    build: (x) => batchNorm(x!, { epsilon, axis: -1 }).output,
    expected: (x) => {
      const channels = groups(x!, [0]).map(standardized);
      return [tabulate([4, 2], ([i, c]) => channels[c!]![i!]!)];
    },
    tolerance: { f32: 3e-5 },
  },
  {
    name: 'batchNorm, inference',
    inputs: [{ shape: [3, 2] }, { shape: [2] }, { shape: [2] }, { shape: [2] }, { shape: [2], low: 0.5, high: 2 }],
    build: (x, gain, bias, mean, variance) =>
      batchNorm(x!, { gain: gain!, bias: bias!, mean: mean!, variance: variance!, epsilon }).output,
    expected: (x, g, b, m, v) => [
      tabulate(
        [3, 2],
        ([i, c]) =>
          ((at(x!, [i!, c!]) - at(m!, [c!])) / Math.sqrt(at(v!, [c!]) + epsilon)) * at(g!, [c!]) + at(b!, [c!]),
      ),
    ],
  },
  {
    name: 'batchNorm, inference without gain',
    inputs: [{ shape: [3, 2] }, { shape: [2] }, { shape: [2], low: 0.5, high: 2 }],
    build: (x, mean, variance) => batchNorm(x!, { mean: mean!, variance: variance!, epsilon }).output,
    expected: (x, m, v) => [
      tabulate([3, 2], ([i, c]) => (at(x!, [i!, c!]) - at(m!, [c!])) / Math.sqrt(at(v!, [c!]) + epsilon)),
    ],
  },
];

export const productCases: OpCase[] = [...matrices, ...sums, ...norms];
