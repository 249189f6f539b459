import { describe, requireFloat, sameDType } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import { apply1, checkTensor, type Node, type Op, type ReferenceBuffer, type Tensor } from '../tensor/ir.js';
import { type Operand, operand } from '../tensor/leaf.js';
import { broadcastShapes, type Shape, sameShape, sizeOf, stridesOf } from '../tensor/shape.js';
import { bilinearJvp } from './bilinear.js';
import { alignBatched, sumTo } from './elementwise.js';
import { prepareGemm } from './gemm.js';

export interface MatmulAttrs {
  /** The last two axes of the operand are swapped before multiplying. */
  readonly transA: boolean;
  readonly transB: boolean;
}

interface Dims {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly batch: Shape;
}

function dims(a: Tensor, b: Tensor, { transA, transB }: MatmulAttrs): Dims {
  const what = (): string =>
    `matmul of ${describe(a)}${transA ? ' transposed' : ''} and ${describe(b)}${transB ? ' transposed' : ''}`;
  if (a.rank < 2 || b.rank < 2) throw new ShapeError(`${what()}: both need rank 2 or more`);
  const [m, k] = transA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
  const [k2, n] = transB ? [b.shape.at(-1)!, b.shape.at(-2)!] : [b.shape.at(-2)!, b.shape.at(-1)!];
  if (k !== k2) throw new ShapeError(`${what()}: inner dimensions ${k} and ${k2} differ`);
  return { m, k, n, batch: broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), what) };
}

function batchOffsets(shape: Shape, batch: Shape): Int32Array {
  const own = shape.slice(0, -2);
  const matrix = shape.at(-1)! * shape.at(-2)!;
  const strides = stridesOf(own);
  const lead = batch.length - own.length;
  const out = new Int32Array(sizeOf(batch));
  const full = stridesOf(batch);
  for (let i = 0; i < out.length; i++) {
    let offset = 0;
    for (let d = lead; d < batch.length; d++) {
      if (own[d - lead] !== 1) offset += (Math.floor(i / full[d]!) % batch[d]!) * strides[d - lead]!;
    }
    out[i] = offset * matrix;
  }
  return out;
}

function prepare(node: Node<MatmulAttrs>) {
  const [a, b] = node.inputs as [Tensor, Tensor];
  const { transA, transB } = node.attrs;
  const d = dims(a, b, node.attrs);
  const gemm = prepareGemm(d.m, d.k, d.n, transA, transB);
  const fromA = batchOffsets(a.shape, d.batch);
  const fromB = batchOffsets(b.shape, d.batch);
  return ([left, right]: readonly ReferenceBuffer[], [out]: readonly ReferenceBuffer[]): void => {
    for (let i = 0; i < fromA.length; i++) gemm(left!, right!, out!, fromA[i]!, fromB[i]!, i * d.m * d.n);
  };
}

interface Factors {
  readonly left: Tensor;
  readonly right: Tensor;
  readonly transLeft: boolean;
  readonly transRight: boolean;
}

/** The product that is the cotangent of one operand, before summing over broadcast axes. */
function cotangentFactors(node: Node<MatmulAttrs>, ct: Tensor, which: 0 | 1): Factors {
  const { transA, transB } = node.attrs;
  const [a, b] = node.inputs as [Tensor, Tensor];
  if (which === 0) {
    return transA
      ? { left: b, right: ct, transLeft: transB, transRight: true }
      : { left: ct, right: b, transLeft: false, transRight: !transB };
  }
  return transB
    ? { left: ct, right: a, transLeft: true, transRight: transA }
    : { left: a, right: ct, transLeft: !transA, transRight: false };
}

