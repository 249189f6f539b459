import { symmetricEigen } from '../../linalg/dense/eigen/symmetric-eigen.js';
import { multiply } from '../../linalg/dense/multiply.js';
import { orthogonalFactor, qr } from '../../linalg/dense/qr.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';
import { like, type Vector } from '../../linalg/vectors.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import type { ParameterLayout } from '../../tensor/parameters.js';
import {
  type GradientMove,
  type GradientOptions,
  type GradientState,
  gradientMethod,
  gradientOptions,
  onceFor,
  type Segment,
} from '../first-order/gradient-method.js';
import {
  accumulate,
  type Block,
  type Blocks,
  blocksDemand,
  blocksOf,
  factorView,
  identities,
  type MatrixOptimizer,
  readBlock,
  segmentsByBlock,
  type Treatment,
  writeBlock,
} from './blocks.js';

/** The eigenvectors of a factor, by descending eigenvalues. Cost: 9·n³ operations at most. */
function firstBasis(factor: Matrix): Matrix {
  const n = factor.rows;
  const { vectors } = symmetricEigen(factor);
  return pickColumns(
    vectors,
    Array.from({ length: n }, (_, i) => n - 1 - i),
  );
}

export interface NextBasis {
  readonly basis: Matrix;
  /** Column j of the new basis comes from column order[j] of the old one. */
  readonly order: readonly number[];
}

/**
 * One power step and QR: the columns of the old basis are sorted by their Rayleigh quotients qᵀAq, descending, and A·Q is made
 * orthonormal. Whatever belongs to the columns (the second moment) must be put in the same order. Cost: 5·n³ operations.
 */
function nextBasis(factor: Matrix, basis: Matrix): NextBasis {
  const n = factor.rows;
  const product = multiply(factor, basis);
  const quotients = new Float64Array(n);
  for (let i = 0; i < n * n; i++) quotients[i % n]! += basis.data[i]! * product.data[i]!;
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => quotients[j]! - quotients[i]!);
  return { basis: orthogonalFactor(qr(pickColumns(product, order))), order };
}

/** Columns order[0], order[1], … of a matrix. */
function pickColumns({ rows, columns, data }: Matrix, order: readonly number[]): Matrix {
  const out = matrix(rows, order.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < order.length; j++) out.data[i * order.length + j] = data[i * columns + order[j]!]!;
  }
  return out;
}

/** Rows order[0], order[1], … of a matrix. */
function pickRows({ columns, data }: Matrix, order: readonly number[]): Matrix {
  const out = matrix(order.length, columns);
  for (const [i, from] of order.entries()) {
    out.data.set(data.subarray(from * columns, (from + 1) * columns), i * columns);
  }
  return out;
}

/** Learning rate 3e-3, weight decay 0.01. */
export interface SoapOptions extends GradientOptions {
  /** Decay rates of the first moment, and of the second moment and the factors (default 0.95, 0.95). */
  readonly betas?: readonly [number, number];
  /** ε, added to the root (default 1e-8). */
  readonly epsilon?: number;
  /** Updates between new bases (default 10). */
  readonly interval?: number;
  /** A longer side of a matrix is not rotated (default 10000). */
  readonly largestSide?: number;
}

const soapOptions: OptionNames<SoapOptions> = { ...gradientOptions, betas: 1, epsilon: 1, interval: 1, largestSide: 1 };

interface Own {
  /** Moments of the gradient in the bases. */
  readonly first: Vector;
  readonly second: Vector;
  /** EMA of G·Gᵀ and Gᵀ·G of all matrices, and the bases of both sides. */
  readonly factors: Float64Array;
  readonly bases: Float64Array;
}

export type SoapState = GradientState<Own>;

interface Settings {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly interval: number;
}

function cut(layout: ParameterLayout, largestSide: number): Blocks {
  return blocksOf(layout, {
    largest: Number.POSITIVE_INFINITY,
    factors: ({ shape }, rows, columns) => ({
      left: shape.length > 1 && rows <= largestSide,
      right: shape.length > 1 && columns <= largestSide,
    }),
  });
}

/** Q_Lᵀ·M·Q_R, or back Q_L·M·Q_Rᵀ; a side without a factor stays as it is. */
function rotate({ left, right }: Block, bases: Float64Array, m: Matrix, back: boolean): Matrix {
  const half = left === undefined ? m : multiply(factorView(bases, left), m, { transposeA: !back });
  return right === undefined ? half : multiply(half, factorView(bases, right), { transposeB: back });
}

/** Bases of a block from its factors, once. */
function startBases({ left, right }: Block, own: Own): void {
  for (const factor of [left, right]) {
    if (factor !== undefined) own.bases.set(firstBasis(factorView(own.factors, factor)).data, factor.offset);
  }
}

/** New bases of a block: the first moment is rotated back and into them, the second put in the order of their columns. */
function renewBases(block: Block, own: Own): void {
  const { left, right } = block;
  const first = rotate(block, own.bases, readBlock(block, own.first), true);
  let second = readBlock(block, own.second);
  for (const factor of [left, right]) {
    if (factor === undefined) continue;
    const { basis, order } = nextBasis(factorView(own.factors, factor), factorView(own.bases, factor));
    own.bases.set(basis.data, factor.offset);
    second = factor === left ? pickRows(second, order) : pickColumns(second, order);
  }
  writeBlock(block, own.second, second);
  writeBlock(block, own.first, rotate(block, own.bases, first, false));
}

