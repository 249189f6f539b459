import type { Rows } from '../../data/source.js';
import { like, type Vector } from '../../linalg/vectors.js';
import type { Objective } from '../../objective/objective.js';
import { chunks } from '../../objective/rows.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { ParameterLayout } from '../../tensor/parameters.js';
import { adamPass } from '../first-order/adam.js';
import {
  type GradientMove,
  type GradientOptions,
  type GradientState,
  gradientMethod,
  gradientOptions,
  onceFor,
  type Segment,
} from '../first-order/gradient-method.js';
import { type MatrixOptimizer, matrixShape, type Treatment } from './blocks.js';
import { type Role, rolesOf } from './roles.js';

/** a, b, c of x ← a·x + b·x³ + c·x⁵ (Jordan 2024): they lift small singular values fast but never settle at 1. */
const [a, b, c] = [3.4445, -4.775, 2.0315];

/** X ← a·X + (b·XXᵀ + c·(XXᵀ)²)·X, on the shorter side. */
function newtonSchulzSteps(x: Tensor, steps: number): Tensor {
  const wide = x.shape[0]! <= x.shape[1]!;
  for (let k = 0; k < steps; k++) {
    const gram = x.product(x, !wide, wide);
    const polynomial = gram.mul(b).add(gram.matmul(gram).mul(c));
    x = x.mul(a).add(wide ? polynomial.matmul(x) : x.matmul(polynomial));
  }
  return x;
}

/**
 * An approximation of the orthogonal polar factor of a matrix, given row by row: `steps` Newton-Schulz steps with Muon's
 * coefficients from M/‖M‖_F. They run on the objective's executor, since they are products of matrices as large as the layers': 5
 * steps of an m × n matrix, m ≤ n, take 10·m²·(2n + m) operations. A zero matrix stays zero.
 * The rows of the step say which batch graph the program belongs to; it uses none of it.
 */
async function orthogonalize(
  objective: Objective,
  at: { readonly parameters: Vector; readonly rows: Rows },
  shape: readonly [number, number],
  data: Vector,
  steps: number,
): Promise<Vector> {
  let square = 0;
  for (let i = 0; i < data.length; i++) square += data[i]! * data[i]!;
  if (square === 0) return data;
  const scale = 1 / Math.sqrt(square);
  const { dtype } = objective.layout;
  const matrix: NDArray = { dtype, shape, data: data.map((v) => scale * v) };
  const { polar } = await objective.run(
    `newton-schulz ${steps} ${shape.join('x')}`,
    () => ({ polar: newtonSchulzSteps(input('step.matrix', dtype, shape), steps) }),
    at.parameters,
    [...chunks(at.rows, objective.chunk)][0]!,
    { 'step.matrix': matrix },
  );
  return polar!.data as Vector;
}

/** Learning rate 0.02 for the hidden matrices. */
export interface MuonOptions extends GradientOptions {
  /** μ of the momentum (default 0.95). */
  readonly momentum?: number;
  /** Newton-Schulz steps (default 5). */
  readonly newtonSchulzSteps?: number;
  /** Matrices that AdamW gets beside those that the graph shows, by name (default: none). */
  readonly notHidden?: RegExp;
  /** AdamW's learning rate for vectors and whatever has none of its own (default 3e-3). */
  readonly adamLearningRate?: number;
  /** AdamW's learning rate for embeddings and other tables (default: `adamLearningRate`). */
  readonly embeddingLearningRate?: number;
  /** AdamW's learning rate for the matrix that makes the outputs (default: `adamLearningRate`). */
  readonly outputLearningRate?: number;
  /** AdamW's decay rates for the other parameters (default 0.9, 0.95). */
  readonly adamBetas?: readonly [number, number];
  /** AdamW's ε for the other parameters (default 1e-10). */
  readonly adamEpsilon?: number;
}

const muonOptions: OptionNames<MuonOptions> = {
  ...gradientOptions,
  momentum: 1,
  newtonSchulzSteps: 1,
  notHidden: 1,
  adamLearningRate: 1,
  embeddingLearningRate: 1,
  outputLearningRate: 1,
  adamBetas: 1,
  adamEpsilon: 1,
};

interface Own {
  /** Momentum of the hidden matrices, first moment of the others. */
  readonly first: Vector;
  /** Second moment of what AdamW gets; zero elsewhere. */
  readonly second: Vector;
}

export type MuonState = GradientState<Own>;

/** The roles of an objective's parameters, those with certain names not hidden. */
function rolesWithout(notHidden: RegExp | undefined): (objective: Objective) => ReadonlyMap<string, Role> {
  const named = (name: string): boolean => notHidden !== undefined && name.search(notHidden) >= 0;
  return onceFor((objective: Objective) => {
    const given = [...rolesOf(objective)].map(([name, found]): [string, Role] => {
      if (found.role !== 'hidden' || !named(name)) return [name, found];
      return [name, { role: 'other', reason: `its name matches ${notHidden}` }];
    });
    return new Map(given);
  });
}

