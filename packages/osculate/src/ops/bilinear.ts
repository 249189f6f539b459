import type { Attrs, Op, Tensor } from '../tensor/ir.js';

/** The JVP rule of an op that is linear in each of its two inputs: f(tx, y) + f(x, ty). */
export function bilinearJvp<A extends Attrs>(f: (x: Tensor, y: Tensor, attrs: A) => Tensor): Op<A>['jvp'] {
  return ({ inputs: [x, y], attrs }, [tx, ty]) => {
    const terms = [...(tx ? [f(tx, y!, attrs)] : []), ...(ty ? [f(x!, ty, attrs)] : [])];
    return [terms.reduce((a, b) => a.add(b))];
  };
}
