import { describe, expect, it } from 'vitest';
import { ggn, hessian } from '../../src/autodiff/index.js';
import { dense, type Loss, sequential, softmaxCrossEntropy, squaredError, tanh } from '../../src/nn/index.js';
import { allRows, densePoint } from '../../src/objective/index.js';
import {
  type CurvatureMatrix,
  empiricalFisherMatrix,
  gaussNewtonMatrix,
  hessianMatrix,
  secondMomentMatrix,
} from '../../src/objective/matrices.js';
import { matrixProducts } from '../../src/objective/products.js';
import { leaves } from '../../src/tensor/index.js';
import {
  distance,
  type ModelOptions,
  outerProducts,
  pointOf,
  rowGradients,
  smallModel,
  wholeBatch,
} from '../curvature/operators/support.js';

const rows = 7;
const weightDecay = 0.2;
const small = (loss: Loss, y: number[], classes?: number): ModelOptions => ({
  ...smallModel({
    layer: sequential([dense(3, 4), tanh(), dense(4, 2)]),
    loss,
    x: [rows, 3],
    y,
    ...(classes !== undefined && { classes }),
  }),
  chunk: 3,
});
const problems: Record<string, ModelOptions> = {
  regression: small(squaredError(), [rows, 2]),
  classifier: small(softmaxCrossEntropy(), [rows], 2),
};

/** A with the weight decay on its diagonal. */
function decayed(data: Float64Array, decay: number): Float64Array {
  const n = Math.sqrt(data.length);
  return data.map((v, i) => v + (i % (n + 1) === 0 ? decay : 0));
}

/** The true matrix, without the weight decay. */
async function truthOf(matrix: CurvatureMatrix, options: ModelOptions): Promise<Float64Array> {
  if (matrix === hessianMatrix) {
    const list = ({ loss, weights }: Parameters<Parameters<typeof wholeBatch>[1]>[0]) =>
      hessian(
        loss,
        leaves(weights).map(([, t]) => t),
      );
    return (await wholeBatch(options, list)).data;
  }
  if (matrix === gaussNewtonMatrix) {
    return (await wholeBatch(options, ({ loss, outputs, weights }) => ggn(loss, outputs, weights))).data;
  }
  const { normalizer } = pointOf(options).objective.batch(1);
  const factor = matrix === empiricalFisherMatrix ? normalizer / rows : 1 / rows;
  return outerProducts(await rowGradients(options), factor).data;
}

describe.each(Object.entries(problems))('%s', (_, options) => {
  it.each([hessianMatrix, gaussNewtonMatrix, empiricalFisherMatrix, secondMomentMatrix])(
    '$name: products and the dense point are the matrix, with the weight decay',
    async (matrix) => {
      const data = await truthOf(matrix, options);
      for (const decay of [0, weightDecay]) {
        const at = pointOf({ ...options, weightDecay: decay });
        const truth = decayed(data, decay);
        const point = await densePoint(at.objective, matrix, at.parameters);
        expect(distance(point.matrix.data, truth)).toBeLessThan(1e-10);
        const n = at.parameters.length;
        const units = Array.from({ length: n }, (_unit, i) =>
          Float64Array.from({ length: n }, (_v, j) => Number(i === j)),
        );
        const together = await matrixProducts(at, matrix, { vectors: 4 }).applyBatch(units);
        for (const [i, column] of together.entries()) {
          const alone = await matrixProducts(at, matrix).apply(units[i]!);
          expect(distance(column, alone)).toBeLessThan(1e-13);
          expect(
            distance(
              alone,
              Float64Array.from({ length: n }, (_v, j) => truth[j * n + i]!),
            ),
          ).toBeLessThan(1e-10);
        }
      }
    },
  );

  it('value, gradient and Hessian of the dense point are the finite differences of the objective', async () => {
    const { objective, parameters } = pointOf({ ...options, weightDecay });
    const { value, gradient, matrix } = await densePoint(objective, hessianMatrix, parameters);
    const all = allRows(rows);
    expect(value).toBeCloseTo(await objective.value(parameters, all), 13);
    const h = 1e-5;
    const n = parameters.length;
    for (let i = 0; i < n; i++) {
      const moved = (by: number) => Float64Array.from(parameters, (v, j) => v + (i === j ? by : 0));
      const [up, down] = [
        await objective.valueAndGradient(moved(h), all),
        await objective.valueAndGradient(moved(-h), all),
      ];
      expect(Math.abs((up.value - down.value) / (2 * h) - gradient[i]!)).toBeLessThan(1e-8);
      const column = Float64Array.from({ length: n }, (_v, j) => (up.gradient[j]! - down.gradient[j]!) / (2 * h));
      expect(
        distance(
          column,
          Float64Array.from({ length: n }, (_v, j) => matrix.data[j * n + i]!),
        ),
      ).toBeLessThan(1e-6);
    }
  });
});
