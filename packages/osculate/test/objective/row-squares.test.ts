import { expect, it } from 'vitest';
import { flatten } from '../../src/autodiff/dense.js';
import { grad, vmap } from '../../src/autodiff/index.js';
import { conv2d, dense, flatten as flattenLayer, sequential, softmaxCrossEntropy, tanh } from '../../src/nn/index.js';
import { type Batch, supervisedObjective } from '../../src/objective/index.js';
import { weightsOf } from '../../src/objective/matrices.js';
import { squaredRowGradients } from '../../src/objective/row-squares.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, ndarray } from '../../src/tensor/index.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { relativeError } from './support.js';

const sums = (batch: Batch) => ({
  sums: flatten(squaredRowGradients(batch, ({ loss }) => loss, weightsOf(batch))),
});

/** The gradients of all rows. */
const gradients = (batch: Batch) => ({
  gradients: vmap((inputs: Batch['inputs'], targets: Batch['targets']) =>
    flatten(grad(batch.row(inputs, targets).loss, weightsOf(batch))),
  )({ ...batch.inputs }, { ...batch.targets }),
});

it.each([
  ['dense layers', sequential([dense(4, 5), tanh(), dense(5, 3)]), [6, 4]],
  ['a convolution', sequential([conv2d(1, 2, 2), flattenLayer(), dense(8, 3)]), [5, 1, 3, 3]],
] as const)('the sum of the squared gradients of rows of %s equals the loop over rows', async (_, layer, shape) => {
  const random = generator(9);
  const parameters = layer.init(random, 'f64');
  const x = ndarray(
    'f64',
    Float64Array.from({ length: sizeOf(shape) }, () => random.normal()),
    shape,
  );
  const y = ndarray(
    'i32',
    Array.from({ length: shape[0] }, () => random.integer(3)),
  );
  const loss = softmaxCrossEntropy();
  const objective = supervisedObjective({
    executor: referenceExecutor(),
    ...{ model: layer.apply, loss, parameters, x, y },
  });
  const [at, rows] = [objective.layout.flat(parameters), [...Array(shape[0]).keys()]];
  const { sums: fast } = await objective.run('sums', sums, at, rows);
  const { gradients: each } = await objective.run('gradients', gradients, at, rows);
  const slow = new Float64Array(at.length);
  each!.data.forEach((v: number | bigint, k: number) => {
    slow[k % at.length]! += Number(v) ** 2;
  });
  expect(relativeError(fast!.data as Float64Array, slow)).toBeLessThan(1e-12);
});
