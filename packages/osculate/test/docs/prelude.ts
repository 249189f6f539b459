/**
 * What the examples of docstrings take for granted, beside the names of the library: a small data set, a model, a run, functions, files. Files lie in the
 * folder that the examples run in.
 */
import { writeFileSync } from 'node:fs';
import ort from 'onnxruntime-node';
import {
  dense,
  exportOnnx,
  fitModel,
  fn,
  generator,
  type NDArray,
  ndarray,
  referenceExecutor,
  sequential,
  softmaxCrossEntropy,
  stack,
  type TensorsOf,
  tanh,
  vectorFn,
  writeNpy,
} from 'osculate';
import { encodeModel } from 'osculate/onnx';

/** ONNX Runtime's module: `import ort from 'onnxruntime-node'`, or `import * as ort from 'onnxruntime-web'` in a browser. */
export { ort };

/** Points in the plane, `[20, 2]`, and their classes, `[20]`: is the point right of the middle? */
const points = Array.from({ length: 20 }, (_, i) => [Math.sin(7 * i), Math.cos(5 * i)]);
export const x: NDArray = ndarray('f32', points);
export const y: NDArray = ndarray(
  'i32',
  points.map(([a]) => (a! > 0 ? 1 : 0)),
);

/** A classifier of two features, and a short training of it. */
export const executor = referenceExecutor();
export const net = sequential([dense(2, 4), tanh(), dense(4, 2)]);
export const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), steps: 3, executor, progress: false });
export const { objective } = run;
/** The parameters as one vector, and a direction of the same length. */
export const theta = objective.layout.flat(run.parameters);
export const direction = Float64Array.from(theta, (_, i) => Math.cos(i));

/** Rosenbrock's function, and the residuals of which it is the sum of squares. */
export const rosenbrock = fn((x) => x.at(1).sub(x.at(0).square()).square().mul(100).add(x.at(0).sub(1).square()));
export const residuals = vectorFn((x) => stack([x.at(1).sub(x.at(0).square()).mul(10), x.at(0).neg().add(1)]));

writeFileSync('x.npy', writeNpy(x));
writeFileSync('y.npy', writeNpy(y));
await run.save('net.safetensors');
/** A model in two parts, `body` and `head`. */
const [body, head] = [dense(2, 4), dense(4, 2)];
const parts = { body: body.init(generator(0)), head: head.init(generator(1)) };
const whole = exportOnnx((w: TensorsOf<typeof parts>, { x }) => head.apply(w.head, body.apply(w.body, x!).tanh()), {
  parameters: parts,
  inputs: { x: { shape: ['N', 2] } },
});
writeFileSync('model.onnx', encodeModel(whole));
/** Five black images of 28 × 28 pixels and their classes, in the format of MNIST. */
const images = new Uint8Array(16 + 5 * 28 * 28);
images.set([0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 28, 0, 0, 0, 28]);
writeFileSync('train-images-idx3-ubyte', images);
writeFileSync('train-labels-idx1-ubyte', Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 5, 7, 2, 1, 0, 4));
