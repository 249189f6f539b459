import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant } from '../../tensor/leaf.js';
import { type NestedNumbers, ndarray, zeros } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import { sameShape } from '../../tensor/shape.js';
import {
  checkEach,
  checkFinite,
  checkLossOptions,
  checkShapes,
  checkWeights,
  divisor,
  type Loss,
  type Reduction,
} from './loss.js';

/** Options of a loss that is a sum over the elements of the outputs. */
export interface ElementwiseOptions {
  /** What the sum is divided by (default: the number of elements). */
  readonly reduction?: Reduction;
  /**
   * Weights ≥ 0 of the elements: numbers that broadcast to the outputs (one for each column, say), or a function of the targets that gives a
   * tensor of their shape. A mask is one of 0 and 1: `(y) => y.notEqual(-1)`. An element of weight 0 enters nothing, but counts in the divisor.
   */
  readonly weights?: readonly NestedNumbers[] | ((targets: Tensor) => Tensor);
}

/** What is to be known of one element: o an output, y its target. */
export interface ElementwiseParts {
  readonly name: string;
  /** −log p(y | o), up to a constant. */
  nll(o: Tensor, y: Tensor): Tensor;
  /** u·∂²nll/∂o². */
  hessianProduct(o: Tensor, y: Tensor, u: Tensor): Tensor;
  /** r with nll = r². */
  residuals?(o: Tensor, y: Tensor): Tensor;
  /** A target drawn for an output, the i-th. */
  draw(output: number, generator: Generator, i: number): number;
  /** Where the two above are of a likelihood with a weight that depends on the target: the weight, and the likelihood without it. */
  readonly unweighted?: { weight(y: Tensor): Tensor; nll(o: Tensor, y: Tensor): Tensor };
  /** Where an output says what its target is, as booleans: of what `accuracy` is the mean. */
  right?(o: Tensor, y: Tensor): Tensor;
  /** Targets that the loss is defined for. */
  readonly targets?: { fits(value: number): boolean; readonly needs: string };
}

const total = (t: Tensor, w: Tensor | null, m: number): Tensor => (w ? t.mul(w) : t).sum().mul(1 / m);

/** The weights as a tensor of the outputs' shape or that broadcasts to it. */
function weigher(what: string, weights: ElementwiseOptions['weights']): ((o: Tensor, y: Tensor) => Tensor) | null {
  if (weights === undefined) return null;
  if (typeof weights === 'function') {
    return (o, y) => {
      const w = weights(y);
      if (sameShape(w.shape, y.shape)) return w.cast(o.dtype);
      throw new ShapeError(
        `${what}: the weights are ${describe(w)}; they must have the shape of targets ${describe(y)}`,
      );
    };
  }
  if (!Array.isArray(weights)) throw new InputError(`${what}: weights must be numbers in a list, or a function`);
  checkWeights(what, 'weights', weights.flat(Infinity));
  const array = ndarray('f64', weights);
  return (o) => constant(ndarray(o.dtype, array.data, array.shape)).expand(o.shape);
}

/** The loss Σ w·nll/m over the elements of the outputs. `what` is the name of its function in messages. */
export function elementwise(what: string, parts: ElementwiseParts, options: ElementwiseOptions): Loss {
  checkLossOptions(what, options, { reduction: 1, weights: 1 });
  const { reduction = 'elements' } = options;
  const { targets: allowed, residuals, right, unweighted } = parts;
  const weigh = weigher(what, options.weights);
  const m = (outputs: Tensor): number => divisor(reduction, outputs, outputs.size);
  /** Weights, and targets without those that do not count: 0·NaN would. */
  const counted = (o: Tensor, targets: Tensor): { w: Tensor | null; y: Tensor } => {
    checkShapes(what, o, targets);
    if (weigh === null) return { w: null, y: targets };
    const w = weigh(o, targets);
    return { w, y: w.greater(0).where(targets, 0) };
  };
  return {
    name: parts.name,
    normalizer: m,
    value: (outputs, targets) => {
      const { w, y } = counted(outputs, targets);
      return total(parts.nll(outputs, y), w, m(outputs));
    },
    ...(residuals && {
      residuals: (outputs: Tensor, targets: Tensor) => {
        const { w, y } = counted(outputs, targets);
        const scaled = residuals(outputs, y).mul(Math.sqrt(1 / m(outputs)));
        return w ? scaled.mul(w.sqrt()) : scaled;
      },
    }),
    hessianProduct: (outputs, targets, u) => {
      const { w, y } = counted(outputs, targets);
      const product = parts.hessianProduct(outputs, y, u).mul(1 / m(outputs));
      return w ? product.mul(w) : product;
    },
    sample: (outputs, generator) => {
      checkFinite(what, outputs);
      const drawn = zeros(outputs.dtype, outputs.shape);
      for (let i = 0; i < drawn.data.length; i++) drawn.data[i] = parts.draw(outputs.data[i]!, generator, i);
      return drawn;
    },
    ...((weigh || unweighted) && {
      score: (outputs: Tensor, targets: Tensor, drawn: Tensor) => {
        const { w, y } = counted(outputs, targets);
        const own = unweighted?.weight(y);
        const all = w && own ? w.mul(own) : (w ?? own);
        return total((unweighted?.nll ?? parts.nll)(outputs, drawn), all?.sqrt() ?? null, m(outputs));
      },
    }),
    ...(right && {
      metrics: {
        accuracy: (outputs: Tensor, targets: Tensor) => {
          const { w, y } = counted(outputs, targets);
          const counts = w?.greater(0).cast(outputs.dtype) ?? null;
          return { sum: total(right(outputs, y).cast(outputs.dtype), counts, 1), count: counts?.sum() ?? outputs.size };
        },
      },
    }),
    // A function of the targets may well mark those that do not count by numbers that would not be allowed.
    ...(allowed &&
      typeof options.weights !== 'function' && {
        checkTargets: (targets) => checkEach(what, targets, allowed.fits, allowed.needs),
      }),
  };
}
