import { expect, describe as group, it } from 'vitest';
import '../../src/ops/index.js';
import { describe, requireFloat, sameDType } from '../../src/tensor/describe.js';
import { dependents } from '../../src/tensor/graph.js';
import { constant, DTypeError, full, InputError, input, topological } from '../../src/tensor/index.js';
import { constantValue, inputName, isConstant, isInput, splat } from '../../src/tensor/leaf.js';
import { substitute } from '../../src/tensor/substitute.js';

const x = input('x', 'f64', [2, 3]);
const y = input('y', 'f64', [3]);

group('graphs', () => {
  it('lists every node once, after what it reads', () => {
    const a = x.add(y);
    const out = a.mul(a).add(x);
    const order = topological([out, a]);
    expect(order.map((n) => n.op.name)).toEqual(['input', 'input', 'add', 'mul', 'add']);
    const at = new Map(order.map((n, i) => [n, i]));
    for (const n of order) for (const t of n.inputs) expect(at.get(t.node)!).toBeLessThan(at.get(n)!);
  });

  it('does not go past the tensors at which to stop', () => {
    const a = x.add(y);
    expect(topological([a.mul(a)], new Set([a])).map((n) => n.op.name)).toEqual(['mul']);
    expect(topological([a], new Set([a]))).toEqual([]);
  });

  it('walks a chain of 20,000 nodes', () => {
    let t = x;
    for (let i = 0; i < 20_000; i++) t = t.add(x);
    expect(topological([t])).toHaveLength(20_001);
  });

  it('finds what depends on a tensor', () => {
    const a = x.add(1);
    const b = y.mul(2);
    const c = a.add(b);
    expect(dependents([c], [x])).toEqual(new Set([x, a, c]));
    expect(dependents([c], [b])).toEqual(new Set([b, c]));
  });

  it('substitutes tensors and shares what does not depend on them', () => {
    const shared = y.mul(2);
    const out = x.add(shared).mul(shared);
    const other = input('other', 'f64', [2, 3]);
    const [replaced, same] = substitute([out, shared], [x], [other]);
    expect(topological([replaced!]).map((n) => n.outputs[0])).toEqual(expect.arrayContaining([other, shared]));
    expect(topological([replaced!]).map((n) => n.outputs[0])).not.toContain(x);
    expect(same).toBe(shared);
    expect(substitute([x], [x], [other])).toEqual([other]);
  });

  it('freezes the outputs of a node', () => {
    expect(Object.isFrozen(x.add(y).node.outputs)).toBe(true);
  });
});

group('leaves', () => {
  it('tells inputs from constants', () => {
    const c = constant([[1, 2]], 'f32');
    expect([isInput(x), isConstant(x), isInput(c), isConstant(c)]).toEqual([true, false, false, true]);
    expect(inputName(x)).toBe('x');
    expect(constantValue(c)).toEqual({ dtype: 'f32', shape: [1, 2], data: Float32Array.of(1, 2) });
    expect([x.rank, x.size, full(1, 'f64').size]).toEqual([2, 6, 1]);
  });

  it('finds the number that a constant holds everywhere', () => {
    expect(splat(full(3, 'f64', [2, 2]))).toBe(3);
    expect(splat(full(3, 'i64'))).toBe(3);
    expect(splat(constant([1, 2], 'f64'))).toBeUndefined();
    expect(splat(full(1, 'f64', [0]))).toBeUndefined();
    expect(splat(x)).toBeUndefined();
    expect(splat(constant([0, -0], 'f64'))).toBeUndefined();
    expect(splat(full(Number.NaN, 'f64', [2]))).toBeNaN();
  });

  it('refuses what has no meaning', () => {
    expect(() => full(0.5, 'i32')).toThrow(InputError);
    expect(() => full(0.5, 'i32')).toThrow('0.5 is not an integer, but the dtype is i32');
    expect(() => input('w', 'f32', [-2])).toThrow('input "w": dimension -2');
  });
});

group('describe', () => {
  it('names inputs, and results by their op', () => {
    expect(describe(x)).toBe('"x" (f64 [2, 3])');
    expect(describe(x.add(y))).toBe('result of add (f64 [2, 3])');
  });

  it('says which tensors have the wrong dtype or rank', () => {
    const i = input('i', 'i64', [2]);
    expect(() => sameDType('add', x, i)).toThrow(DTypeError);
    expect(() => sameDType('add', x, i)).toThrow(
      `add: dtypes differ: "x" (f64 [2, 3]) against "i" (i64 [2]); convert one with cast('f64')`,
    );
    expect(() => requireFloat('tanh', x, i)).toThrow(`tanh: needs f32 or f64, got "i" (i64 [2])`);
  });
});
