import { FIRST, GRADIENT, PARAMETERS, SECOND, setting } from './blocks';
import { storeTwo, two } from './single';

/**
 * RMSProp: with g ← g + decay·p: s ← αs + (1 − α)g², b ← μb + g/(√s + ε), p ← p − rate·b, each rounded once; s lies in the first block of the
 * state, b in the second. Settings: decay, α, 1 − α, μ, ε, rate.
 */
export function rmspropSingle(n: i32): void {
  const decay = setting(0);
  const keep = setting(1);
  const take = setting(2);
  const momentum = setting(3);
  const epsilon = setting(4);
  const rate = setting(5);
  const end = (<usize>n) << 2;
  for (let i: usize = 0; i < end; i += 8) {
    const p = two(i + PARAMETERS);
    const g = f64x2.add(two(i + GRADIENT), f64x2.mul(decay, p));
    const s = f64x2.add(f64x2.mul(keep, two(i + FIRST)), f64x2.mul(f64x2.mul(take, g), g));
    const direction = f64x2.div(g, f64x2.add(f64x2.sqrt(s), epsilon));
    const b = f64x2.add(f64x2.mul(momentum, two(i + SECOND)), direction);
    storeTwo(i + FIRST, s);
    storeTwo(i + SECOND, b);
    storeTwo(i + PARAMETERS, f64x2.sub(p, f64x2.mul(rate, b)));
  }
}
