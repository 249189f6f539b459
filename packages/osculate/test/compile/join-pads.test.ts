import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { prepareGraph } from '../../src/compile/evaluate.js';
import { compile } from '../../src/compile/index.js';
import { input, type Tensor, topological } from '../../src/tensor/index.js';

const x = input('x', 'f64', [2, 6]);
const y = input('y', 'f64', [2, 2]);

function evaluate(t: Tensor): number[] {
  const out = new Float64Array(t.size);
  const ramp = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => Math.sin(i + 1));
  prepareGraph({ inputs: [x, y], outputs: [t] })([ramp(12), ramp(4)], [out]);
  return Array.from(out);
}

function optimized(t: Tensor): string[] {
  const result = compile(t).outputs.value!;
  expect(evaluate(result)).toEqual(evaluate(t));
  return topological([result])
    .filter((n) => n.inputs.length > 0)
    .map((n) => n.op.name);
}

const place = (t: Tensor, at: number): Tensor => t.pad([0, at], [0, 6 - at - t.shape[1]!]);

describe('a sum of padded pieces', () => {
  it('that fill an axis is their concatenation, in any order', () => {
    const [p, q, r] = [y.sin(), y.cos(), y.exp()];
    const sum = place(q, 2).add(place(r, 4)).add(place(p, 0));
    expect(optimized(sum)).toEqual(expect.arrayContaining(['sin', 'cos', 'exp', 'concat']));
    expect(optimized(sum)).toHaveLength(4);
  });
  it('keeps what does not touch', () => {
    expect(optimized(place(y, 0).add(place(y.exp(), 4)))).toEqual(expect.arrayContaining(['pad', 'exp', 'pad', 'add']));
    expect(optimized(place(y, 0).add(place(y.exp(), 1)))).toContain('add');
  });
  it('keeps the other terms', () => {
    expect(optimized(place(y, 0).add(x).add(place(y.exp(), 2)))).toEqual(['exp', 'concat', 'pad', 'add']);
  });
  it('that are not zero outside is left alone', () => {
    const filled = y.pad([0, 0], [0, 4], 1);
    expect(optimized(filled.add(place(y, 2)))).toEqual(['pad', 'pad', 'add']);
  });
  it('comes from slices: the gradient of a function of pieces has no padding', () => {
    const [i, f, g] = x.split(3, 1) as [Tensor, Tensor, Tensor];
    const ops = topological([compile(grad(i.mul(f.sin()).mul(g.exp()).sum(), x)).outputs.value!]).map((n) => n.op.name);
    expect(ops).toContain('concat');
    expect(ops).not.toContain('pad');
  });
});
