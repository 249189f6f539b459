/** A loss and a layer of your own: one function, one plain object. */
import { dense, fitModel, gaussNewtonCg, type Layer, type NDArray, ndarray, sequential, type Tensor } from 'osculate';

interface Swish {
  readonly beta: NDArray;
}
const swish: Layer<Swish> = {
  init: (_, dtype = 'f32') => ({ beta: ndarray(dtype, [1]) }),
  apply: ({ beta }, x) => x.mul(x.mul(beta).sigmoid()),
};
const logCosh = (output: Tensor, target: Tensor) => output.sub(target).cosh().log().mean();

const x = Array.from({ length: 100 }, (_, i) => [i / 50 - 1]);
const y = x.map(([t = 0]) => [Math.sin(4 * t)]);
const net = sequential([dense(1, 16), swish, dense(16, 1)]);
const run = await fitModel(net, { x, y, loss: logCosh, optimizer: gaussNewtonCg(), epochs: 40 });
console.log(run.history.map(({ loss }) => loss.toExponential(1)).join(' '));
