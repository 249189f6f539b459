import { grad } from 'osculate/autodiff';
import { compile, costOf } from 'osculate/compile';
import { functionObjective, type Objective, type Vector } from 'osculate/optim';
import { referenceExecutor } from 'osculate/runtime';
import { input, type NDArray, type Tensor } from 'osculate/tensor';
import { UsageError } from '../usage-error.js';
import type { LoadedProblem, Problem } from './problem.js';

type VectorModel = (parameters: { readonly x: Tensor }) => Tensor;

/** Loads a function of a vector. @throws UsageError for a problem that is none */
export async function loadVector(problem: Problem): Promise<{ loaded: LoadedProblem; start: Float64Array }> {
  if (problem.executor !== 'reference') {
    throw new UsageError(
      `"${problem.name}" is no function of a vector in float64; rosenbrock, himmelblau and quadratic:1e3 are, for instance`,
    );
  }
  const loaded = await problem.load(0);
  return { loaded, start: startOf(loaded) };
}

const startOf = ({ parameters }: LoadedProblem): Float64Array =>
  Float64Array.from((parameters as unknown as { readonly x: NDArray }).x.data as Float64Array);

/**
 * The objective of a function of a vector, for millions of steps: value and gradient come from programs that are bound to fixed arrays,
 * without names or checks on the way. Everything else is as in `functionObjective`.
 */
export function vectorObjective(problem: Problem, loaded: LoadedProblem): Objective {
  const start = startOf(loaded);
  const squares = problem.kind === 'least squares';
  const model = loaded.model as unknown as VectorModel;
  const f = (x: Tensor): Tensor => (squares ? model({ x }) : model({ x }).sum());
  const executor = referenceExecutor();
  const general = functionObjective(f, start, { executor, residuals: squares });
  const x = input('x', 'f64', [start.length]);
  const result = f(x);
  const loss = squares ? result.mul(result).sum() : result;
  const programs = [
    compile({ loss }, { inputs: [x] }),
    compile({ loss, gradient: grad(loss, x) }, { inputs: [x] }),
  ] as const;
  const [valueFlops, gradientFlops] = programs.map(({ outputs }) => Math.max(1, costOf(outputs).flops)) as [
    number,
    number,
  ];
  const [value, both] = [executor.loadSync(programs[0]), executor.loadSync(programs[1])];
  const [at, out, slope] = [new Float64Array(start.length), new Float64Array(1), new Float64Array(start.length)];
  const runValue = value.bind({ x: at }, { loss: out });
  const runBoth = both.bind({ x: at }, { loss: out, gradient: slope });
  let work = 0;
  return {
    ...general,
    value: async (parameters: Vector) => {
      work += valueFlops / gradientFlops;
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
