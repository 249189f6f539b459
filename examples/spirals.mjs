/** Trains a small network on two spirals by Hessian-free optimization on ONNX Runtime. Run after `npm run build`. */
import { generator, ndarray } from 'osculate';
import { dense, sequential, softmaxCrossEntropy, tanh } from 'osculate/nn';
import { ortExecutor } from 'osculate/node';
import { supervisedObjective } from 'osculate/objective';
import { hessianFree, train } from 'osculate/optim';

const random = generator(1);
const rows = Array.from({ length: 400 }, (_, i) => {
  const angle = 3 * Math.PI * Math.sqrt(random.uniform());
  const turn = i % 2 === 0 ? 0 : Math.PI;
  return { at: [(angle / 9) * Math.cos(angle + turn), (angle / 9) * Math.sin(angle + turn)], spiral: i % 2 };
});
const x = ndarray(
  'f32',
  rows.map((r) => r.at),
);
const y = ndarray(
  'i32',
  rows.map((r) => r.spiral),
);

const layer = sequential([dense(2, 32), tanh(), dense(32, 32), tanh(), dense(32, 2)]);
const parameters = layer.init(random);
const executor = await ortExecutor();
const objective = supervisedObjective({ executor, model: layer.apply, loss: softmaxCrossEntropy(), parameters, x, y });
const start = objective.layout.flat(parameters);

const optimizer = hessianFree({ damping: 1, curvatureRows: 400 });
for await (const { event } of train({ objective, optimizer, parameters: start, seed: 0, steps: 40 })) {
  const { cgIterations, damping } = event.details;
  console.log(
    `step ${event.step}: loss ${event.loss.toFixed(5)}, ${cgIterations} CG iterations, damping ${damping?.toPrecision(3)}`,
  );
}
await executor.dispose();
