import { float } from '../../../../src/onnx/attributes.js';
import { type Case, type Cases, isFloatType, t } from '../case.js';

const matmul: readonly Case[] = (
  [
    ['matrices', [2, 3], [3, 4]],
    ['vectors', [3], [3]],
    ['a vector before', [3], [3, 2]],
    ['a vector behind', [2, 3], [3]],
    ['batches', [2, 2, 3], [2, 3, 2]],
    ['stretched batches', [2, 1, 2, 3], [3, 3, 2]],
    ['a batch and a matrix', [2, 2, 3], [3, 2]],
    ['a batch and a vector', [2, 2, 3], [3]],
    ['single dimensions', [1, 1], [1, 1]],
    ['no rows', [0, 3], [3, 2]],
    ['an empty sum', [2, 0], [0, 3]],
  ] as const
).map(([what, a, b]): Case => ({ what, inputs: [t(a), t(b)] }));

const gemm: readonly Case[] = [
  { what: 'plain', inputs: [t([2, 3]), t([3, 4]), t([2, 4])] },
  { what: 'a vector added', inputs: [t([2, 3]), t([3, 4]), t([4])] },
  { what: 'a column added', inputs: [t([2, 3]), t([3, 4]), t([2, 1])] },
  { what: 'a scalar added', inputs: [t([2, 3]), t([3, 4]), t([])] },
  { what: 'transposed', inputs: [t([3, 2]), t([4, 3]), t([4])], attributes: { transA: 1, transB: 1 } },
  { what: 'nothing added', inputs: [t([2, 3]), t([3, 4])], since: 11 },
  { what: 'nothing of what is given added', inputs: [t([2, 3]), t([3, 4]), t([4])], attributes: { beta: float(0) } },
  {
    what: 'scaled',
    inputs: [t([2, 3]), t([3, 4]), t([4])],
    attributes: { alpha: float(0.5), beta: float(2) },
    types: ({ T }) => isFloatType(T),
  },
  {
    what: 'scaled by whole numbers',
    inputs: [t([2, 3]), t([3, 4]), t([4])],
    attributes: { alpha: float(3), beta: float(2) },
  },
];

const einsum: readonly Case[] = (
  [
    ['ij,jk->ik', [2, 3], [3, 4]],
    ['ij, jk', [2, 3], [3, 4]],
    ['bij,bjk->bik', [2, 2, 3], [2, 3, 2]],
    ['...ij,...jk->...ik', [2, 2, 2, 3], [2, 2, 3, 2]],
    ['i,i->', [3], [3]],
    ['i,j->ij', [2], [3]],
    ['ij->ji', [2, 3]],
    ['ij->', [2, 3]],
    ['ii->i', [3, 3]],
    ['ii', [3, 3]],
    ['...ij->...ji', [2, 2, 3]],
    ['bhwc,hkc->bhwk', [1, 2, 3, 2], [2, 4, 2]],
    ['ij,jk,kl->il', [2, 3], [3, 2], [2, 2]],
    ['a...,...->...', [2, 3], [3]],
  ] as const
).map(
  ([equation, ...shapes]): Case => ({
    what: equation,
    inputs: (shapes as readonly (readonly number[])[]).map((shape) => t(shape)),
    attributes: { equation },
  }),
);

const det: readonly Case[] = [
  { what: 'one row', inputs: [t([1, 1])] },
  { what: 'two rows', inputs: [t([2, 2])] },
  { what: 'three rows', inputs: [t([3, 3])] },
  { what: 'a batch of four rows', inputs: [t([2, 3, 4, 4])] },
  { what: 'five rows', inputs: [t([1, 5, 5])], tolerance: 1e-4 },
];

export const products: Cases = { Det: det, Einsum: einsum, Gemm: gemm, MatMul: matmul };
