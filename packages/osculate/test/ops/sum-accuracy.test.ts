import { afterAll, expect, it } from 'vitest';
import { compile } from '../../src/compile/index.js';
import '../../src/ops/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { lowerProgram } from '../../src/runtime/ort/lower.js';
import { generator, input, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.js';

const executor = ortExecutor({ threads: 1 });
afterAll(async () => (await executor).dispose());

/** The sum over `axes` as ONNX Runtime computes it. */
async function summed(x: Tensor, axes: readonly number[] | undefined, data: Float32Array): Promise<number[]> {
  const executable = await (await executor).load(compile({ y: x.sum(axes) }));
  const { y } = await executable.run({ x: ndarray('f32', data, x.shape) });
  return toNumbers(y!);
}

// One term after the other, each of these would be off by 1e-5 to 1e-3.
it.each([
  ['a vector', [1 << 20], undefined],
  ['a vector of prime length', [1048583], [0]],
  ['all axes', [129, 127, 130], undefined],
  ['rows', [32768, 8], [0]],
  ['the first axes', [100, 100, 3], [0, 1]],
  ['the last axes', [3, 100, 1000], [1, 2]],
  ['axes in between', [2, 100, 100, 3], [1, 2]],
  ['axes apart', [64, 4, 1024], [0, 2]],
])('a long float32 sum keeps its digits: %s', async (_, shape, axes) => {
  const x = input('x', 'f32', shape);
  const sums = await summed(x, axes, new Float32Array(x.size).fill(0.1));
  const wanted = Math.fround(0.1) * (x.size / sums.length);
  for (const v of sums) expect(Math.abs(v / wanted - 1)).toBeLessThan(3e-6);
});

const nodesOf = (shape: readonly number[], axes: readonly number[]): (string | undefined)[] => {
  const program = compile({ y: input('x', 'f32', shape).sum(axes) });
  return lowerProgram(program).model.graph!.node.map((n) => n.opType);
};

it('the rows of a matrix are added up as a product with ones where that is faster', async () => {
  expect(nodesOf([256, 64], [0])).toEqual(['MatMul']);
  expect(nodesOf([64, 10], [0])).toEqual(['ReduceSum']);
  expect(nodesOf([256, 64], [1])).toEqual(['ReduceSum']);
  expect(nodesOf([16, 16, 64], [0])).toEqual(['ReduceSum']);

  const [rows, columns] = [300, 70];
  const x = input('x', 'f32', [rows, columns]);
  const random = generator(5);
  const data = Float32Array.from({ length: x.size }, () => random.normal());
  const sums = await summed(x, [0], data);
  expect(sums).toHaveLength(columns);
  for (let j = 0; j < columns; j++) {
    let [wanted, size] = [0, 0];
    for (let i = 0; i < rows; i++) {
      wanted += data[i * columns + j]!;
      size += Math.abs(data[i * columns + j]!);
    }
    expect(Math.abs(sums[j]! - wanted)).toBeLessThan(2e-6 * size);
  }
});
