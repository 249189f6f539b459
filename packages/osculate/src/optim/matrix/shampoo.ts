import { addSquare } from '../../linalg/dense/add-square.js';
import { type SymmetricEigen, symmetricEigen } from '../../linalg/dense/eigen/symmetric-eigen.js';
import { multiply } from '../../linalg/dense/multiply.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';
import { like, type Vector } from '../../linalg/vectors.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { ParameterLayout } from '../../tensor/parameters.js';
import {
  type GradientMove,
  type GradientOptions,
  type GradientState,
  gradientMethod,
  gradientOptions,
  onceFor,
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

/** An eigensolver of symmetric matrices, values ascending; undefined when it fails. */
export type Eigensolver = (a: Matrix) => SymmetricEigen | undefined;

/** `symmetricEigen` by either of its methods: the second is tried where the first does not converge. */
export function twoEigensolvers(a: Matrix): SymmetricEigen | undefined {
  for (const method of ['divideAndConquer', 'implicitQl'] as const) {
    try {
      return symmetricEigen(a, { method });
    } catch {
      // No convergence, or a matrix that is not finite: a failure like any other, for the caller to deal with.
    }
  }
  return undefined;
}

/**
 * A^(−1/p) as Distributed Shampoo computes it: Q·(Λ − min(λ_min, 0) + ε)^(−1/p)·Qᵀ, so that eigenvalues that rounding made negative do
 * not matter. Undefined when the solver fails. Cost: 10·n³ operations at most.
 */
export function shampooRoot(
  a: Matrix,
  p: number,
  epsilon: number,
  solver: Eigensolver = twoEigensolvers,
): Matrix | undefined {
  const eigen = solver(a);
  if (eigen === undefined) return undefined;
  const { values, vectors } = eigen;
  const n = a.rows;
  const shift = epsilon - Math.min(values[0] ?? 0, 0);
  const half = values.map((value) => (value + shift) ** (-0.5 / p));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) vectors.data[i * n + j]! *= half[j]!;
  }
  return addSquare(matrix(n, n), vectors);
}

/** Learning rate 3e-3. */
export interface ShampooOptions extends GradientOptions {
  /**
   * Decay rates of the gradient's mean and of the factors (default 0.9, 0.95; with 1 the factors are sums, as in AdaGrad and Distributed
   * Shampoo).
   */
  readonly betas?: readonly [number, number];
  /** Added to the factors' eigenvalues (default 1e-12). */
  readonly epsilon?: number;
  /** Largest side of a block (default 256: roots cost the third power; 1024 in Distributed Shampoo). */
  readonly blockSize?: number;
  /** Updates between new roots (default 10); until the first ones the grafted step is taken. */
  readonly interval?: number;
  /** Whose length the step of a block gets (default adam, whose second moment decays as the factors do; adagrad where these are sums). */
  readonly grafting?: 'none' | 'sgd' | 'adagrad' | 'adam';
  /** The factors' eigensolver (default: `symmetricEigen`, by its other method where the first fails). */
  readonly eigensolver?: Eigensolver;
}

const shampooOptions: OptionNames<ShampooOptions> = {
  ...gradientOptions,
  betas: 1,
  epsilon: 1,
  blockSize: 1,
  interval: 1,
  grafting: 1,
  eigensolver: 1,
};

interface Own {
  /** EMA of the gradient. */
  readonly mean: Vector;
  /** Sum of squares of the gradient, for the grafting; their EMA for that of Adam. */
  readonly squares: Vector;
  /** All Kronecker factors, and their inverse roots. */
  readonly factors: Float64Array;
  readonly roots: Float64Array;
  /** Failed decompositions of each factor in a row. */
  readonly failures: Float64Array;
}

export type ShampooState = GradientState<Own>;

/** Decompositions that may fail in a row before the run is given up. */
const patience = 3;
/** ε of the step in the grafting. */
const graftEpsilon = { adagrad: 1e-10, adam: 1e-8 } as const;

type Settings = Required<Pick<ShampooOptions, 'epsilon' | 'blockSize' | 'interval' | 'grafting'>> & {
  readonly betas: readonly [number, number];
  readonly eigensolver: Eigensolver | undefined;
};

