import { expect, it } from 'vitest';
import { grad, hessian } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import '../../src/ops/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { input, toNumbers } from '../../src/tensor/index.js';

it.each(['norm', 'std'] as const)('the derivatives of %s are 0 where it is 0', (method) => {
  const x = input('x', 'f64', [3]);
  const value = x[method]();
  const program = referenceExecutor().loadSync(compile({ value, g: grad(value, x), h: hessian(value, x) }));
  const { value: at, g, h } = program.runSync({ x: method === 'norm' ? [0, 0, 0] : [2, 2, 2] });
  expect([...toNumbers(at), ...toNumbers(g), ...toNumbers(h)]).toEqual(new Array(13).fill(0));
});
