import { dense, sequential, squaredError, tanh, xavierNormal } from 'osculate/nn';
import { generator, type NDArray, type Tensor, type Tree, toNumbers, zeros } from 'osculate/tensor';
import { checkCounts } from '../check-counts.js';
import { lossMeasures, lossOn } from '../measures.js';
import type { Described, Examples, Family, Problem, Settings } from '../problem.js';

/** A differential equation on a box with a known solution. */
export interface Equation extends Described {
  /** Settings of its own, next to those of the network. */
  readonly settings: Readonly<Record<string, number>>;
  readonly axes: number;
  readonly targetSource: string;
  /** The exact solution at a point. */
  exact(point: readonly number[], settings: Settings): number;
  /** A collocation point of the interior, from uniform numbers in [0, 1). */
  inside(uniform: () => number): readonly number[];
  /** A point where the value is given, the i-th of them. */
  boundary(uniform: () => number, i: number): readonly number[];
  /** Points to compare with the exact solution at. */
  grid(): readonly (readonly number[])[];
  /** What vanishes inside for the solution, from u at the points `[rows, axes]`; both `[rows, 1]`. */
  residual(u: Tensor, points: Tensor, settings: Settings): Tensor;
}

/** Steps of the additive recurrences that fill a line and a square evenly (Roberts 2018): powers of 1/φ and of 1/1.3247…. */
const recurrences: readonly (readonly number[])[] = [[0.6180339887498949], [0.7548776662466927, 0.5698402909980532]];

/** The coordinates of evenly spread points of the unit box, one after the other, moved as a whole by the seed. */
function spread(axes: number, seed: number): () => number {
  const random = generator(seed);
  const steps = recurrences[axes - 1]!;
  const at = steps.map(() => random.uniform());
  let next = 0;
  return () => {
    const k = next++ % axes;
    at[k] = (at[k]! + steps[k]!) % 1;
    return at[k]!;
  };
}

/** What an optimizer is given: columns of `x` after the coordinates are the weights of the two residuals and the value on the boundary. */
function rowsOf(equation: Equation, settings: Settings, seed: number): Examples {
  const [inner, outer] = [spread(equation.axes, seed), spread(1, seed + 1)];
  const [interior, boundary] = [Number(settings.interior), Number(settings.boundary)];
  const total = interior + boundary;
  const data: number[] = [];
  for (let i = 0; i < total; i++) {
    const inside = i < interior;
    const point = inside ? equation.inside(inner) : equation.boundary(outer, i - interior);
    // The loss is a mean over all rows; the weights make it a mean inside plus a weighted mean on the boundary.
    const weights = inside
      ? [Math.sqrt(total / interior), 0, 0]
      : [0, Math.sqrt((Number(settings.weight) * total) / boundary), equation.exact(point, settings)];
    data.push(...point, ...weights);
  }
  return examples(data, total);
}

function examples(data: readonly number[], rows: number): Examples {
  const x: NDArray = { dtype: 'f64', shape: [rows, data.length / rows], data: Float64Array.from(data) };
  return { x, y: zeros('f64', [rows, 1]) };
}

/** The points of the grid with the exact solution as targets; all other columns are 0. */
function gridOf(equation: Equation, settings: Settings): Examples {
  const points = equation.grid();
  const { x, y } = examples(
    points.flatMap((p) => [...p, 0, 0, 0]),
    points.length,
  );
  const exact = Float64Array.from(points, (p) => equation.exact(p, settings));
  return { x, y: { ...y, data: exact } as NDArray };
}

function network(axes: number, width: number, layers: number) {
  const hidden = Array.from({ length: layers }, (_, i) => [
    dense(i === 0 ? axes : width, width, { weight: xavierNormal }),
    tanh(),
  ]);
  return sequential([...hidden.flat(), dense(width, 1, { weight: xavierNormal })]);
}

const coordinates = (x: Tensor, axes: number): Tensor => x.slice([0, 0], [x.shape[0]!, axes]);
const column = (x: Tensor, k: number): Tensor => x.slice([0, k], [x.shape[0]!, k + 1]);

/** The weighted residuals of rows as `rowsOf` makes them, for any function u of points. */
export function residualsOf(equation: Equation, settings: Settings, u: (points: Tensor) => Tensor, x: Tensor): Tensor {
  const { axes } = equation;
  const points = coordinates(x, axes);
  const value = u(points);
  const inside = equation.residual(value, points, settings).mul(column(x, axes));
  return inside.add(value.sub(column(x, axes + 2)).mul(column(x, axes + 1)));
}

function meanSquare(a: NDArray): number {
  const numbers = toNumbers(a);
  return numbers.reduce((sum, v) => sum + v * v, 0) / numbers.length;
}

const measures: Problem['measures'] = [
  ...lossMeasures('mean squared residual of the equation inside plus weighted mean squared error on the boundary'),
  {
    key: 'relativeL2',
    title: 'relative L2 error',
    meaning: '‖u − exact‖/‖exact‖ on a fixed grid',
    better: 'lower',
    logarithmic: true,
  },
];

/** A physics-informed network (Raissi, Perdikaris and Karniadakis 2019) for an equation, in float64. */
export function pinnFamily(equation: Equation): Family {
  const settings = { width: 16, layers: 2, interior: 400, boundary: 80, weight: 100, ...equation.settings };
  return {
    name: equation.name,
    summary: equation.summary,
    settings,
    make: (name, _, given) => pinnProblem(name, equation, given),
  };
}

function pinnProblem(name: string, equation: Equation, settings: Settings): Problem {
  checkCounts(name, settings, ['width', 'layers', 'interior', 'boundary']);
  const { axes, title, difficulty, targetSource } = equation;
  const net = network(axes, Number(settings.width), Number(settings.layers));
  return {
    ...{ name, title, difficulty, measures, kind: 'least squares', dtype: 'f64' },
    description:
      `${equation.description} A tanh network of ${settings.layers} hidden layers of ${settings.width} units; its derivatives are ` +
      `taken by forward mode, and the residuals at ${settings.interior} points inside and ${settings.boundary} on the boundary are ` +
      'fitted as least squares, all in float64.',
    target: { measure: 'relativeL2', value: 1e-6, source: targetSource },
    optimizers: ['levenberg-marquardt', 'bfgs', 'lbfgs', 'adam:learningRate=0.003:batchSize=1000'],
    budget: 60,
    executor: 'reference',
    tuning: 'Adam: learning rate (0.001, 0.003, 0.01) on Poisson 2-D; the rest: their defaults',
    load: async (seed) => {
      const train = rowsOf(equation, settings, 2 * seed + 1);
      const test = rowsOf(equation, settings, 2 * seed + 2);
      const grid = gridOf(equation, settings);
      const u = (weights: Tree<Tensor>, points: Tensor): Tensor => net.apply(weights, points);
      const square = meanSquare(grid.y);
      return {
        parameters: net.init(generator(seed), 'f64'),
        model: (weights, x) => residualsOf(equation, settings, (points) => u(weights, points), x),
        ...{ loss: squaredError({ reduction: 'examples' }), train, test },
        measurements: {
          loss: lossOn(train),
          testLoss: lossOn(test),
          relativeL2: {
            examples: grid,
            value: ({ weights, inputs, targets }) => {
              const difference = u(weights, coordinates(inputs.x!, axes)).sub(targets.y!);
              return difference.mul(difference).mean();
            },
            finish: (mean) => Math.sqrt(mean / square),
          },
        },
      };
    },
  };
}
