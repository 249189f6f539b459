import { ggnvp } from '../../autodiff/index.js';
import { ggnDiagonal } from './ggn-diagonal.js';
import type { LinearOperator } from './linear-operator.js';
import type { CurvatureModel } from './model.js';
import { type ProductGraph, productsOperator } from './vector-products.js';

const ggnProduct: ProductGraph = ({ loss, outputs, weights }, v) =>
  ggnvp(loss, outputs, weights, v, { unreachable: 'zero' });

/**
 * The generalised Gauss-Newton matrix Jᵀ H_L J of the mean loss over the whole data set (Schraudolph 2002), which for the losses of
 * `nn` except Huber's is the true Fisher. A product costs about one forward pass, one JVP and one VJP. The
 * diagonal is exact in one pass for a model that treats rows independently (no batch statistics).
 */
export function ggnOperator(model: CurvatureModel): LinearOperator {
  return productsOperator(model, 'GGN', ggnProduct, {
    diagonal: async () => {
      const { slots, size } = model.layout;
      const named = await ggnDiagonal(
        model,
        slots.map(({ name }) => name),
      );
      const flat = new Float64Array(size);
      for (const { name, offset } of slots) flat.set(named[name]!, offset);
      return flat;
    },
  });
}
