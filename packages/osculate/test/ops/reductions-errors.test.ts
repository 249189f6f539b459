import { describe, expect, it } from 'vitest';
import { DTypeError, input, ShapeError } from '../../src/tensor/index.js';
import '../../src/ops/index.js';

const empty = input('x', 'f32', [0, 3]);
const mask = input('mask', 'bool', [2]);
const counts = input('counts', 'i32', [2]);

describe('errors of reductions', () => {
  it.each([
    ['mean', () => empty.mean(0), /mean over axes \[0\] of "x" \(f32 \[0, 3\]\): no elements/],
    ['max', () => empty.max(0), /max over axes \[0\] of "x" \(f32 \[0, 3\]\): no elements/],
    ['min', () => empty.min(), /min over axes \[0, 1\] of "x"/],
    ['argmax', () => empty.argmax(0), /argmax along axis 0 of "x"/],
    ['argmin', () => empty.argmin(0), /argmin along axis 0 of "x"/],
    ['logsumexp', () => empty.logsumexp(0), /no elements/],
  ])('%s over no elements', (_, f, message) => {
    expect(f).toThrow(ShapeError);
    expect(f).toThrow(message);
  });

  it.each([
    ['mean', () => counts.mean()],
    ['softmax', () => counts.softmax()],
    ['logSoftmax', () => counts.logSoftmax()],
    ['logsumexp', () => counts.logsumexp()],
    ['sum', () => mask.sum()],
    ['prod', () => mask.prod()],
    ['max', () => mask.max()],
    ['argmin', () => mask.argmin()],
    ['cumsum', () => mask.cumsum(0)],
  ])('%s of a dtype that it does not take', (name, f) => {
    expect(f).toThrow(DTypeError);
    expect(f).toThrow(new RegExp(`${name}.*(counts|mask)`));
  });

  it('axes out of range or twice', () => {
    expect(() => empty.sum(2)).toThrow(/sum: axis 2 is out of range for a tensor of rank 2/);
    expect(() => empty.prod([0, -2])).toThrow(/prod: axes \[0, 0\] repeat/);
    expect(() => empty.softmax(-3)).toThrow(ShapeError);
    expect(() => empty.cumsum(1.5)).toThrow(ShapeError);
  });
});
