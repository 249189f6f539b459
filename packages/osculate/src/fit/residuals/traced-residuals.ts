import { isTraced, soleTensor } from '../../autodiff/traced-function.js';
import { describe } from '../../tensor/describe.js';
import { DTypeError, InputError } from '../../tensor/errors.js';
import { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import { callUser } from '../checks.js';
import type { Constraints } from '../constraints/constraints.js';
import { remembering, type TracedProblem, tracedProblem } from './traced.js';

/** The residuals of a traced function as a flat f64 vector. InputError or DTypeError for anything else. */
export function flatResiduals(what: string, result: unknown): Tensor {
  if (!(result instanceof Tensor)) {
    throw new InputError(
      `${what}: the function must return a Tensor when it is called with one, but returned ${typeof result}; give a function of plain numbers as an object`,
    );
  }
  if (result.dtype !== 'f64')
    throw new DTypeError(`${what}: the function returns ${describe(result)}; fits are in f64`);
  if (result.size === 0) throw new InputError(`${what}: the function returns ${describe(result)}, no residuals at all`);
  return result.reshape([result.size]);
}

type Traced = (parameters: Tensor) => Tensor;

const known = remembering<Traced, TracedProblem>();

/** The problem of a traced function of a vector of n, traced at its first use. */
export function tracedResiduals(given: Traced, n: number, constraints: Constraints): TracedProblem {
  const f: Traced = isTraced<readonly [Tensor]>(given) ? (p) => soleTensor('leastSquares', given.trace(p)) : given;
  return known(given, `${n} ${constraints.key}`, () => {
    const parameters = input('parameters', 'f64', [n]);
    const residuals = flatResiduals(
      'leastSquares',
      callUser('leastSquares', `a tensor of ${n} parameters`, () => f(constraints.vector(parameters))),
    );
    return tracedProblem({ residuals, parameters: [parameters], data: [] });
  });
}
