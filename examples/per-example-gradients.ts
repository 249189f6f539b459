/** Gradients of single examples in one batched program, by vmap of grad. */
import { fn, grad, vmap } from 'osculate';

// Linear regression: the gradient of example i is 2 (w·xᵢ − yᵢ) xᵢ.
const loss = fn((w, x, y) => w.dot(x).sub(y).square());
const [w, xs, ys] = [
  [1, -1, 2],
  [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [1, 1, 1],
  ],
  [0, 0, 0, 0],
];
const { data } = await vmap(grad(loss), [null, 0, 0])(w, xs, ys);
for (let i = 0; i < 4; i++) console.log(`example ${i}: ${data.slice(3 * i, 3 * i + 3).join(', ')}`);