/** `[…, p, q]` with the leading axes taken into p, or into q behind a transposition: `[p, …·q]`. */
function joinBatch(t: Tensor, into: 'rows' | 'columns'): Tensor {
  const [p, q] = [t.shape.at(-2)!, t.shape.at(-1)!];
  const batch = sizeOf(t.shape.slice(0, -2));
  if (into === 'rows') return t.reshape([batch * p, q]);
  return t
    .reshape([batch, p, q])
    .transpose([1, 0, 2])
    .reshape([p, batch * q]);
}

/**
 * Σ over the batch of the products, as one large product whose inner dimension runs over the batch too: what the cotangent
 * of a shared matrix is. Null where the transpositions for that would copy more than the batch of products itself.
 */
function summedProduct({ left, right, transLeft, transRight }: Factors): Tensor | null {
  if (left.rank < 3 || !sameShape(left.shape.slice(0, -2), right.shape.slice(0, -2))) return null;
  const copied = (transLeft ? 0 : left.size) + (transRight ? right.size : 0);
  const rows = left.shape.at(transLeft ? -1 : -2)!;
  const columns = right.shape.at(transRight ? -2 : -1)!;
  if (copied > sizeOf(left.shape.slice(0, -2)) * rows * columns) return null;
  const x = joinBatch(left, transLeft ? 'rows' : 'columns');
  return product(x, joinBatch(right, transRight ? 'columns' : 'rows'), transLeft, transRight);
}

/** Cotangent of one operand, in its own shape. */
function transposeOperand(node: Node<MatmulAttrs>, ct: Tensor, which: 0 | 1): Tensor {
  const factors = cotangentFactors(node, ct, which);
  const { shape } = node.inputs[which]!;
  const summed = shape.length === 2 ? summedProduct(factors) : null;
  if (summed) return summed;
  return sumTo(product(factors.left, factors.right, factors.transLeft, factors.transRight), shape);
}

export const matmulOp: Op<MatmulAttrs> = {
  name: 'matmul',
  differentiable: true,
  infer: ([a, b], attrs) => {
    sameDType('matmul', a!, b!);
    requireFloat('matmul', a!);
    const d = dims(a!, b!, attrs);
    return [{ shape: [...d.batch, d.m, d.n], dtype: a!.dtype }];
  },
  jvp: bilinearJvp((a, b, { transA, transB }) => product(a, b, transA, transB)),
  transpose: (node, [ct], linear) => [
    linear[0] ? transposeOperand(node, ct!, 0) : null,
    linear[1] ? transposeOperand(node, ct!, 1) : null,
  ],
  batch: (node, inputs, batched) => {
    const [a, b] = alignBatched(node, inputs, batched);
    const { transA, transB } = node.attrs;
    return [product(a!, b!, transA, transB)];
  },
  lower: (context, node, [a, b]) => {
    const { transA, transB } = node.attrs;
    if (!transA && !transB) return [context.emit('MatMul', [a!, b!])];
    const attrs = { transA: { int: transA ? 1 : 0 }, transB: { int: transB ? 1 : 0 } };
    if (node.inputs.every((t) => t.rank === 2)) return [context.emit('Gemm', [a!, b!], attrs)];
    if (context.contrib) return [context.emit('FusedMatMul', [a!, b!], attrs, 'com.microsoft')];
    const swap = (name: string, { rank }: Tensor): string => {
      const last = [rank - 1, rank - 2];
      return context.emit('Transpose', [name], { perm: { ints: [...Array(rank - 2).keys(), ...last] } });
    };
    const [x, y] = node.inputs as [Tensor, Tensor];
    return [context.emit('MatMul', [transA ? swap(a!, x) : a!, transB ? swap(b!, y) : b!])];
  },
  reference: { kind: 'kernel', prepare },
  flops: (node) => 2 * node.outputs[0]!.size * dims(node.inputs[0]!, node.inputs[1]!, node.attrs).k,
};

/** An operand without its leading axes of length 1, when it has no others and broadcasting restores them. */
function withoutUnits(t: Tensor, other: Tensor): Tensor {
  const units = t.rank > 2 && t.rank <= other.rank && sizeOf(t.shape.slice(0, -2)) === 1;
  return units ? t.reshape(t.shape.slice(-2)) : t;
}

