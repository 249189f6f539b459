import { showValue } from '../tensor/check-value.js';
import { InputError } from '../tensor/errors.js';
import { Tensor } from '../tensor/ir.js';
import type { NDArray } from '../tensor/ndarray.js';
import { arrayTree, type TensorsOf } from '../tensor/parameters.js';
import type { Generator } from '../tensor/random.js';
import type { Tree } from '../tensor/tree.js';
import type { Context } from './context.js';

/** Initial values of a layer's parameters. Layouts and names are PyTorch's, so that weights can be exchanged. */
export type Parameters = Tree<NDArray>;

/** The dtypes of parameters. */
export type FloatDType = 'f32' | 'f64';

/**
 * A layer: a description, not a container. `init` draws its parameters; `apply` builds its graph on symbolic weights of the
 * same nesting. It holds no state. A layer of one's own is a plain object with these two functions; P, an interface or a type, nests arrays in
 * objects and lists.
 * @example
 * interface Scale { readonly scale: NDArray }
 * const scaled: Layer<Scale> = {
 *   init: (_, dtype = 'f32') => ({ scale: ndarray(dtype, [1]) }),
 *   apply: ({ scale }, x) => x.mul(scale),
 * };
 */
export interface Layer<P = Parameters> {
  /** What `summary` calls it: `dense(2, 32)`. */
  readonly label?: string;
  /** Draws initial parameters. */
  init(generator: Generator, dtype?: FloatDType): P;
  /** The layer's output for input `x`. @throws ShapeError when x does not fit; the layer and both shapes are named. */
  apply(weights: TensorsOf<P>, x: Tensor, context?: Context): Tensor;
}

/** A layer of any parameters: every `Layer` whose P has a type, not an interface, is one. */
export interface AnyLayer {
  /** What `summary` calls it. */
  readonly label?: string;
  /** Draws initial parameters. */
  init(generator: Generator, dtype?: FloatDType): Parameters;
  /** The layer's output for input `x`. */
  apply(weights: Tree<Tensor>, x: Tensor, context?: Context): Tensor;
}

/** A layer without parameters is a function of its input. */
export type LayerFunction = (x: Tensor) => Tensor;

interface Part {
  /** What `summary` calls it. */
  readonly label?: string;
  /** Draws initial parameters. */
  init(generator: Generator, dtype?: FloatDType): unknown;
  /** The layer's output for input `x`. */
  apply(weights: Tree<Tensor>, x: Tensor, context?: Context): Tensor;
}

/** What containers take: any `Layer`, or a function of a tensor. */
export type LayerLike = Part | LayerFunction;

/** The layer that a function is. */
export function layerOf(f: LayerFunction, label = f.name || 'function'): Layer<Record<string, never>> {
  return {
    label,
    init: () => ({}),
    apply: (_, x) => {
      const result: unknown = f(x);
      if (result instanceof Tensor) return result;
      throw new InputError(
        `the function ${label} returned ${showValue(result)}, and a layer gives a tensor; a layer that is made by a function is called: tanh()`,
      );
    },
  };
}

/** A layer whose `init` makes sure that it returns arrays. @throws InputError for what is no layer. */
export function asLayer(what: string, layer: LayerLike): AnyLayer {
  if (typeof layer === 'function') return layerOf(layer);
  if (typeof layer !== 'object' || layer === null || typeof layer.init !== 'function' || !('apply' in layer)) {
    throw new InputError(
      `${what} is not a layer: it must be an object { init(generator, dtype), apply(weights, x) } or a function of a tensor`,
    );
  }
  return {
    label: layer.label ?? 'layer',
    init: (generator, dtype) => arrayTree(what, layer.init(generator, dtype)),
    apply: (weights, x, context) => layer.apply(weights, x, context),
  };
}
