import { GRADIENT, SETTINGS } from './blocks';
import { two } from './single';

/** Adds the squares of the first block, of a multiple of 4 elements, to four sums in the settings: that of element i to sum i mod 4. */
export function squaresSingle(n: i32): void {
  let low = v128.load(SETTINGS);
  let high = v128.load(SETTINGS, 16);
  const end = (<usize>n) << 2;
  for (let i: usize = 0; i < end; i += 16) {
    const a = two(i + GRADIENT);
    const b = two(i + GRADIENT + 8);
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  v128.store(SETTINGS, low);
  v128.store(SETTINGS, high, 16);
}
