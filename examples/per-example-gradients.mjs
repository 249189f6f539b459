/** Gradients of single examples in one batched program, by vmap of grad. Run after `npm run build`. */
import { compile, grad, input, toNumbers, vmap } from 'osculate';
import { referenceExecutor } from 'osculate/runtime';

// Linear regression: the gradient of example i is 2 (w·xᵢ − yᵢ) xᵢ.
const w = input('w', 'f64', [3]);
const xs = input('xs', 'f64', [4, 3]);
const ys = input('ys', 'f64', [4]);
const gradients = vmap((/** @type {import('osculate').Tensor} */ x, /** @type {import('osculate').Tensor} */ y) =>
  grad(w.mul(x).sum().sub(y).square(), w),
)(xs, ys);

const executable = await referenceExecutor().load(compile({ gradients }));
const { gradients: result } = await executable.run({
  w: Float64Array.of(1, -1, 2),
  xs: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1),
  ys: Float64Array.of(0, 0, 0, 0),
});
for (let i = 0; i < 4; i++)
  console.log(
    `example ${i}: ${toNumbers(result)
      .slice(3 * i, 3 * i + 3)
      .join(', ')}`,
  );
