import { heavyBall, nesterov, newtonCg, type Optimizer, sgd } from 'osculate/optim';
import { parseContestant } from '../contestants.js';

/** How the count of iterations grows with the condition number: as its power `exponent`. */
export interface Theory {
  readonly exponent: number;
  /** The exponent is an upper bound: spectra with few eigenvalues do better. */
  readonly bound: boolean;
  readonly source: string;
}

/** What a count is of: steps, or the products inside them. */
export type Counted = 'steps' | 'CG iterations';

/** A method with the settings that suit a condition number. */
export interface SweepMethod {
  readonly name: string;
  readonly title: string;
  /** The settings as formulas of L = 1 and μ = 1/κ. */
  readonly settings: string;
  readonly theory?: Theory;
  readonly counted: Counted;
  make(condition: number): Optimizer;
}

/** Nothing to set: the lab's defaults. */
function plain(name: string, theory?: Theory): SweepMethod {
  const { title, make } = parseContestant(name);
  return { name, title, settings: 'none', ...(theory && { theory }), counted: 'steps', make: () => make() };
}

const flat = (source: string): Theory => ({ exponent: 0, bound: false, source });

const firstOrder: readonly SweepMethod[] = [
  {
    name: 'sgd',
    title: 'Gradient descent',
    settings: 'rate 2/(L + μ)',
    theory: { exponent: 1, bound: false, source: 'contraction (κ − 1)/(κ + 1) a step; Nesterov 2004, theorem 2.1.15' },
    counted: 'steps',
    make: (condition) => sgd({ learningRate: 2 / (1 + 1 / condition) }),
  },
  {
    name: 'heavy-ball',
    title: 'Heavy ball',
    settings: 'rate 4/(√L + √μ)², momentum ((√κ − 1)/(√κ + 1))²',
    theory: {
      exponent: 1 / 2,
      bound: false,
      source:
        'contraction (√κ − 1)/(√κ + 1) a step, times a factor that grows with their number (double eigenvalues); Polyak 1964',
    },
    counted: 'steps',
    make: (condition) => {
      const root = Math.sqrt(condition);
      const learningRate = 4 / (1 + 1 / root) ** 2;
      return heavyBall({ learningRate, momentum: ((root - 1) / (root + 1)) ** 2 });
    },
  },
  {
    name: 'nesterov',
    title: 'Nesterov momentum',
    settings: 'rate 4/(3L + μ), momentum (√(3κ + 1) − 2)/(√(3κ + 1) + 2)',
    theory: {
      exponent: 1 / 2,
      bound: false,
      source: 'contraction 1 − 2/√(3κ + 1) a step, times such a factor; Lessard, Recht and Packard 2016, proposition 1',
    },
    counted: 'steps',
    make: (condition) => {
      const root = Math.sqrt(3 * condition + 1);
      return nesterov({ learningRate: 4 / (3 + 1 / condition), momentum: (root - 2) / (root + 2) });
    },
  },
];

/** Methods that are shown unless others are asked for. */
const known: readonly SweepMethod[] = [
  ...firstOrder,
  {
    name: 'newton-cg',
    title: 'Newton-CG',
    settings: 'as many inner iterations as it asks for',
    theory: {
      exponent: 1 / 2,
      bound: true,
      source: 'error after k iterations at most 2·((√κ − 1)/(√κ + 1))ᵏ; Nocedal and Wright 2006, equation 5.36',
    },
    counted: 'CG iterations',
    make: () => newtonCg({ maxIterations: 1_000_000 }),
  },
  plain('lbfgs'),
  plain('gauss-newton', flat('the minimum of a quadratic is one step away')),
  plain('newton', flat('the minimum of a quadratic is one step away')),
];

/** Names of the methods whose settings follow the condition number, or that need none. */
export const sweepMethodNames: readonly string[] = known.map(({ name }) => name);

/** Methods by name; others are optimizers with settings as on the command line, the same for every condition number. */
export function sweepMethods(specs: readonly string[]): readonly SweepMethod[] {
  return specs.map((spec) => {
    const found = known.find(({ name }) => name === spec);
    if (found) return found;
    const { title, make } = parseContestant(spec);
    return { name: spec, title, settings: 'the same throughout', counted: 'steps', make: () => make() };
  });
}
