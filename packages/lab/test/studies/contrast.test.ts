import { describe, expect, it } from 'vitest';
import { confidence, contrast } from '../../src/studies/contrast.js';

const failed = Number.POSITIVE_INFINITY;

describe('two optimizers over the same seeds', () => {
  it('differ by a factor whose interval is that of the logarithms', () => {
    const found = contrast(
      [
        [1, 2],
        [2, 4],
        [4, 8],
      ],
      'ratio',
      'lower',
    );
    expect(found).toMatchObject({ seeds: 3, wins: 3, losses: 0, pairs: 3, p: 0.25, test: 'permutation' });
    for (const end of Object.values(found.interval!)) expect(end).toBeCloseTo(0.5, 12);
    expect(confidence(found)).toBe('consistent');
  });

  it('are compared by signs where a run failed', () => {
    const found = contrast(
      [
        [1, failed],
        [2, failed],
        [1, 2],
        [3, 2],
      ],
      'ratio',
      'lower',
    );
    // P(X ≤ 1) of a binomial with n = 4, p = ½ is 5/16.
    expect(found).toMatchObject({ wins: 3, losses: 1, pairs: 2, p: 10 / 16, test: 'sign' });
    expect(confidence(found)).toBe('none');
  });

  it('of a measure that is better when higher win by more', () => {
    const six = Array.from({ length: 6 }, (_, i) => [0.9 + i / 100, 0.8] as const);
    expect(contrast(six, 'difference', 'higher')).toMatchObject({ wins: 6, losses: 0, p: 2 / 64 });
    expect(confidence(contrast(six, 'difference', 'higher'))).toBe('shown');
    expect(contrast(six, 'difference', 'lower')).toMatchObject({ wins: 0, losses: 6 });
  });

  it('of which both always fail are not told apart', () => {
    expect(contrast([[failed, failed]], 'ratio', 'lower')).toMatchObject({ wins: 0, losses: 0, p: 1 });
  });

  it('of two seeds are never shown to differ', () => {
    expect(
      confidence(
        contrast(
          [
            [1, 9],
            [1, 8],
          ],
          'ratio',
          'lower',
        ),
      ),
    ).toBe('none');
  });
});
