import { expect, it } from 'vitest';
import { grad } from '../../src/autodiff/first-order.js';
import { vmap } from '../../src/autodiff/vmap.js';
import { compile } from '../../src/compile/index.js';
import '../../src/ops/index.js';
import { input, type Tensor, topological } from '../../src/tensor/index.js';

/** Shapes of the operands of every product in the compiled graph. */
function productsOf(y: Tensor): string[] {
  const { outputs } = compile({ y });
  return topological(Object.values(outputs))
    .filter((n) => n.op.name === 'matmul')
    .map((n) => n.inputs.map((t) => `[${t.shape.join(', ')}]`).join(' × '));
}

const x = input('x', 'f32', [8, 5, 3]);

it('the gradient of a weight that all time steps share is one product', () => {
  const w = input('w', 'f32', [3, 4]);
  expect(productsOf(grad(x.matmul(w).tanh().sum(), w))).toEqual(['[40, 3] × [3, 4]', '[40, 3] × [40, 4]']);
});

it('so it is when the shared matrix stands at the left', () => {
  const w = input('w', 'f32', [4, 5]);
  expect(productsOf(grad(w.matmul(x).tanh().sum(), w))).toContain('[4, 24] × [5, 24]');
});

it('a batch of vectors meets a shared matrix in one product', () => {
  const w = input('w', 'f32', [4, 3]);
  const v = input('v', 'f32', [8, 3]);
  expect(productsOf(vmap((e: Tensor) => w.matmul(e))(v))).toEqual(['[8, 3] × [4, 3]']);
});
