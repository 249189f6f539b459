import { ggnvp, grad, hvp, linearize, vmap } from '../autodiff/index.js';
import type { Tensor } from '../tensor/ir.js';
import { constant, full } from '../tensor/leaf.js';
import { ndarray } from '../tensor/ndarray.js';
import { leaves, mapTree, type Tree } from '../tensor/tree.js';
import type { Batch } from './objective.js';
import { ofEachRow, squaredRowGradients } from './row-squares.js';

/**
 * A curvature matrix of a batch as graphs: the mean over its rows, without the weight decay. It is defined once, here; operators,
 * estimators and optimizers take the same value.
 */
export interface CurvatureMatrix {
  /** Tells its programs from those of other matrices. */
  readonly name: string;
  /** The matrix is of targets that are drawn from the model's own distribution, in the place of the data's. */
  readonly drawn?: boolean;
  /** The product with v, which is shaped like the weights, as the result is. */
  product(batch: Batch, v: readonly Tensor[]): readonly Tensor[];
  /** The diagonal for some of the weights, exact in one pass. The model must treat rows independently (no batch statistics). */
  diagonal?(batch: Batch, chosen: readonly Tensor[]): readonly Tensor[];
  /** Derivatives of so many scalars a row are held for the diagonal. */
  scalars?(batch: Batch): number;
}

export const weightsOf = (batch: Batch): Tensor[] => leaves(batch.weights).map(([, t]) => t);

/** Tensors in the order of the weights, in their nesting: results of a program by the parameters' names. */
export function inNesting(batch: Batch, tensors: readonly Tensor[]): Tree<Tensor> {
  let next = 0;
  return mapTree(batch.weights, () => tensors[next++]!);
}

const zerosLike = (t: Tensor): Tensor => full(0, t.dtype).expand(t.shape);

/**
 * The Hessian ∇²L, exact (Pearlmutter 1994). A product costs about two gradients, the dense matrix n products.
 * @example
 * const operator = curvatureOperator(objective.at(theta), hessianMatrix);
 * const step = newton({ curvature: gaussNewtonMatrix }); // optimizers take matrices too
 */
export const hessianMatrix: CurvatureMatrix = {
  name: 'Hessian',
  product: (batch, v) => hvp(batch.loss, weightsOf(batch), [...v], { unreachable: 'zero' }),
};

/**
 * The generalised Gauss-Newton matrix Jᵀ·H_L·J of the model's outputs (Schraudolph 2002), positive semi-definite for convex losses, and for
 * the losses of `nn` except Huber's the true Fisher matrix. For residuals with f = Σ rᵢ² it is 2·JᵀJ. A product costs about one forward
 * pass, one JVP and one VJP.
 * @throws InputError for a plain function without residuals, which has no outputs.
 * @example
 * const { matrix } = await densePoint(objective, gaussNewtonMatrix, theta);
 * symmetricEigenvalues(matrix)[0]! > -1e-6; // true
 */
export const gaussNewtonMatrix: CurvatureMatrix = {
  name: 'Gauss-Newton',
  product: (batch, v) => ggnvp(batch.loss, batch.outputs, weightsOf(batch), [...v], { unreachable: 'zero' }),
  // Σₑ Jᵀe ⊙ JᵀHe over the unit vectors e of a row's outputs: two backward passes for each.
  diagonal: (batch, chosen) =>
    ofEachRow(batch, (row) => {
      const map = linearize([row.outputs], chosen);
      const back = (u: Tensor): Tensor[] => map.transpose([u]).map((t, i) => t ?? zerosLike(chosen[i]!));
      const terms = vmap((e: Tensor) => {
        const curved = back(row.hessianProduct(e));
        return back(e).map((left, i) => left.mul(curved[i]!));
      })(unitsOf(row.outputs));
      return terms.map((t) => t.sum([0]));
    }).map((t) => t.mean([0])),
  scalars: ({ outputs, rows }) => outputs.size / rows,
};

/** The unit vectors of the outputs of a row. */
function unitsOf(outputs: Tensor): Tensor {
  const n = outputs.size;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * (n + 1)] = 1;
  return constant(ndarray(outputs.dtype, data, [n, n])).reshape([n, ...outputs.shape]);
}

/**
 * (1/B) Σᵢ gᵢ gᵢᵀ v over the gradients gᵢ of the B rows' losses, each as if alone in its batch, where `loss` is their mean: Jᵀ u with
 * uᵢ = B ∇ᵢ(∇ᵢ·(J v)ᵢ) from the gradient ∇ of the loss by the outputs. No gradient of a row is formed. Rows must not enter each other's outputs.
 */
function secondMoment(batch: Batch, loss: Tensor, v: readonly Tensor[]): Tensor[] {
  const { outputs, rows } = batch;
  const weights = weightsOf(batch);
  const map = linearize([outputs], weights);
  const moved = map.apply([...v])[0] ?? zerosLike(outputs);
  const slope = grad(loss, outputs, { unreachable: 'zero' }).reshape([rows, outputs.size / rows]);
  const along = slope.mul(moved.reshape(slope.shape)).sum([1], true);
  const products = map.transpose([slope.mul(along).mul(rows).reshape(outputs.shape)]);
  return weights.map((t, i) => products[i] ?? zerosLike(t));
}

/** m of one row. */
const normalizerOfRow = ({ normalizer, rows }: Batch): number => normalizer / rows;

const scaledBy = (factor: number, tensors: readonly Tensor[]): Tensor[] => tensors.map((t) => t.mul(factor));

/** (1/N) Σᵢ gᵢ gᵢᵀ over the gradients of the rows' losses, not centred and not scaled: see `gradientCovarianceOperator`. */
export const secondMomentMatrix: CurvatureMatrix = {
  name: 'second moment',
  product: (batch, v) => secondMoment(batch, batch.loss, v),
  diagonal: (batch, chosen) =>
    scaledBy(
      1 / batch.rows,
      squaredRowGradients(batch, ({ loss }) => loss, chosen),
    ),
  scalars: () => 1,
};

/**
 * The empirical Fisher matrix (m/N) Σᵢ ∇ℓᵢ ∇ℓᵢᵀ over the rows with the targets of the data, m the loss's normaliser for one row: scaled
 * as the true Fisher matrix is, which it only resembles (Kunstner, Hennig and Balles 2019). A product costs about as much as one with the
 * Gauss-Newton matrix. The model must treat rows independently (no batch statistics).
 * @example
 * const diagonal = await curvatureOperator(objective.at(theta), empiricalFisherMatrix).diagonal();
 */
export const empiricalFisherMatrix: CurvatureMatrix = {
  name: 'empirical Fisher',
  product: (batch, v) => scaledBy(normalizerOfRow(batch), secondMoment(batch, batch.score, v)),
  diagonal: (batch, chosen) =>
    scaledBy(
      normalizerOfRow(batch) / batch.rows,
      squaredRowGradients(batch, ({ score }) => score, chosen),
    ),
  scalars: () => 1,
};

/**
 * A Monte Carlo estimate of the Fisher matrix: the empirical Fisher matrix of targets that are drawn from the model's own distribution, once
 * for an operator and once a step by an optimizer. Its expectation is the Fisher matrix, which equals the Gauss-Newton matrix for the losses of `nn` except Huber's.
 * @example
 * const operator = curvatureOperator(objective.at(theta), sampledFisherMatrix, { generator: generator(0), samples: 4 });
 */
export const sampledFisherMatrix: CurvatureMatrix = { ...empiricalFisherMatrix, name: 'sampled Fisher', drawn: true };
