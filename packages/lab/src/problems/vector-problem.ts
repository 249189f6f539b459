import { type Loss, squaredError } from 'osculate/nn';
import { generator, InputError, input, leaves, ndarray, type Tensor, zeros } from 'osculate/tensor';
import { lossOn } from './measures.js';
import type { Measure, Problem } from './problem.js';

/** r(x), any shape, of which f = Σ rᵢ² is minimised; or, for kind `function`, f(x) itself. */
type VectorFunction = (x: Tensor) => Tensor;

/** A function that takes time to make, with the number of its residuals. */
interface LaterFunction {
  readonly size: number;
  f(): Promise<VectorFunction>;
}

/** What is left to say of a function of a vector, which is there or is made when the problem is loaded. */
export type VectorProblem = Description & ({ readonly f: VectorFunction } | { readonly later: LaterFunction });

interface Description extends Pick<Problem, 'name' | 'title' | 'description' | 'difficulty' | 'optimizers'> {
  readonly kind: 'least squares' | 'function';
  /** Where seed 0 starts: the start of the literature. */
  readonly start: readonly number[];
  /** f at the best known minimum, and where that is from; absent where f has none. */
  readonly minimum?: { readonly f: number; readonly source: string };
  /** f − minimum that counts as solved: default 1e-10 of the minimum, or of 1 where the minimum is zero. */
  readonly gap?: number;
}

const nothing = zeros('f64', [1, 1]);

/** The loss that is its model's output: it has no curvature of its own and no distribution. */
const itself: Loss = {
  name: 'the function itself',
  value: (outputs) => outputs.sum(),
  hessianProduct: (_, __, u) => u.mul(0),
  normalizer: () => 1,
  sample: () => {
    throw new InputError('a plain function has no distribution to draw targets from; use a method that needs none');
  },
};

/** The literature's start for seed 0; for other seeds each coordinate moved by a tenth of itself (of 1 where it is 0), normally. */
function startOf(start: readonly number[], seed: number): Float64Array {
  const random = generator(seed);
  return Float64Array.from(start, (x) => (seed === 0 ? x : x + 0.1 * (x || 1) * random.normal()));
}

function measuresOf({ kind, minimum }: VectorProblem): readonly Measure[] {
  const common = { better: 'lower', logarithmic: true } as const;
  const sum = kind === 'least squares' ? 'sum of squared residuals, without a factor ½' : 'value of the function';
  const loss = { key: 'loss', title: 'f', meaning: sum, ...common };
  if (!minimum) return [{ ...loss, logarithmic: false }];
  return [loss, { key: 'gap', title: 'f − minimum', meaning: `f above its minimum ${minimum.f}`, ...common }];
}

function laterOf(options: VectorProblem): LaterFunction {
  if ('later' in options) return options.later;
  const { f, start } = options;
  return { size: f(input('x', 'f64', [start.length])).size, f: async () => f };
}

/** A problem of minimising a function of a vector in float64, by the reference executor. */
export function vectorProblem(options: VectorProblem): Problem {
  const { name, title, description, difficulty, optimizers, kind, start, minimum } = options;
  const gap = options.gap ?? 1e-10 * (Math.abs(minimum?.f ?? 0) || 1);
  const { size, f: ready } = laterOf(options);
  const train = { x: nothing, y: zeros('f64', [1, size]) };
  const loss = lossOn(train);
  return {
    ...{ name, title, description, difficulty, optimizers, kind },
    dtype: 'f64',
    measures: measuresOf(options),
    ...(minimum && { target: { measure: 'gap', value: gap, source: minimum.source } }),
    budget: 2,
    executor: 'reference',
    tuning: 'none: the defaults of the methods, and the settings shown',
    load: async (seed) => {
      const f = await ready();
      return {
        parameters: { x: ndarray('f64', Array.from(startOf(start, seed))) },
        // The only leaf is the vector.
        model: (weights) => f(leaves(weights)[0]![1]).reshape([1, size]),
        vector: f,
        loss: kind === 'function' ? itself : squaredError({ reduction: 'examples' }),
        train,
        test: train,
        measurements: { loss, ...(minimum && { gap: { ...loss, finish: (v: number) => Math.max(0, v - minimum.f) } }) },
      };
    },
  };
}
