import { grad } from 'osculate';
import { compile, costOf } from 'osculate/compile';
import { functionObjective, type Objective, type Vector } from 'osculate/objective';
import { referenceExecutor } from 'osculate/runtime';
import { ParameterLayout, type Tensor } from 'osculate/tensor';
import { UsageError } from '../usage-error.js';
import type { Problem } from './problem.js';

/** A loaded function of a vector. */
export interface LoadedVector {
  readonly f: (x: Tensor) => Tensor;
  /** It gives residuals, of which the sum of squares is minimised. */
  readonly residuals: boolean;
  readonly start: Float64Array;
}

/** Loads a function of a vector. @throws UsageError for a problem that is not one */
export async function loadVector(problem: Problem): Promise<LoadedVector> {
  const { vector: f, parameters } = await problem.load(0);
  if (f === undefined) {
    throw new UsageError(
      `"${problem.name}" is not a function of a vector in float64; rosenbrock, himmelblau and quadratic:1e3 are, for instance`,
    );
  }
  const start = Float64Array.from(ParameterLayout.of(parameters).flat(parameters));
  return { f, residuals: problem.kind === 'least squares', start };
}

/**
 * The objective of a function of a vector, for millions of steps: value and gradient come from programs that are bound to fixed arrays,
 * without names or checks on the way. Everything else is as in `functionObjective`.
 */
export function vectorObjective({ f, residuals, start }: LoadedVector): Objective {
  const executor = referenceExecutor();
  const general = functionObjective(f, start, { executor, residuals });
  const { loss, weights } = general.batch(1);
  const [valueProgram, gradientProgram] = [compile({ loss }), compile({ loss, gradient: grad(loss, weights) })];
  const flops = ({ outputs }: typeof valueProgram): number => Math.max(1, costOf(outputs).flops);
  const valueWork = flops(valueProgram) / flops(gradientProgram);
  const [at, out, slope] = [new Float64Array(start.length), new Float64Array(1), new Float64Array(start.length)];
  const inputs = { 'parameters.x': at };
  const runValue = executor.loadSync(valueProgram).bind(inputs, { loss: out });
  const runBoth = executor.loadSync(gradientProgram).bind(inputs, { loss: out, 'gradient.x': slope });
  let work = 0;
  return {
    ...general,
    value: async (parameters: Vector) => {
      work += valueWork;
      at.set(parameters);
      runValue();
      return out[0]!;
    },
    valueAndGradient: async (parameters: Vector) => {
      work += 1;
      at.set(parameters);
      runBoth();
      return { value: out[0]!, gradient: slope.slice() };
    },
    work: () => general.work() + work,
    dispose: () => executor.dispose(),
  };
}
