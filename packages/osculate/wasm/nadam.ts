import { FIRST, GRADIENT, PARAMETERS, SECOND, setting } from './blocks';
import { storeTwo, two } from './single';

/**
 * NAdam: with g ← g + decay·p: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − rate·(a·g + b·m)/(√v·correction + ε), each rounded once.
 * Settings: decay, β₁, 1 − β₁, β₂, 1 − β₂, rate, a, b, correction, ε.
 */
export function nadamSingle(n: i32): void {
  const decay = setting(0);
  const keepFirst = setting(1);
  const takeFirst = setting(2);
  const keepSecond = setting(3);
  const takeSecond = setting(4);
  const rate = setting(5);
  const ofGradient = setting(6);
  const ofMomentum = setting(7);
  const correction = setting(8);
  const epsilon = setting(9);
  const end = (<usize>n) << 2;
  for (let i: usize = 0; i < end; i += 8) {
    const p = two(i + PARAMETERS);
    const g = f64x2.add(two(i + GRADIENT), f64x2.mul(decay, p));
    const m = f64x2.add(f64x2.mul(keepFirst, two(i + FIRST)), f64x2.mul(takeFirst, g));
    const v = f64x2.add(f64x2.mul(keepSecond, two(i + SECOND)), f64x2.mul(f64x2.mul(takeSecond, g), g));
    storeTwo(i + FIRST, m);
    storeTwo(i + SECOND, v);
    const direction = f64x2.add(f64x2.mul(ofGradient, g), f64x2.mul(ofMomentum, m));
    const scale = f64x2.add(f64x2.mul(f64x2.sqrt(v), correction), epsilon);
    storeTwo(i + PARAMETERS, f64x2.sub(p, f64x2.div(f64x2.mul(rate, direction), scale)));
  }
}
