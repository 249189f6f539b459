import {
  adagrad,
  adaHessian,
  adam,
  adamW,
  diagonalGgn,
  ekfac,
  gaussNewtonLsmr,
  heavyBall,
  hessianFree,
  kfac,
  levenbergMarquardtLsmr,
  lion,
  multiBatchLbfgs,
  muon,
  nadam,
  naturalGradient,
  nesterov,
  type Optimizer,
  rmsprop,
  scheduleFreeAdamW,
  sgd,
  shampoo,
  soap,
  sophiaG,
  sophiaH,
} from 'osculate/optim';
import { ParameterLayout } from 'osculate/tensor';
import type { LoadedProblem } from './problems/problem.js';
import { UsageError } from './usage-error.js';

type Settings = Readonly<Record<string, number>>;

interface Entry {
  readonly title: string;
  /** Settings that can be given on the command line, with the defaults of this comparison. */
  readonly defaults: Settings;
  make(problem: LoadedProblem, settings: Settings): Optimizer;
}

/** What Kronecker factors are found from. */
const supervised = ({ model, loss, parameters, train }: LoadedProblem) => ({
  ...train,
  model: model as never,
  loss,
  parameters,
});
const layoutOf = (problem: LoadedProblem): ParameterLayout => ParameterLayout.of(problem.parameters);

const entries: Readonly<Record<string, Entry>> = {
  adam: {
    title: 'Adam',
    defaults: { learningRate: 1e-3, batchSize: 200 },
    make: (_, settings) => adam(settings) as Optimizer,
  },
  nesterov: {
    title: 'SGD with Nesterov momentum',
    defaults: { learningRate: 3e-3, momentum: 0.9, batchSize: 200 },
    make: (_, settings) => nesterov(settings) as Optimizer,
  },
  'hessian-free': {
    title: 'Hessian-free (Martens 2010)',
    defaults: { damping: 45, gradientRows: 1000, curvatureRows: 250, maxIterations: 250 },
    make: (problem, settings) =>
      hessianFree({ ...settings, model: problem.model as never, loss: problem.loss }) as unknown as Optimizer,
  },
  kfac: {
    title: 'K-FAC (Martens and Grosse 2015)',
    defaults: { damping: 0.2, batchSize: 1000, factorEvery: 10, inverseEvery: 20 },
    make: (problem, settings) => kfac({ ...settings, ...supervised(problem) }) as unknown as Optimizer,
  },
  ekfac: {
    title: 'EKFAC (George et al. 2018)',
    defaults: { damping: 0.2, batchSize: 1000, factorEvery: 10, inverseEvery: 20 },
    make: (problem, settings) => ekfac({ ...settings, ...supervised(problem) }) as unknown as Optimizer,
  },
  'natural-gradient': {
    title: 'Natural gradient (CG)',
    defaults: { damping: 45, learningRate: 1, batchSize: 1000, curvatureRows: 250, maxIterations: 50 },
    make: (_, settings) => naturalGradient(settings) as unknown as Optimizer,
  },
  'gauss-newton-lsmr': {
    title: 'Gauss-Newton (LSMR; sums of squares)',
    defaults: { batchSize: 1000, maxIterations: 100, tolerance: 1e-10 },
    make: (_, settings) => gaussNewtonLsmr(settings),
  },
  'levenberg-marquardt-lsmr': {
    title: 'Levenberg-Marquardt (LSMR; sums of squares)',
    defaults: { damping: 1e-2, batchSize: 1000, maxIterations: 100, tolerance: 1e-10 },
    make: (_, settings) => levenbergMarquardtLsmr(settings) as unknown as Optimizer,
  },
  sgd: {
    title: 'SGD',
    defaults: { learningRate: 1e-2, batchSize: 200 },
    make: (_, settings) => sgd(settings) as Optimizer,
  },
  'heavy-ball': {
    title: 'SGD with momentum (heavy ball)',
    defaults: { learningRate: 1e-3, momentum: 0.9, batchSize: 200 },
    make: (_, settings) => heavyBall(settings) as Optimizer,
  },
  adagrad: {
    title: 'AdaGrad',
    defaults: { learningRate: 1e-2, batchSize: 200 },
    make: (_, settings) => adagrad(settings) as Optimizer,
  },
  rmsprop: {
    title: 'RMSProp',
    defaults: { learningRate: 1e-3, alpha: 0.99, momentum: 0, batchSize: 200 },
    make: (_, settings) => rmsprop(settings) as Optimizer,
  },
  adamw: {
    title: 'AdamW',
    defaults: { learningRate: 1e-3, weightDecay: 1e-2, batchSize: 200 },
    make: (_, settings) => adamW(settings) as Optimizer,
  },
  nadam: {
    title: 'NAdam',
    defaults: { learningRate: 2e-3, batchSize: 200 },
    make: (_, settings) => nadam(settings) as Optimizer,
  },
  lion: {
    title: 'Lion',
    defaults: { learningRate: 1e-4, weightDecay: 0, batchSize: 200 },
    make: (_, settings) => lion(settings) as Optimizer,
  },
  'schedule-free': {
    title: 'Schedule-free AdamW',
    defaults: { learningRate: 2.5e-3, weightDecay: 0, batchSize: 200 },
    make: (_, settings) => scheduleFreeAdamW(settings) as Optimizer,
  },
  muon: {
    title: 'Muon',
    defaults: { learningRate: 0.02, momentum: 0.95, adamLearningRate: 3e-4, weightDecay: 0, batchSize: 200 },
    make: (_, settings) => muon(settings) as Optimizer,
  },
  shampoo: {
    title: 'Shampoo',
    defaults: { learningRate: 1e-2, interval: 50, blockSize: 512, weightDecay: 0, batchSize: 200 },
    make: (problem, settings) => shampoo({ ...settings, layout: layoutOf(problem) }) as Optimizer,
  },
  soap: {
    title: 'SOAP',
    defaults: { learningRate: 3e-3, interval: 10, weightDecay: 0.01, batchSize: 200 },
    make: (problem, settings) => soap({ ...settings, layout: layoutOf(problem) }) as Optimizer,
  },
  'multi-batch-lbfgs': {
    title: 'Multi-batch L-BFGS',
    defaults: { learningRate: 1, batchSize: 2000, overlap: 0.2, memory: 10 },
    make: (_, settings) => multiBatchLbfgs(settings) as unknown as Optimizer,
  },
  'diagonal-ggn': {
    title: 'Diagonal Gauss-Newton',
    defaults: { learningRate: 0.1, damping: 1, interval: 1, weightDecay: 0, batchSize: 200 },
    make: (problem, settings) =>
      diagonalGgn({ ...settings, model: problem.model as never, loss: problem.loss }) as Optimizer,
  },
  'sophia-g': {
    title: 'Sophia-G',
    defaults: { learningRate: 1e-4, rho: 0.04, interval: 10, weightDecay: 0.1, batchSize: 200 },
    make: (problem, settings) => sophiaG({ ...settings, loss: problem.loss }) as Optimizer,
  },
  'sophia-h': {
    title: 'Sophia-H',
    defaults: { learningRate: 1e-4, gamma: 0.01, interval: 10, weightDecay: 0.1, batchSize: 200 },
    make: (_, settings) => sophiaH(settings) as Optimizer,
  },
  adahessian: {
    title: 'AdaHessian',
    defaults: { learningRate: 0.15, epsilon: 1e-4, weightDecay: 0, batchSize: 200 },
    make: (_, settings) => adaHessian(settings) as Optimizer,
  },
};

