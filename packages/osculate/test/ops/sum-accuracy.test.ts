import { afterAll, expect, it } from 'vitest';
import { compile } from '../../src/compile/index.js';
import '../../src/ops/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { input, ndarray, toNumbers } from '../../src/tensor/index.js';

const executor = ortExecutor({ threads: 1 });
afterAll(async () => (await executor).dispose());

// One term after the other, each of these would be off by 1e-5 to 1e-3.
it.each([
  ['a vector', [1 << 20], [0]],
  ['a vector of prime length', [1048583], [0]],
  ['rows', [32768, 8], [0]],
  ['axes apart', [64, 4, 1024], [0, 2]],
])('a long float32 sum keeps its digits: %s', async (_, shape, axes) => {
  const x = input('x', 'f32', shape);
  const program = compile({ y: x.sum(axes) });
  const values = ndarray('f32', new Float32Array(x.size).fill(0.1), shape);
  const executable = await (await executor).load(program);
  const { y } = await executable.run({ x: values });
  const wanted = Math.fround(0.1) * (x.size / y!.data.length);
  for (const v of toNumbers(y!)) expect(Math.abs(v / wanted - 1)).toBeLessThan(3e-6);
});
