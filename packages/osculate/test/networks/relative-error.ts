import { expect } from 'vitest';
import type { Named } from './reference.js';

/** ‖actual − expected‖ / ‖expected‖ over all expected arrays, which are looked up behind a prefix. */
export function relativeError(actual: Named, expected: Named, prefix: string): number {
  let [difference, size] = [0, 0];
  for (const [name, e] of Object.entries(expected)) {
    const a = actual[prefix + name]!;
    expect(a.shape).toEqual(e.shape);
    for (let i = 0; i < e.data.length; i++) {
      difference += (Number(a.data[i]) - Number(e.data[i])) ** 2;
      size += Number(e.data[i]) ** 2;
    }
  }
  return Math.sqrt(difference / size);
}
