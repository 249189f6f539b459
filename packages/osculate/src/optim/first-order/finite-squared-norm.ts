import type { Vector } from '../objective.js';

/** ‖v‖², or undefined when an element is not finite (or too large for its square to be). Four sums: one would wait for each addition. */
export function finiteSquaredNorm(v: Vector): number | undefined {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = v.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += v[i]! * v[i]!;
    b += v[i + 1]! * v[i + 1]!;
    c += v[i + 2]! * v[i + 2]!;
    d += v[i + 3]! * v[i + 3]!;
  }
  for (let i = whole; i < v.length; i++) a += v[i]! * v[i]!;
  const sum = a + b + (c + d);
  return Number.isFinite(sum) ? sum : undefined;
}
