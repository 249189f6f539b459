import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { sameShape, showShape } from '../../tensor/shape.js';
import { children } from '../../tensor/tree.js';
import { asLayer, type Layer, type LayerLike, type Parameters } from '../layer.js';

/**
 * Layers one after another; a function of a tensor is a layer without parameters. A list names parameters by position (`0.weight`, as
 * PyTorch's Sequential); an object by its keys, in their order.
 * @throws InputError for anything that is no layer.
 * @example
 * const net = sequential([dense(2, 32), tanh(), (x) => x.mul(2), dense(32, 2)]);
 */
export function sequential(layers: readonly LayerLike[] | Readonly<Record<string, LayerLike>>): Layer {
  if (typeof layers !== 'object' || layers === null) {
    throw new InputError('sequential: give the layers in a list, or in an object by their names');
  }
  const named = Object.entries(layers).map(([name, part]) => ({
    name,
    layer: asLayer(`sequential: layer "${name}"`, part),
  }));
  return {
    init: (generator, dtype = 'f32') => {
      const drawn = named.map(({ name, layer }): [string, Parameters] => [name, layer.init(generator, dtype)]);
      return Array.isArray(layers) ? drawn.map(([, parameters]) => parameters) : Object.fromEntries(drawn);
    },
    apply: (weights, x, context) => {
      const own = new Map(children<Tensor>(weights));
      return named.reduce((value, { name, layer }) => {
        const found = own.get(name);
        if (found === undefined) throw new InputError(`sequential: there are no weights for layer "${name}"`);
        return layer.apply(found, value, context);
      }, x);
    },
  };
}

/** x + layer(x); shapes must agree. */
export function residual<P>(layer: Layer<P>): Layer<P> {
  asLayer('residual: the argument', layer);
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
