import { expect } from 'vitest';

export type Values = ArrayLike<number>;

export function largest(values: Values): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i]!)) most = Math.max(most, Math.abs(values[i]!));
  return most;
}

/** Largest difference; infinite where only one side is finite or the signs of infinities differ, 0 for two NaN. */
export function distance(actual: Values, wanted: Values): number {
  if (actual.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    const [a, w] = [actual[i]!, wanted[i]!];
    if (Object.is(a, w) || a === w) continue;
    const d = Math.abs(a - w);
    worst = Math.max(worst, Number.isNaN(d) ? Number.POSITIVE_INFINITY : d);
  }
  return worst;
}

const show = (v: Values): string => {
  const head = Array.from({ length: Math.min(v.length, 8) }, (_, i) => v[i]!.toPrecision(10)).join(', ');
  return v.length > 8 ? `${head}, … (${v.length})` : head;
};

/** Fails unless |actual − wanted| ≤ tolerance · scale everywhere; the scale is the largest wanted value, at least `floor`. */
export function expectClose(
  what: string,
  actual: Values,
  wanted: Values,
  tolerance: number,
  floor = Number.MIN_VALUE,
): void {
  const limit = tolerance * Math.max(largest(wanted), floor);
  const worst = distance(actual, wanted);
  if (worst <= limit) return;
  expect.fail(`${what}: off by ${worst} (limit ${limit})\n  actual ${show(actual)}\n  wanted ${show(wanted)}`);
}

/** Σ aᵢ·bᵢ and Σ |aᵢ·bᵢ|, over several arrays. */
export function inner(a: readonly Values[], b: readonly Values[]): { sum: number; size: number } {
  let [sum, size] = [0, 0];
  a.forEach((x, k) => {
    for (let i = 0; i < x.length; i++) {
      const p = x[i]! * b[k]![i]!;
      sum += p;
      size += Math.abs(p);
    }
  });
  return { sum, size };
}
