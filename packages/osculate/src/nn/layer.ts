import type { Tensor } from '../tensor/ir.js';
import type { NDArray } from '../tensor/ndarray.js';
import type { TensorsOf } from '../tensor/parameters.js';
import type { Generator } from '../tensor/random.js';
import type { Tree } from '../tensor/tree.js';
import type { Context } from './context.js';

/** Initial values of a layer's parameters. Layouts and names are PyTorch's, so that weights can be exchanged. */
export type Parameters = Tree<NDArray>;

export type FloatDType = 'f32' | 'f64';

/**
 * A layer: a description, not a container. `init` draws its parameters; `apply` builds its graph on symbolic weights of the
 * same nesting. It holds no state.
 */
export interface Layer<P extends Parameters = Parameters> {
  /** Draws initial parameters. */
  init(generator: Generator, dtype?: FloatDType): P;
  /** The layer's output for input `x`. @throws ShapeError when x does not fit; the layer and both shapes are named. */
  apply(weights: TensorsOf<P>, x: Tensor, context?: Context): Tensor;
}

/** A layer of any parameters, as containers take it: every `Layer` is one. */
export interface AnyLayer {
  init(generator: Generator, dtype?: FloatDType): Parameters;
  apply(weights: Tree<Tensor>, x: Tensor, context?: Context): Tensor;
}