function treatments({ slots }: ParameterLayout, roles: ReadonlyMap<string, Role>): readonly Treatment[] {
  return slots.map((slot) => {
    const { name, shape } = slot;
    const { role, reason } = roles.get(name)!;
    if (role !== 'hidden') return { name, shape, method: 'AdamW', reason };
    const flattened = shape.length > 2 ? `, flattened to ${matrixShape(slot).join(' x ')}` : '';
    return { name, shape, method: 'Muon', reason: `${reason}${flattened}` };
  });
}

/** The momentum of a stretch, and the Nesterov combination g + μ·b that is orthogonalised. */
function momentumOf(
  { from, to }: Segment,
  { gradient, state }: GradientMove<Own>,
  first: Vector,
  momentum: number,
): Vector {
  const combined = gradient.slice(from, to);
  for (let i = from; i < to; i++) {
    const velocity = momentum * state.first[i]! + gradient[i]!;
    first[i] = velocity;
    combined[i - from] = gradient[i]! + momentum * velocity;
  }
  return combined;
}

/**
 * Muon (Jordan et al. 2024): the Nesterov momentum of each hidden matrix is made nearly orthogonal by 5 Newton-Schulz steps and
 * scaled by √max(1, rows/columns): θ ← (1 − ηλ)θ − η·√max(1, rows/columns)·NS(g + μ·b), b ← μ·b + g. A convolution is flattened to
 * [outputs, the rest] first. Vectors, embeddings and other tables, and the matrix that makes the outputs get AdamW with rates of their own: the
 * graph shows which these are, `describe` says which and why.
 *
 * Cost: one gradient of a mini-batch a step and, for each hidden m × n matrix, m ≤ n, 10·m²·(2n + m) operations on the executor,
 * counted as work; memory 2 n beside the parameters.
 * @example
 * const optimizer = muon({ learningRate: 0.02 });
 * optimizer.describe(objective).map(({ name, method }) => `${name}: ${method}`);
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer, epochs: 2 });
 */
export function muon(options: MuonOptions = {}): MatrixOptimizer<MuonState> {
  checkNames('muon', options, muonOptions);
  const { momentum = 0.95, newtonSchulzSteps = 5, notHidden } = options;
  const { adamLearningRate = 3e-3, adamBetas: betas = [0.9, 0.95] as const, adamEpsilon: epsilon = 1e-10 } = options;
  const { embeddingLearningRate = adamLearningRate, outputLearningRate = adamLearningRate } = options;
  const rates = { embedding: embeddingLearningRate, output: outputLearningRate, other: adamLearningRate };
  checkOptions('Muon', {
    'an integer ≥ 1': { newtonSchulzSteps },
    'a number from 0 to below 1': { momentum },
    'a finite number ≥ 0': { adamLearningRate, embeddingLearningRate, outputLearningRate },
  });
  const rolesFor = rolesWithout(notHidden);
  const move = async (context: GradientMove<Own>) => {
    const { objective, state, rows, gradient, update, segments } = context;
    const { parameters: old } = state;
    const own = { first: like(gradient), second: like(gradient) };
    const parameters = like(gradient);
    const roles = rolesFor(objective);
    for (const segment of segments) {
      const { from, to, rate, decay, slot } = segment;
      if (roles.get(slot.name)!.role !== 'hidden') {
        const pass = { ...segment, update, gradient, old, parameters, before: state, after: own };
        adamPass(pass, { betas, epsilon, decoupled: true });
        continue;
      }
      const shape = matrixShape(slot);
      const combined = momentumOf(segment, context, own.first, momentum);
      const direction = await orthogonalize(objective, { parameters: old, rows }, shape, combined, newtonSchulzSteps);
      const step = rate * Math.sqrt(Math.max(1, shape[0] / shape[1]));
      for (let i = from; i < to; i++) parameters[i] = (1 - rate * decay) * old[i]! - step * direction[i - from]!;
    }
    return { parameters, own };
  };
  const optimizer = gradientMethod<Own>(
    {
      name: 'Muon',
      defaults: { learningRate: 0.02 },
      settings: {
        ...{ momentum, newtonSchulzSteps, adamLearningRate, embeddingLearningRate, outputLearningRate },
        ...(notHidden && { notHidden: String(notHidden) }),
      },
      bySlot: ({ name }, objective) => {
        const { role } = rolesFor(objective).get(name)!;
        return role === 'hidden' ? {} : { learningRate: rates[role] };
      },
      demand: (objective) => {
        const roles = rolesFor(objective);
        const { slots } = objective.layout;
        const sides = slots.filter(({ name }) => roles.get(name)!.role === 'hidden').map((slot) => matrixShape(slot));
        const flopsOf = (m: number, n: number): number => 2 * newtonSchulzSteps * m * m * (2 * n + m);
        const engineFlops = sides.reduce((sum, [m, n]) => sum + 2e8 + flopsOf(Math.min(m, n), Math.max(m, n)), 0);
        // A run for each costs about a millisecond beside it.
        return { vectors: 11, engineFlops, gradients: 1 };
      },
      init: (parameters) => ({ first: like(parameters), second: like(parameters) }),
      move,
    },
    options,
  );
  return { ...optimizer, describe: (objective) => treatments(objective.layout, rolesFor(objective)) };
}