/** One large product where a batch of rows (the last axis of a) meets a shared matrix. */
function rowsTimes(a: Tensor, b: Tensor, transB: boolean): Tensor {
  const rows = a.reshape([sizeOf(a.shape.slice(0, -1)), a.shape.at(-1)!]);
  return apply1(matmulOp, [rows, b], { transA: false, transB });
}

/**
 * Batched product of operands of rank ≥ 2, each with its last two axes swapped first where asked. A shared matrix meets
 * one large rank-2 product where that needs no copy.
 */
export function product(a: Tensor, by: Operand, transA = false, transB = false): Tensor {
  const b = operand('product', by, a.dtype);
  if (a.rank > 2 || b.rank > 2) {
    const right = withoutUnits(b, a);
    const left = right.rank > 2 ? withoutUnits(a, right) : a;
    const joined = sharedProduct(left, right, transA, transB);
    if (joined) return joined;
  }
  return apply1(matmulOp, [a, b], { transA, transB });
}

function sharedProduct(a: Tensor, b: Tensor, transA: boolean, transB: boolean): Tensor | null {
  const [m, k] = transA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
  const n = b.shape.at(transB ? -2 : -1)!;
  const inner = b.shape.at(transB ? -1 : -2)!;
  if (k !== inner) return null;
  if (b.rank === 2 && a.rank > 2 && (!transA || m === 1)) {
    const rows = transA ? a.reshape([...a.shape.slice(0, -2), 1, k]) : a;
    return rowsTimes(rows, b, transB).reshape([...a.shape.slice(0, -2), m, n]);
  }
  // (A·columnᵢ)ᵀ = columnᵢᵀ·Aᵀ, and a column is a row as it lies in memory.
  if (a.rank === 2 && b.rank > 2 && n === 1) {
    const rows = b.reshape([...b.shape.slice(0, -2), 1, k]);
    return rowsTimes(rows, a, !transA).reshape([...b.shape.slice(0, -2), m, 1]);
  }
  return null;
}

/**
 * Matrix product with NumPy's rules: [.., m, k] × [.., k, n] → [.., m, n], leading axes broadcast; a vector operand is
 * a row (left) or a column (right), and its axis is removed from the result. Numbers in arrays take the dtype of a.
 * 2·m·k·n flops per matrix.
 */
export function matmul(a: Tensor, by: Operand): Tensor {
  checkTensor('matmul', a);
  const b = operand('matmul', by, a.dtype);
  if (a.rank === 0 || b.rank === 0)
    throw new ShapeError(`matmul of ${describe(a)} and ${describe(b)}: scalars have no matrix product; use mul`);
  const left = a.rank === 1 ? a.reshape([1, a.shape[0]!]) : a;
  const right = b.rank === 1 ? b.reshape([b.shape[0]!, 1]) : b;
  const out = product(left, right);
  const shape = [...out.shape];
  if (b.rank === 1) shape.pop();
  if (a.rank === 1) shape.splice(shape.length - (b.rank === 1 ? 1 : 2), 1);
  return out.reshape(shape);
}

/**
 * Inner product Σᵢ xᵢ·yᵢ of vectors, a scalar; with matrices the same as `matmul`, as in NumPy. Floats.
 *
 * ```ts
 * constant([1, 2], 'f64').dot([3, 4]); // 11
 * ```
 * @throws ShapeError for another length or rank: there `matmul` says what it does with leading axes.
 */
export function dot(x: Tensor, y: Operand): Tensor {
  const other = operand('dot', y, x.dtype);
  for (const { rank } of [x, other]) {
    if (rank === 1 || rank === 2) continue;
    throw new ShapeError(`dot of ${describe(x)} and ${describe(other)}: needs vectors or matrices; use matmul or mul`);
  }
  return matmul(x, other);
}
