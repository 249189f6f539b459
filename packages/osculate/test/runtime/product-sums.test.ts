import { describe, expect, it } from 'vitest';
import '../../src/ops/index.js';
import { compile } from '../../src/compile/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { lowerProgram } from '../../src/runtime/ort/lower.js';
import type { Tensor } from '../../src/tensor/ir.js';
import { input, inputName } from '../../src/tensor/leaf.js';
import { ndarray } from '../../src/tensor/ndarray.js';
import { generator } from '../../src/tensor/random.js';

const dtype = 'f64';
const [a, b, c, d] = [
  input('a', dtype, [3, 4]),
  input('b', dtype, [4, 2]),
  input('c', dtype, [2, 4]),
  input('d', dtype, [3, 4]),
];
const [bias, full, column] = [input('bias', dtype, [2]), input('full', dtype, [3, 2]), input('column', dtype, [3, 1])];
const all = [a, b, c, d, bias, full, column];

const ab = (): Tensor => a.matmul(b);
const dc = (): Tensor => d.matmul(c.transpose([1, 0]));
const shared = ab();
const twice = full.add(bias);

/** Expressions, and the nodes that they are written as. */
const cases: Record<string, [Record<string, Tensor>, string[]]> = {
  'a bias': [{ y: ab().add(bias) }, ['Gemm']],
  'a column': [{ y: column.add(ab()) }, ['Gemm']],
  'a scalar': [{ y: ab().add(2) }, ['Gemm']],
  'two products': [{ y: ab().add(dc()) }, ['MatMul', 'Gemm']],
  'two products and two more terms': [{ y: ab().add(full).add(dc().add(bias)) }, ['Add', 'Gemm', 'Gemm']],
  'a product that is an output itself': [{ y: shared.add(full), z: shared }, ['Add', 'MatMul']],
  'a product that others read': [{ y: shared.add(full).add(shared) }, ['Add', 'Add', 'MatMul']],
  'a product that is broadcast': [{ y: a.slice([0, 0], [1, 4]).matmul(b).add(full) }, ['Add', 'MatMul', 'Slice']],
  'a sum that others read': [{ y: ab().add(twice), z: twice.mul(twice) }, ['Add', 'Gemm', 'Mul']],
  'a sum of sums that others read': [{ y: dc().add(ab().add(bias)), z: ab().add(bias).exp() }, ['Exp', 'Gemm', 'Gemm']],
};

describe('sums with products of matrices', () => {
  const random = generator(7);
  const feeds = Object.fromEntries(
    all.map((t) => {
      const data = Float64Array.from({ length: t.size }, () => random.normal());
      return [inputName(t), ndarray(dtype, data, t.shape)];
    }),
  );
  it.each(Object.entries(cases))('%s', async (_, [outputs, nodes]) => {
    const program = compile(outputs);
    const written = lowerProgram(program).model.graph!.node.map((n) => n.opType);
    expect(written.toSorted()).toEqual(nodes.toSorted());
    const needed = Object.fromEntries(program.inputs.map((t) => [inputName(t), feeds[inputName(t)]!]));
    const [reference, ort] = [referenceExecutor(), await ortExecutor()];
    const [expected, found] = await Promise.all(
      [reference, ort].map(async (executor) => (await executor.load(program)).run(needed as never)),
    );
    for (const name of Object.keys(outputs)) {
      const want = expected![name]!.data as Float64Array;
      for (const [i, v] of (found![name]!.data as Float64Array).entries()) expect(v).toBeCloseTo(want[i]!, 12);
    }
    await ort.dispose();
  });
});