/** Vectors get one factor and the root 1/2, matrices two and 1/4: the exponent is 1/(2·order). */
function cut(layout: ParameterLayout, blockSize: number): Blocks {
  const factors = ({ shape }: Block['slot']) => ({ left: true, right: shape.length > 1 });
  return blocksOf(layout, { largest: blockSize, factors });
}

function norm({ data }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * data[i]!;
  return Math.sqrt(sum);
}

/** factor·M, M itself where that is the same. */
function scaled(m: Matrix, factor: number): Matrix {
  if (factor === 1) return m;
  const out = matrix(m.rows, m.columns);
  for (let i = 0; i < out.data.length; i++) out.data[i] = factor * m.data[i]!;
  return out;
}

/** A new root of every factor of a block; keeps the old one when the decomposition fails, and throws after 3 failures in a row. */
function refresh(block: Block, own: Own, update: number, { betas: [, keep], epsilon, eigensolver }: Settings): void {
  const correction = keep === 1 ? 1 : 1 / (1 - keep ** update);
  const p = block.right === undefined ? 2 : 4;
  for (const factor of [block.left, block.right]) {
    if (factor === undefined) continue;
    const { order, index, offset } = factor;
    const root = shampooRoot(scaled(factorView(own.factors, factor), correction), p, epsilon, eigensolver);
    if (root !== undefined) {
      own.roots.set(root.data, offset);
      own.failures[index] = 0;
      continue;
    }
    own.failures[index]!++;
    if (own.failures[index]! < patience) continue;
    throw new InputError(
      `shampoo: the eigendecomposition of the ${factor === block.left ? 'left' : 'right'} factor (${order} x ${order}) of ` +
        `"${block.slot.name}" failed ${patience} times in a row; a larger epsilon or a smaller learning rate may help`,
    );
  }
}

/** L^(−1/4)·M·R^(−1/4), or L^(−1/2)·m for a vector. */
function precondition(block: Block, roots: Float64Array, mean: Matrix): Matrix {
  const left = multiply(factorView(roots, block.left!), mean);
  return block.right === undefined ? left : multiply(left, factorView(roots, block.right));
}

/** The step whose length is grafted: the mean itself, or divided by the denominator of AdaGrad or, `seen` = 1 − β₂ᵏ, of Adam. */
function graft(block: Block, mean: Matrix, squares: Vector, seen: number, kind: Settings['grafting']): Matrix {
  if (kind === 'none' || kind === 'sgd') return mean;
  const step = readBlock(block, squares);
  const [scale, epsilon] = [kind === 'adam' ? 1 / seen : 1, graftEpsilon[kind]];
  for (let i = 0; i < step.data.length; i++) {
    step.data[i] = mean.data[i]! / (Math.sqrt(scale * step.data[i]!) + epsilon);
  }
  return step;
}

/** The direction of a block: preconditioned, with the length of the grafted step. */
function direction(block: Block, own: Own, update: number, { betas, interval, grafting }: Settings): Matrix {
  const mean = readBlock(block, own.mean);
  const correction = 1 / (1 - betas[0] ** update);
  for (let i = 0; i < mean.data.length; i++) mean.data[i] = correction * mean.data[i]!;
  const grafted = graft(block, mean, own.squares, 1 - betas[1] ** update, grafting);
  if (update < interval) return grafted;
  const step = precondition(block, own.roots, mean);
  if (grafting === 'none') return step;
  const scale = norm(grafted) / (norm(step) + 1e-16);
  for (let i = 0; i < step.data.length; i++) step.data[i] = scale * step.data[i]!;
  return step;
}

function moments(state: Own, gradient: Vector, { betas, grafting }: Settings): Pick<Own, 'mean' | 'squares'> {
  const [mean, squares] = [like(gradient), like(gradient)];
  const [keep, share] = grafting === 'adam' ? [betas[1], 1 - betas[1]] : [1, 1];
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i]!;
    mean[i] = betas[0] * state.mean[i]! + (1 - betas[0]) * g;
    squares[i] = keep * state.squares[i]! + share * g * g;
  }
  return { mean, squares };
}

