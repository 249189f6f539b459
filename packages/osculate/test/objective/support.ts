import {
  type AnyLayer,
  dense,
  type Loss,
  type Parameters,
  sequential,
  squaredError,
  tanh,
} from '../../src/nn/index.js';
import { type Objective, supervisedObjective, type Vector } from '../../src/objective/index.js';
import { residualProducts } from '../../src/objective/residuals.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, type NDArray, ndarray, type Tensor, type Tree } from '../../src/tensor/index.js';

/** A small regression in float64: 3 inputs, 4 tanh units, 2 outputs, smooth targets. */
export interface SmallProblem {
  readonly objective: Objective;
  readonly start: Vector;
  readonly model: (weights: Tree<Tensor>, x: Tensor) => Tensor;
  readonly loss: Loss;
  readonly parameters: Parameters;
  readonly x: NDArray;
  readonly y: NDArray;
}

export interface SmallOptions {
  readonly rows?: number;
  readonly weightDecay?: number;
  readonly chunk?: number;
  readonly linear?: boolean;
  readonly loss?: Loss;
  /** Adds a parameter that the loss does not reach, the last one. */
  readonly idle?: boolean;
  /** Replaces the first input value once the objective has been made (which refuses such data). */
  readonly poison?: number;
}

/** Its output is its input. */
const idle: AnyLayer = {
  init: (_, dtype = 'f32') => ({ weight: ndarray(dtype, [1, -2, 3, 4], [2, 2]) }),
  apply: (_, x) => x,
};

export function smallProblem(options: SmallOptions = {}): SmallProblem {
  const rows = options.rows ?? 24;
  const random = generator(5);
  const layer = sequential([
    ...(options.linear ? [dense(3, 2)] : [dense(3, 4), tanh(), dense(4, 2)]),
    ...(options.idle ? [idle] : []),
  ]);
  const parameters = layer.init(random, 'f64');
  const inputs = Array.from({ length: rows }, () => [random.normal(), random.normal(), random.normal()]);
  const targets = inputs.map(([a, b, c]) => [Math.sin(a!) + 0.5 * b!, Math.tanh(b! - c!)]);
  const model = layer.apply;
  const loss = options.loss ?? squaredError();
  const probable = loss.name === 'sigmoid cross-entropy';
  const x = ndarray('f64', inputs);
  const y = ndarray('f64', probable ? targets.map((row) => row.map((t) => 1 / (1 + Math.exp(-t)))) : targets);
  const { weightDecay = 0, chunk = 1000 } = options;
  const executor = referenceExecutor();
  const objective = supervisedObjective({ executor, model, loss, parameters, x, y, weightDecay, chunk });
  if (options.poison !== undefined) x.data[0] = options.poison;
  const start = objective.layout.flat(parameters);
  return { objective, start, model, loss, parameters, x, y };
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** ‖a − b‖/‖b‖. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const difference = Array.from(a, (v, i) => v - b[i]!);
  return Math.sqrt(dot(difference, difference) / dot(b, b));
}

/** Solves A·x = b by Gaussian elimination with partial pivoting; A is row-major. */
export function denseSolve(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  const n = b.length;
  const m = Array.from({ length: n }, (_, i) => [...Array.from({ length: n }, (_, j) => a[i * n + j]!), b[i]!]);
  for (let k = 0; k < n; k++) {
    const pivot = m.reduce((best, row, i) => (i >= k && Math.abs(row[k]!) > Math.abs(m[best]![k]!) ? i : best), k);
    [m[k], m[pivot]] = [m[pivot]!, m[k]!];
    for (let i = k + 1; i < n; i++) {
      const factor = m[i]![k]! / m[k]![k]!;
      for (let j = k; j <= n; j++) m[i]![j]! -= factor * m[k]![j]!;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) x[i] = (m[i]![n]! - dot(m[i]!.slice(i + 1, n), x.slice(i + 1))) / m[i]![i]!;
  return x;
}

/** The columns of J = ∂r/∂θ by central differences of the residuals. */
export async function jacobianByDifferences(objective: Objective, at: Float64Array): Promise<Float64Array[]> {
  const columns = Array.from(at, async (_, j) => {
    const moved = (h: number) =>
      residualProducts(
        objective,
        at.map((x, i) => (i === j ? x + h : x)),
      );
    const [up, down] = [await moved(1e-5), await moved(-1e-5)];
    return up.residuals.map((r, i) => (r - down.residuals[i]!) / 2e-5);
  });
  return Promise.all(columns);
}
