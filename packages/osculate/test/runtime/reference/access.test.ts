import { describe, expect, it } from 'vitest';
import { type Access, compose, reshapeAccess } from '../../../src/runtime/reference/access.js';

/** A [2, 3] storage read as its transpose [3, 2]. */
const turned: Access = { offset: 0, strides: [1, 3] };

describe('compose', () => {
  it('takes a column of a transpose', () => {
    expect(compose(turned, [3, 2], { offset: 1, strides: [2] }, [3])).toEqual({ offset: 3, strides: [1] });
  });

  it('flips an axis of a transpose', () => {
    const map = { offset: 4, strides: [-2, 1] };
    expect(compose(turned, [3, 2], map, [3, 2])).toEqual({ offset: 2, strides: [-1, 3] });
  });

  it('gives up on a move that leaves its axis', () => {
    expect(compose(turned, [3, 2], { offset: 1, strides: [1] }, [2])).toBeNull();
  });

  it('gives up on a move along no axis', () => {
    expect(compose(turned, [3, 2], { offset: 0, strides: [3] }, [2])).toBeNull();
  });
});

describe('reshapeAccess', () => {
  it('splits an axis', () => {
    expect(reshapeAccess({ offset: 5, strides: [2] }, [6], [3, 2])).toEqual({ offset: 5, strides: [4, 2] });
  });

  it('merges axes that follow each other in memory only', () => {
    expect(reshapeAccess({ offset: 0, strides: [12, 4, 1] }, [2, 3, 4], [6, 4])).toEqual({
      offset: 0,
      strides: [4, 1],
    });
    expect(reshapeAccess(turned, [3, 2], [6])).toBeNull();
  });
});
