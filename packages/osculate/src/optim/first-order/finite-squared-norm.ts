import { squaresByFour } from '../../linalg/kernels/elementwise.js';
import type { Vector } from '../objective.js';

/** The squares of the first `whole` elements, a multiple of 4, in four sums: one would wait for each addition. */
function fourSums(v: Vector, whole: number): readonly [number, number, number, number] {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += v[i]! * v[i]!;
    b += v[i + 1]! * v[i + 1]!;
    c += v[i + 2]! * v[i + 2]!;
    d += v[i + 3]! * v[i + 3]!;
  }
  return [a, b, c, d];
}

/** ‖v‖², or undefined when an element is not finite (or too large for its square to be). */
export function finiteSquaredNorm(v: Vector): number | undefined {
  const whole = v.length & ~3;
  let [a, b, c, d] = squaresByFour(v, whole) ?? fourSums(v, whole);
  for (let i = whole; i < v.length; i++) a += v[i]! * v[i]!;
  const sum = a + b + (c + d);
  return Number.isFinite(sum) ? sum : undefined;
}
