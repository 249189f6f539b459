import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { scan, whileLoop } from '../../src/ops/index.js';
import { DerivativeError, DTypeError, InputError, input, ShapeError } from '../../src/tensor/index.js';

const h = input('h', 'f32', [2]);
const x = input('x', 'f32', [5, 2]);

describe('scan refuses', () => {
  it('a carry that changes its shape', () => {
    const grow = () => scan(([s], [xt]) => ({ carry: [s!.add(xt!).sum()], y: [] }), [h], [x]);
    expect(grow).toThrow(ShapeError);
    expect(grow).toThrow(/carry 0 starts with shape \[2\].*f32 \[\]/);
  });
  it('a carry that changes its dtype', () => {
    const change = () => scan(([s]) => ({ carry: [s!.cast('f64')], y: [] }), [h], [x]);
    expect(change).toThrow(DTypeError);
    expect(change).toThrow(/carry 0 starts as f32/);
  });
  it('another number of carries', () => {
    const drop = () => scan(() => ({ carry: [], y: [] }), [h], [x]);
    expect(drop).toThrow(InputError);
    expect(drop).toThrow(/returns 0 carries, but there are 1/);
  });
  it('slices of different lengths', () => {
    const other = input('other', 'f32', [4, 2]);
    const run = () => scan(([s]) => ({ carry: [s!], y: [] }), [h], [x, other]);
    expect(run).toThrow(ShapeError);
    expect(run).toThrow(/"other" \(f32 \[4, 2\]\).*"x"/);
  });
  it('a length that does not fit', () => {
    expect(() => scan(([s]) => ({ carry: [s!], y: [] }), [h], [x], { length: 3 })).toThrow(/"x".*length 3/);
  });
  it('a scalar among the slices', () => {
    const scalar = input('scalar', 'f32', []);
    expect(() => scan(([s]) => ({ carry: [s!], y: [] }), [h], [scalar])).toThrow(/"scalar".*no leading axis/);
  });
  it('an unknown or impossible length', () => {
    const step = ([s]: readonly (typeof h)[]) => ({ carry: [s!], y: [] });
    expect(() => scan(step, [h], [])).toThrow(/pass \{ length \}/);
    expect(() => scan(step, [h], [], { length: -1 })).toThrow(InputError);
    expect(() => scan(step, [h], [], { length: 1.5 })).toThrow(/length 1\.5/);
  });
});

describe('while refuses', () => {
  const stay = ([s]: readonly (typeof h)[]) => [s!];
  it('a condition that is not one bool', () => {
    expect(() => whileLoop(([s]) => s!, stay, [h])).toThrow(/condition must give a bool scalar.*f32 \[2\]/);
    expect(() => whileLoop(([s]) => s!.less(1), stay, [h])).toThrow(ShapeError);
  });
  it('carries that change', () => {
    const small = ([s]: readonly (typeof h)[]) => s!.sum().less(1);
    expect(() => whileLoop(small, ([s]) => [s!.sum()], [h])).toThrow(ShapeError);
    expect(() => whileLoop(small, () => [], [h])).toThrow(InputError);
    expect(() => whileLoop(small, stay, [h], { maxIterations: -1 })).toThrow(/maxIterations -1/);
  });
  it('reverse mode, and says what to do', () => {
    const [end] = whileLoop(
      ([s]) => s!.sum().less(1),
      ([s]) => [s!.mul(2)],
      [h],
    );
    expect(() => grad(end!.sum(), h)).toThrow(DerivativeError);
    expect(() => grad(end!.sum(), h)).toThrow(/use scan with a fixed length/);
  });
});