function shampooMove(blocksFor: (layout: ParameterLayout) => Blocks, settings: Settings) {
  const { betas, interval } = settings;
  // A sum when β₂ = 1, else a moving average.
  const share = betas[1] === 1 ? 1 : 1 - betas[1];
  return ({ objective, state, gradient, segments, update }: GradientMove<Own>) => {
    const blocks = blocksFor(objective.layout);
    const due = update % interval === 0;
    const own: Own = {
      ...moments(state, gradient, settings),
      factors: state.factors.slice(),
      roots: due ? state.roots.slice() : state.roots,
      failures: due ? state.failures.slice() : state.failures,
    };
    const parameters = like(gradient);
    for (const [block, { rate, decay }] of segmentsByBlock(blocks, segments)) {
      const g = readBlock(block, gradient);
      accumulate(own.factors, block.left, g, 'rows', betas[1], share);
      accumulate(own.factors, block.right, g, 'columns', betas[1], share);
      if (due) refresh(block, own, update, settings);
      const { data } = direction(block, own, update, settings);
      const old = readBlock(block, state.parameters);
      for (let i = 0; i < data.length; i++) old.data[i] = (1 - rate * decay) * old.data[i]! - rate * data[i]!;
      writeBlock(block, parameters, old);
    }
    return { parameters, own };
  };
}

function treatments(layout: ParameterLayout, { blockSize }: Settings): readonly Treatment[] {
  const { blocks } = cut(layout, blockSize);
  return layout.slots.map((slot) => {
    const own = blocks.filter((b) => b.slot === slot);
    const pieces = own.length > 1 ? `, in ${own.length} blocks of at most ${blockSize}` : '';
    const kind = own[0]?.right === undefined ? 'one factor, exponent 1/2' : 'two factors, exponent 1/4';
    return { name: slot.name, shape: slot.shape, method: 'Shampoo', reason: kind + pieces };
  });
}

/**
 * Shampoo (Gupta et al. 2018) with the constants, blocking and failure handling of Distributed Shampoo (Shi et al. 2023): for each
 * block G of a matrix L ← β₂L + (1 − β₂)G·Gᵀ and R alike with Gᵀ·G, the step is L^(−1/4)·m̂·R^(−1/4) with the length of Adam's (grafting), m̂ the
 * bias-corrected mean of the gradient, with decoupled weight decay. Vectors have one factor with exponent 1/2; convolutions are
 * flattened to [outputs, the rest]. `describe` says which parameter is cut how.
 *
 * Cost: one gradient of a mini-batch a step, 2·m·n·(m + n) operations twice for an m × n block, and about 10·(m³ + n³) every
 * `interval` steps. Memory: 2·(m² + n²) numbers a block and 2 n beside the parameters.
 * @throws InputError when a factor's eigendecomposition fails 3 times in a row (until then the old root is kept).
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: shampoo({ interval: 10 }), epochs: 2 });
 */
export function shampoo(options: ShampooOptions = {}): MatrixOptimizer<ShampooState> {
  checkNames('shampoo', options, shampooOptions);
  const { betas = [0.9, 0.95] as const, epsilon = 1e-12, blockSize = 256, interval = 10 } = options;
  const { grafting = betas[1] === 1 ? 'adagrad' : 'adam', eigensolver } = options;
  if (grafting === 'adam' && betas[1] === 1) {
    throw new InputError('Shampoo: grafting is adam, whose second moment must decay: the second of betas is 1');
  }
  const settings: Settings = { betas, epsilon, blockSize, interval, grafting, eigensolver };
  checkOptions('Shampoo', { 'an integer ≥ 1': { interval, blockSize }, 'a finite number ≥ 0': { epsilon } });
  const blocksFor = onceFor((layout: ParameterLayout) => cut(layout, blockSize));
  const optimizer = gradientMethod<Own>(
    {
      name: 'Shampoo',
      defaults: { learningRate: 3e-3 },
      settings: { beta1: betas[0], beta2: betas[1], epsilon, blockSize, interval, grafting },
      bySlot: () => ({}),
      // The factor's own update is half a product.
      demand: ({ layout }) => blocksDemand(blocksFor(layout), 6, 1.5, 4 / interval),
      init: (parameters, { layout }) => {
        const blocks = blocksFor(layout);
        const [mean, squares] = [like(parameters), like(parameters)];
        const failures = new Float64Array(blocks.count);
        return { mean, squares, factors: new Float64Array(blocks.size), roots: identities(blocks), failures };
      },
      move: shampooMove(blocksFor, settings),
    },
    options,
  );
  return { ...optimizer, describe: ({ layout }) => treatments(layout, settings) };
}
