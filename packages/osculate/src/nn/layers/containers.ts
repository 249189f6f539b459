import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { sameShape, showShape } from '../../tensor/shape.js';
import { children, type Tree } from '../../tensor/tree.js';
import type { AnyLayer, Layer, Parameters } from '../layer.js';

/**
 * Layers one after another. A list names parameters by position (`0.weight`, as PyTorch's Sequential); an object by its
 * keys, in their order.
 */
export function sequential(layers: readonly AnyLayer[] | Readonly<Record<string, AnyLayer>>): Layer {
  const named = Object.entries(layers);
  const wrap = <T>(values: readonly T[]): Tree<T> =>
    (Array.isArray(layers) ? values : Object.fromEntries(named.map(([name], i) => [name, values[i]!]))) as Tree<T>;
  return {
    init: (generator, dtype = 'f32') => wrap(named.map(([, layer]) => layer.init(generator, dtype))) as Parameters,
    apply: (weights, x, context) => {
      const own = new Map(children<Tensor>(weights));
      return named.reduce((value, [name, layer]) => {
        const found = own.get(name);
        if (found === undefined) throw new InputError(`sequential: there are no weights for layer "${name}"`);
        return layer.apply(found, value, context);
      }, x);
    },
  };
}

/** x + layer(x); shapes must agree. */
export function residual<P extends Parameters>(layer: Layer<P>): Layer<P> {
  return {
    init: (generator, dtype) => layer.init(generator, dtype),
    apply: (weights, x, context) => {
      const change = layer.apply(weights, x, context);
      // Addition would broadcast, which is never meant here.
      if (!sameShape(change.shape, x.shape)) {
        throw new ShapeError(`residual: the layer turns ${describe(x)} into shape ${showShape(change.shape)}`);
      }
      return x.add(change);
    },
  };
}
