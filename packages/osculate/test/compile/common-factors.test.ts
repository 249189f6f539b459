import { describe, expect, it } from 'vitest';
import { grad, hvp } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import '../../src/ops/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { input, type Tensor, topological } from '../../src/tensor/index.js';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => input(name, 'f64', [2, 3])) as [Tensor, Tensor, Tensor, Tensor];
const random = (seed: number): Float64Array => Float64Array.from({ length: 6 }, (_, i) => Math.sin(7 * i + seed));
const feeds = { a: random(1), b: random(2), c: random(3), d: random(4) };

/** How many products a compiled program takes. */
function products(outputs: Record<string, Tensor>): number {
  const program = compile(outputs);
  return topological(Object.values(program.outputs)).filter((n) => n.op.name === 'mul').length;
}

async function valuesOf(y: Tensor, optimize: boolean): Promise<number[]> {
  const executable = await referenceExecutor().load(compile({ y }, { optimize, inputs: [a, b, c, d] }));
  return Array.from((await executable.run(feeds)).y!.data as Float64Array);
}

describe('common factors of two products', () => {
  it.each<[string, () => Tensor, number]>([
    ['a·b + a·c', () => a.mul(b).add(a.mul(c)), 1],
    ['a·b − c·a', () => a.mul(b).sub(c.mul(a)), 1],
    [
      'a·b·c + d·(b·a)',
      () =>
        a
          .mul(b)
          .mul(c)
          .add(d.mul(b.mul(a))),
      2,
    ],
    ['a·a·b − a·a·c', () => a.mul(a.mul(b)).sub(a.mul(a.mul(c))), 2],
    ['(a·b − a·c)·d + d·b', () => a.mul(b).sub(a.mul(c)).mul(d).add(d.mul(b)), 2],
    ['no common factor', () => a.mul(b).add(c.mul(d)), 2],
    ['a·b + a·b·c, where one product is all common', () => a.mul(b).add(a.mul(c.mul(b))), 3],
  ])('%s', async (_, build, expected) => {
    expect(products({ y: build() })).toBe(expected);
    const [plain, optimized] = [await valuesOf(build(), false), await valuesOf(build(), true)];
    optimized.forEach((v, i) => {
      expect(v).toBeCloseTo(plain[i]!, 14);
    });
  });

  it('stay where a product is read elsewhere as well', () => {
    const ab = a.mul(b);
    expect(products({ y: ab.mul(c).add(ab.mul(d)), ab })).toBe(2);
    const [p, q] = [a.mul(c), a.mul(d)];
    expect(products({ y: p.add(q), p, q })).toBe(2);
  });
});

describe('gelu and its derivatives', () => {
  it('take one erf and one exp together', () => {
    const slope = grad(a.gelu().sum(), a);
    const curvature = hvp(a.gelu().sum(), a, b);
    const program = compile({ y: a.gelu(), slope, curvature });
    const names = topological(Object.values(program.outputs)).map((n) => n.op.name);
    expect(names.filter((n) => n === 'erf' || n === 'exp').sort()).toEqual(['erf', 'exp']);
    expect(names.filter((n) => n.startsWith('gelu'))).toEqual([]);
  });
});
