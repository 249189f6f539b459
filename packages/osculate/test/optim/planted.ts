import { squaredError } from '../../src/nn/index.js';
import { type Objective, supervisedObjective } from '../../src/objective/index.js';
import type { Optimizer, OptimizerState } from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, type NDArray, ndarray, type Tensor } from '../../src/tensor/index.js';

export type Shapes = Readonly<Record<string, readonly number[]>>;

/** A model of one input. */
export type Model = (weights: Readonly<Record<string, Tensor>>, x: Tensor) => Tensor;

/** All elements of all parameters enter it alike. */
const sums: Model = (weights, x) =>
  x.mul(
    Object.values(weights)
      .map((w) => w.sum())
      .reduce((a, b) => a.add(b)),
  );

/** Parameters of given shapes in a model. */
function objectiveOf(shapes: Shapes, model: Model): Objective {
  const parameters = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]): [string, NDArray] => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, ndarray('f64', new Float64Array(size), [...shape])];
    }),
  );
  return supervisedObjective({
    executor: referenceExecutor(),
    model: (weights, x) => model(weights as Record<string, Tensor>, x),
    loss: squaredError(),
    parameters,
    x: ndarray('f64', [[1]]),
    y: ndarray('f64', [[0]]),
  });
}

/** An objective of given shapes whose gradient in its k-th call is the k-th of a list. */
export function planted(shapes: Shapes, gradients: readonly ArrayLike<number>[], model = sums): Objective {
  let call = 0;
  const valueAndGradient = async () => ({ value: 1, gradient: Float64Array.from(gradients[call++]!) });
  return { ...objectiveOf(shapes, model), valueAndGradient };
}

/** The states after 0, 1, 2, … steps from zero parameters (or `start`), one step a gradient. */
export async function follow<S extends OptimizerState>(
  optimizer: Optimizer<S>,
  shapes: Shapes,
  gradients: readonly ArrayLike<number>[],
  start?: Float64Array,
  model?: Model,
): Promise<readonly S[]> {
  const objective = planted(shapes, gradients, model);
  const states = [optimizer.init(objective, start ?? objective.layout.zeros())];
  for (let k = 0; k < gradients.length; k++) {
    const { state, report } = await optimizer.step(states[k]!, { objective, generator: generator(k) });
    if (!report.accepted) throw new Error(`step ${k} was rejected`);
    states.push(state);
  }
  return states;
}

/** `count` vectors of standard normal numbers. */
export function draws(count: number, size: number, seed: number): readonly Float64Array[] {
  const random = generator(seed);
  return Array.from({ length: count }, () => Float64Array.from({ length: size }, () => random.normal()));
}

/** A·B with A m × k, row-major. */
export function times(a: ArrayLike<number>, b: ArrayLike<number>, m: number, k: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) for (let l = 0; l < k; l++) out[i * n + j]! += a[i * k + l]! * b[l * n + j]!;
  }
  return out;
}

/** Aᵀ of A m × n. */
export function transposed(a: ArrayLike<number>, m: number, n: number): Float64Array {
  return Float64Array.from({ length: m * n }, (_, at) => a[(at % m) * n + Math.floor(at / m)]!);
}
