import { describe, expect, it } from 'vitest';
import '../../src/ops/index.js';
import { InputError, input, type Tensor } from '../../src/tensor/index.js';

const t = input('t', 'f32', [2, 3]);
/** A tensor as plain JavaScript sees it. */
const loose: unknown = t;

describe('a tensor in an expression of JavaScript', () => {
  it.each<[string, () => unknown]>([
    ['-t', () => -(loose as number)],
    ['t + 1', () => (loose as number) + 1],
    ['t * t', () => (loose as number) * (loose as number)],
    ['t > 0', () => (loose as number) > 0],
    // biome-ignore lint/suspicious/noDoubleEquals: the coercion is what is tested
    ['t == 0', () => (loose as number) == 0],
    ['Math.exp(t)', () => Math.exp(loose as number)],
  ])('%s throws what to write', (_, expression) => {
    expect(expression).toThrow(InputError);
    expect(expression).toThrow(
      /^"t" \(f32 \[2, 3\]\) is symbolic.*t\.neg\(\), t\.add\(u\), t\.mul\(2\), t\.greater\(0\)/,
    );
  });

  it('is described in texts', () => {
    expect(`${t}`).toBe('"t" (f32 [2, 3])');
    expect(String(t.exp())).toBe('result of exp (f32 [2, 3])');
    expect([t, t.sum()].join(' and ')).toBe('"t" (f32 [2, 3]) and result of sum (f32 [])');
  });

  it('keeps its identity', () => {
    const found: readonly Tensor[] = [t];
    expect(found.includes(t)).toBe(true);
    expect(t === loose).toBe(true);
    expect(new Map([[t, 1]]).get(t)).toBe(1);
  });
});
