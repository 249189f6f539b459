import { describe, expect, it } from 'vitest';
import { ggn, hessian } from '../../../src/autodiff/index.js';
import { curvatureOperator, gradientCovarianceOperator, type LinearOperator } from '../../../src/curvature/index.js';
import type { Matrix } from '../../../src/linalg/index.js';
import {
  conv2d,
  dense,
  flatten,
  type Loss,
  lstm,
  maxPool2d,
  relu,
  sequential,
  sigmoid,
  softmaxCrossEntropy,
  squaredError,
  tanh,
} from '../../../src/nn/index.js';
import { asLoss } from '../../../src/nn/losses/custom.js';
import {
  empiricalFisherMatrix,
  gaussNewtonMatrix,
  hessianMatrix,
  sampledFisherMatrix,
} from '../../../src/objective/matrices.js';
import { generator, leaves, type NDArray } from '../../../src/tensor/index.js';
import {
  distance,
  type ModelOptions,
  outerProducts,
  pointOf,
  rowGradients,
  smallModel,
  wholeBatch,
} from './support.js';

const ROWS = 7;

const models: Record<string, ModelOptions> = {
  'dense classifier': smallModel({
    layer: sequential([dense(4, 5), tanh(), dense(5, 3)]),
    loss: softmaxCrossEntropy(),
    x: [ROWS, 4],
    y: [ROWS],
    classes: 3,
  }),
  'regression with several outputs': smallModel({
    layer: sequential([dense(3, 4), sigmoid(), dense(4, 2)]),
    loss: squaredError(),
    x: [ROWS, 3],
    y: [ROWS, 2],
  }),
  'convolution and pooling': smallModel({
    layer: sequential([conv2d(1, 2, 3), relu(), maxPool2d(2), flatten(), dense(8, 3)]),
    loss: softmaxCrossEntropy(),
    x: [ROWS, 1, 6, 6],
    y: [ROWS],
    classes: 3,
  }),
  'recurrent regression': smallModel({
    layer: sequential([lstm(2, 3, { output: 'last' }), dense(3, 2)]),
    loss: squaredError({ reduction: 'examples' }),
    x: [ROWS, 4, 2],
    y: [ROWS, 2],
  }),
};

/** The data in uneven batches, and vectors both together and alone. */
const streamed = (options: ModelOptions) => pointOf({ ...options, chunk: 3 });
const vectors = 4;

async function expectMatrix(operator: LinearOperator, truth: Matrix): Promise<void> {
  const actual = await operator.toDense();
  expect(distance(actual.data, truth.data)).toBeLessThan(1e-9);
  const diagonal = Float64Array.from({ length: truth.rows }, (_, i) => truth.data[i * (truth.rows + 1)]!);
  expect(distance(await operator.diagonal(), diagonal)).toBeLessThan(1e-9);
  const trace = diagonal.reduce((sum, x) => sum + x, 0);
  expect(Math.abs((await operator.trace()) - trace)).toBeLessThan(1e-9 * Math.abs(trace));
  expect(operator.transpose()).toBe(operator);
}

/** A loss that notes what it samples. */
function recording(loss: Loss): { readonly loss: Loss; readonly drawn: NDArray[] } {
  const drawn: NDArray[] = [];
  const sample: Loss['sample'] = (outputs, random) => {
    const targets = loss.sample(outputs, random);
    drawn.push(targets);
    return targets;
  };
  return { loss: { ...loss, sample }, drawn };
}

describe.each(Object.entries(models))('%s: operators over batches equal the dense matrix within 1e-9', (_, options) => {
  it('Hessian', async () => {
    const truth = await wholeBatch(options, ({ loss, weights }) =>
      hessian(
        loss,
        leaves(weights).map(([, t]) => t),
      ),
    );
    await expectMatrix(curvatureOperator(streamed(options), hessianMatrix, { vectors }), truth);
  });

  it('GGN', async () => {
    const truth = await wholeBatch(options, ({ loss, outputs, weights }) => ggn(loss, outputs, weights));
    await expectMatrix(curvatureOperator(streamed(options), gaussNewtonMatrix, { vectors }), truth);
  });

  it('gradient covariance', async () => {
    const gradients = await rowGradients(options);
    const mean = gradients[0]!.map((_, i) => gradients.reduce((sum, g) => sum + g[i]!, 0) / ROWS);
    const centred = gradients.map((g) => g.map((x, i) => x - mean[i]!));
    await expectMatrix(gradientCovarianceOperator(streamed(options), { vectors }), outerProducts(centred, 1 / ROWS));
  });

  it('empirical and sampled Fisher', async () => {
    const { normalizer } = streamed(options).objective.batch(1);
    const gradients = await rowGradients(options);
    await expectMatrix(
      curvatureOperator(streamed(options), empiricalFisherMatrix, { vectors }),
      outerProducts(gradients, normalizer / ROWS),
    );
    const { loss, drawn } = recording(asLoss(options.loss));
    const fisher = curvatureOperator(streamed({ ...options, loss }), sampledFisherMatrix, {
      generator: generator(5),
      samples: 2,
      vectors,
    });
    await fisher.apply(new Float64Array(fisher.size));
    // Batches of 3, 3 and 1 rows, two samples of each.
    expect(drawn.map(({ shape }) => shape[0])).toEqual([3, 3, 3, 3, 1, 1]);
    const sampled: Float64Array[] = [];
    for (const sample of [0, 1]) {
      const parts = drawn.filter((_, i) => i % 2 === sample);
      const data = parts.flatMap((part) => Array.from(part.data as Float64Array));
      const targets = { ...parts[0]!, shape: options.y.shape, data: Float64Array.from(data) } as NDArray;
      const typed = parts[0]!.dtype === 'i32' ? { ...targets, data: Int32Array.from(data) } : targets;
      sampled.push(...(await rowGradients(options, typed as NDArray)));
    }
    await expectMatrix(fisher, outerProducts(sampled, normalizer / (2 * ROWS)));
  });
});

it.each(['dense classifier', 'regression with several outputs'])(
  '%s: the sampled Fisher goes to the GGN as one over the root of the samples',
  async (name) => {
    const options = models[name]!;
    const random = generator(6);
    const ggnOf = curvatureOperator(pointOf(options), gaussNewtonMatrix);
    const vectors = Array.from({ length: 8 }, () => Float64Array.from({ length: ggnOf.size }, () => random.normal()));
    const truth = await ggnOf.applyBatch(vectors);
    const meanSquare = async (samples: number): Promise<number> => {
      let sum = 0;
      for (let seed = 0; seed < 10; seed++) {
        const fisher = curvatureOperator(pointOf(options), sampledFisherMatrix, {
          generator: generator(seed),
          samples,
        });
        (await fisher.applyBatch(vectors)).forEach((product, k) => {
          sum += distance(product, truth[k]!) ** 2 / 80;
        });
      }
      return sum;
    };
    const [few, many] = [await meanSquare(4), await meanSquare(32)];
    expect(many / few).toBeLessThan(1 / 5);
    expect(many / few).toBeGreaterThan(1 / 13);
    expect(many).toBeLessThan(0.1);
  },
);
