import { describe, expect, it } from 'vitest';
import { prepareGraph } from '../../src/compile/evaluate.js';
import { compile } from '../../src/compile/index.js';
import '../../src/ops/index.js';
import { generator, input, type Tensor, topological } from '../../src/tensor/index.js';

const a = input('a', 'f64', [5, 4, 3]);
const b = input('b', 'f64', [5, 4, 6]);
const at = input('at', 'f64', [5, 3, 4]);
const c = input('c', 'f64', [2, 5, 4, 3]);
const d = input('d', 'f64', [2, 5, 4, 6]);
const inputs = [a, b, at, c, d];

function evaluate(t: Tensor): Float64Array {
  const random = generator(1);
  const out = new Float64Array(t.size);
  prepareGraph({ inputs, outputs: [t] })(
    inputs.map((x) => Float64Array.from({ length: x.size }, () => random.uniform() - 0.5)),
    [out],
  );
  return out;
}

/** The optimised graph, which computes the same, and the names of its ops without views. */
function optimized(t: Tensor): string[] {
  const result = compile(t).outputs.value!;
  const [actual, expected] = [evaluate(result), evaluate(t)];
  actual.forEach((v, i) => void expect(v).toBeCloseTo(expected[i]!, 12));
  return topological([result])
    .filter((n) => n.inputs.length > 0)
    .map((n) => n.op.name)
    .filter((name) => name !== 'reshape');
}

describe('the sum of a stack of products', () => {
  it('is one product without copies when the contracted axes come first', () => {
    expect(optimized(a.product(b, true).sum(0))).toEqual(['matmul']);
  });
  it('is one product of rearranged operands otherwise', () => {
    expect(optimized(at.product(b).sum(0))).toEqual(['transpose', 'matmul']);
  });
  it('keeps the batch axes that are not summed', () => {
    expect(optimized(c.product(d, true).sum(0))).toEqual(['transpose', 'transpose', 'matmul']);
    expect(optimized(c.product(d, true).sum([0, 1]))).toEqual(['matmul']);
    expect(optimized(c.product(d, true).sum(1))).toEqual(['matmul']);
  });
  it('is taken apart where the products are added', () => {
    expect(optimized(a.product(b, true).sub(a.exp().product(b, true)).sum(0))).toEqual([
      'matmul',
      'exp',
      'matmul',
      'sub',
    ]);
    expect(optimized(a.product(b, true).add(at.product(b).tanh()).sum(0))).toContain('sum');
  });
  it('stays where an operand is shared by the stack, or a row or column is summed', () => {
    expect(optimized(a.product(b.slice([0], [1]), true).sum(0))).toEqual(['slice', 'matmul', 'sum']);
    expect(optimized(a.product(b, true).sum([0, 1]))).toEqual(['matmul', 'sum']);
  });
  it('stays where rearranging would cost more than the stack', () => {
    const wide = a.reshape([5, 2, 6]);
    expect(optimized(wide.product(wide, false, true).sum(0))).toContain('sum');
  });
});
