import { FIRST, GRADIENT, PARAMETERS, setting } from './blocks';
import { storeTwo, two } from './single';

/** AdaGrad: with g ← g + decay·p: s ← s + g², p ← p − rate·g/(√s + ε), each rounded once. Settings: decay, rate, ε. */
export function adagradSingle(n: i32): void {
  const decay = setting(0);
  const rate = setting(1);
  const epsilon = setting(2);
  const end = (<usize>n) << 2;
  for (let i: usize = 0; i < end; i += 8) {
    const p = two(i + PARAMETERS);
    const g = f64x2.add(two(i + GRADIENT), f64x2.mul(decay, p));
    const s = f64x2.add(two(i + FIRST), f64x2.mul(g, g));
    storeTwo(i + FIRST, s);
    const scale = f64x2.add(f64x2.sqrt(s), epsilon);
    storeTwo(i + PARAMETERS, f64x2.sub(p, f64x2.div(f64x2.mul(rate, g), scale)));
  }
}