/** An optimizer with its settings, as named on the command line. */
export interface Contestant {
  /** As given: `adam` or `adam:learningRate=0.01`. */
  readonly spec: string;
  readonly title: string;
  readonly settings: Settings;
  make(problem: LoadedProblem): Optimizer;
}

/** Names of all optimizers. */
export const optimizerNames = Object.keys(entries);

/** One of each kind that the autoencoder is known for; the others are named on the command line. */
export const defaultContestants = 'adam,nesterov,hessian-free,kfac';

function parseSetting(spec: string, text: string, known: Settings): [string, number] {
  const [key = '', value = ''] = text.split('=', 2);
  const number = Number(value);
  if (!Object.hasOwn(known, key)) {
    throw new UsageError(`"${spec}": there is no setting "${key}"; there are ${Object.keys(known).join(', ')}`);
  }
  if (value.trim() === '' || !Number.isFinite(number)) {
    throw new UsageError(`"${spec}": the value of ${key} must be a number, got "${value}"`);
  }
  return [key, number];
}

/** Reads `name` or `name:setting=value:setting=value`. @throws UsageError that lists what there is. */
export function parseContestant(spec: string): Contestant {
  const [name = '', ...settings] = spec.split(':');
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (!entry) {
    throw new UsageError(`there is no optimizer "${name}"; there are ${optimizerNames.join(', ')}`);
  }
  const given = Object.fromEntries(settings.map((text) => parseSetting(spec, text, entry.defaults)));
  const all = { ...entry.defaults, ...given };
  const suffix = settings.length > 0 ? ` (${settings.join(', ')})` : '';
  return { spec, title: entry.title + suffix, settings: all, make: (problem) => entry.make(problem, all) };
}

/** Reads a list separated by commas; each may be named once. */
export function parseContestants(list: string): readonly Contestant[] {
  const specs = list.split(',').map((s) => s.trim());
  const repeated = specs.find((s, i) => specs.indexOf(s) !== i);
  if (repeated !== undefined) throw new UsageError(`the optimizer "${repeated}" is named twice`);
  return specs.map(parseContestant);
}