/** Adam on the rotated gradient; returns m/(√v + ε) rotated back and writes the moments. */
function rotatedStep(block: Block, g: Matrix, state: Own, own: Own, { betas: [b1, b2], epsilon }: Settings): Matrix {
  const rotated = rotate(block, state.bases, g, false);
  const [first, second] = [readBlock(block, state.first), readBlock(block, state.second)];
  const step = matrix(g.rows, g.columns);
  for (let i = 0; i < step.data.length; i++) {
    const r = rotated.data[i]!;
    first.data[i] = b1 * first.data[i]! + (1 - b1) * r;
    second.data[i] = b2 * second.data[i]! + (1 - b2) * r * r;
    step.data[i] = first.data[i]! / (Math.sqrt(second.data[i]!) + epsilon);
  }
  writeBlock(block, own.first, first);
  writeBlock(block, own.second, second);
  return rotate(block, state.bases, step, true);
}

/** θ ← (1 − ηλ)·(θ − rate·step). */
function apply(block: Block, { rate, decay }: Segment, scale: number, step: Matrix, old: Vector, out: Vector): void {
  const theta = readBlock(block, old);
  for (let i = 0; i < theta.data.length; i++) {
    theta.data[i] = (1 - rate * decay) * (theta.data[i]! - rate * scale * step.data[i]!);
  }
  writeBlock(block, out, theta);
}

function soapMove(blocksFor: (layout: ParameterLayout) => Blocks, settings: Settings) {
  const { betas, interval } = settings;
  return ({ objective, state, gradient, segments, update }: GradientMove<Own>) => {
    const blocks = blocksFor(objective.layout);
    // Adam's own count: the first call has made no step.
    const t = update - 1;
    const renew = t > 0 && t % interval === 0;
    const own: Own = {
      first: like(gradient),
      second: like(gradient),
      factors: state.factors.slice(),
      bases: t === 0 || renew ? state.bases.slice() : state.bases,
    };
    const parameters = t === 0 ? state.parameters : like(gradient);
    const scale = Math.sqrt(1 - betas[1] ** t) / (1 - betas[0] ** t);
    for (const [block, segment] of segmentsByBlock(blocks, segments)) {
      const g = readBlock(block, gradient);
      if (t > 0)
        apply(block, segment, scale, rotatedStep(block, g, state, own, settings), state.parameters, parameters);
      accumulate(own.factors, block.left, g, 'rows', betas[1], 1 - betas[1]);
      accumulate(own.factors, block.right, g, 'columns', betas[1], 1 - betas[1]);
      if (t === 0) startBases(block, own);
      if (renew) renewBases(block, own);
    }
    return { parameters, own };
  };
}

function treatments(layout: ParameterLayout, largestSide: number): readonly Treatment[] {
  return cut(layout, largestSide).blocks.map(({ slot, left, right, rows, columns }) => {
    const { name, shape } = slot;
    if (!left && !right) {
      const reason = shape.length > 1 ? `both sides are longer than ${largestSide}` : 'not a matrix';
      return { name, shape, method: 'Adam', reason };
    }
    const flattened = shape.length > 2 ? `, flattened to ${rows} x ${columns}` : '';
    const sides =
      left && right ? 'both sides' : `the ${left ? 'rows' : 'columns'}, the other side is longer than ${largestSide}`;
    return { name, shape, method: 'SOAP', reason: `rotates ${sides}${flattened}` };
  });
}

/**
 * SOAP (Vyas et al. 2025): Adam in the eigenbasis of Shampoo's factors, L ← β₂L + (1 − β₂)G·Gᵀ and R alike: the gradient is rotated,
 * Q_Lᵀ·G·Q_R, Adam's step for it rotated back; θ ← (1 − ηλ)(θ − η·step). The first update only makes the bases from its gradient and
 * moves nothing. Every `interval` updates each basis gets one power step and QR; the columns are sorted by Rayleigh quotients, and the
 * second moment is put in the same order, the first rotated back and into the new basis. Vectors and sides longer than `largestSide`
 * are not rotated; convolutions are flattened to [outputs, the rest]. `describe` says which parameter is treated how.
 *
 * Cost: one gradient of a mini-batch a step and 6·m·n·(m + n) operations for an m × n matrix, about 9·(m³ + n³) every `interval` steps.
 * Memory: 2·(m² + n²) numbers a matrix and 2 n beside the parameters.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: soap(), epochs: 2 });
 */
export function soap(options: SoapOptions = {}): MatrixOptimizer<SoapState> {
  checkNames('soap', options, soapOptions);
  const { betas = [0.95, 0.95] as const, epsilon = 1e-8, interval = 10, largestSide = 10000 } = options;
  checkOptions('SOAP', { 'an integer ≥ 1': { interval }, 'a finite number ≥ 0': { epsilon } });
  const blocksFor = onceFor((layout: ParameterLayout) => cut(layout, largestSide));
  const optimizer = gradientMethod<Own>(
    {
      name: 'SOAP',
      defaults: { learningRate: 3e-3, weightDecay: 0.01 },
      settings: { beta1: betas[0], beta2: betas[1], epsilon, interval, largestSide },
      bySlot: () => ({}),
      demand: ({ layout }) => blocksDemand(blocksFor(layout), 5, 2.3, 5 / interval),
      init: (parameters, { layout }) => {
        const blocks = blocksFor(layout);
        const [first, second] = [like(parameters), like(parameters)];
        return { first, second, factors: new Float64Array(blocks.size), bases: identities(blocks) };
      },
      move: soapMove(blocksFor, { betas, epsilon, interval }),
    },
    options,
  );
  return { ...optimizer, describe: ({ layout }) => treatments(layout, largestSide) };
}
