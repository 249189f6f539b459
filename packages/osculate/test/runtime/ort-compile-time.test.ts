import { expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autodiff/first-order.js';
import { compile } from '../../src/compile/index.js';
import { transformerBlock } from '../../src/nn/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import type { Tensor } from '../../src/tensor/ir.js';
import { input } from '../../src/tensor/leaf.js';
import { parameters } from '../../src/tensor/parameters.js';
import { generator } from '../../src/tensor/random.js';

it('loads the gradient of a Transformer of 12 layers within a second of processor time', async () => {
  const block = transformerBlock(64, 4);
  const weights = Array.from({ length: 12 }, (_, i) => parameters(block.init(generator(i)), `block${i}`));
  const x = input('x', 'f32', [2, 32, 64]);
  const y = weights.reduce<Tensor>((h, w) => block.apply(w, h), x);
  const program = compile(valueAndGrad(y.mul(y).sum(), weights));
  const executor = await ortExecutor();
  const start = process.cpuUsage();
  await executor.load(program);
  const { user, system } = process.cpuUsage(start);
  await executor.dispose();
  expect(Object.keys(program.outputs).length).toBeGreaterThan(12 * 12);
  expect((user + system) / 1000).toBeLessThan(1000);
});
