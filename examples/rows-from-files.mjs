/**
 * Trains a model with two inputs and two outputs on rows that are read from files, as data larger than memory are, and looks at its
 * curvature over all of them. Run after `npm run build`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator, ndarray } from 'osculate';
import { curvatureOperator, eigenpairs } from 'osculate/curvature';
import { writeNpy } from 'osculate/data';
import { dense, softmaxCrossEntropy, squaredError } from 'osculate/nn';
import { fileSource, ortExecutor } from 'osculate/node';
import { gaussNewtonMatrix, supervisedObjective } from 'osculate/objective';
import { adam, train } from 'osculate/optim';

const random = generator(1);
const rows = 5000;
const columns = { width: 3, height: 2, price: 1 };
const folder = await mkdtemp(join(tmpdir(), 'osculate-rows-'));
for (const [name, size] of Object.entries(columns)) {
  const values = Float32Array.from({ length: rows * size }, () => random.normal());
  await writeFile(join(folder, `${name}.npy`), writeNpy(ndarray('f32', values, [rows, size])));
}
const kinds = Int32Array.from({ length: rows }, () => random.integer(4));
await writeFile(join(folder, 'kind.npy'), writeNpy(ndarray('i32', kinds, [rows])));

const layers = { width: dense(3, 8), height: dense(2, 8), price: dense(8, 1), kind: dense(8, 4) };
const parameters = {
  width: layers.width.init(random),
  height: layers.height.init(random),
  price: layers.price.init(random),
  kind: layers.kind.init(random),
};
const executor = await ortExecutor();
const file = (name) => join(folder, `${name}.npy`);
const data = await fileSource({
  width: file('width'),
  height: file('height'),
  price: file('price'),
  kind: file('kind'),
});
const objective = supervisedObjective({
  executor,
  data,
  targets: ['price', 'kind'],
  parameters,
  model: (weights, { width, height }) => {
    const hidden = layers.width.apply(weights.width, width).add(layers.height.apply(weights.height, height)).tanh();
    return { price: layers.price.apply(weights.price, hidden), kind: layers.kind.apply(weights.kind, hidden) };
  },
  loss: { price: squaredError(), kind: { loss: softmaxCrossEntropy(), weight: 0.5 } },
});

let theta = objective.layout.flat(parameters);
for await (const { event } of train({ objective, optimizer: adam(), parameters: theta, seed: 0, steps: 60 })) {
  if (event.step % 20 === 0) console.log(`step ${event.step}: loss ${event.loss.toFixed(4)}`);
  theta = event.parameters;
}
const matrix = curvatureOperator(objective.at(theta), gaussNewtonMatrix);
const { values } = await eigenpairs(matrix, { generator: generator(0), count: 3 });
console.log(`largest eigenvalues of the Gauss-Newton matrix: ${Array.from(values, (v) => v.toFixed(4)).join(', ')}`);
await objective.dispose();
await data.dispose?.();
await executor.dispose();
await rm(folder, { recursive: true });
