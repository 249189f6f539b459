import { constant } from 'osculate/tensor';
import { UsageError } from '../usage-error.js';
import type { Family } from './problem.js';
import { vectorProblem } from './vector-problem.js';

/** Logarithmically even eigenvalues from 1/κ to 1. */
function eigenvalues(size: number, condition: number): number[] {
  return Array.from({ length: size }, (_, i) => condition ** -(i / (size - 1)));
}

/** Σ λᵢ·xᵢ²/2 with a chosen condition number: what theory says of first-order methods is exact here. */
export const quadraticFamily: Family = {
  name: 'quadratic',
  summary: 'a convex quadratic of a given condition number, 1 to 1e10',
  argument: { placeholder: 'condition', example: '1e6' },
  settings: { size: 20 },
  make: (name, argument, { size }) => {
    const [condition, n] = [Number(argument), Number(size)];
    if (!(condition >= 1 && condition <= 1e10)) {
      throw new UsageError(`"${name}": the condition number is "${argument}"; it must be a number from 1 to 1e10`);
    }
    if (!(Number.isInteger(n) && n >= 2 && n <= 1000)) throw new UsageError(`"${name}": size must be 2 to 1000`);
    const values = eigenvalues(n, condition);
    const roots = constant(
      values.map((v) => Math.sqrt(v / 2)),
      'f64',
    );
    return vectorProblem({
      ...{ name, title: `Quadratic, κ = ${condition}`, kind: 'least squares', f: (x) => x.mul(roots) },
      description:
        `f = ½·Σ λᵢ·xᵢ² with ${n} eigenvalues evenly spaced in the logarithm from ${1 / condition} to 1; ` +
        'every eigenvector carries the same part of f at the start.',
      difficulty: `gradient descent needs about κ·ln(1/ε)/2 steps, momentum √κ·ln(1/ε)/2, Newton one; κ = ${condition}`,
      start: values.map((v) => 1 / Math.sqrt(v)),
      minimum: { f: 0, source: 'f(0) = 0' },
      gap: 1e-8 * n,
      optimizers: [
        'newton',
        'gauss-newton',
        'bfgs',
        'heavy-ball:learningRate=1',
        'sgd:learningRate=1',
        'adam:learningRate=0.1',
      ],
    });
  },
};
