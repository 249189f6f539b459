import { adam, hessianFree, nesterov, type Optimizer } from 'osculate/optim';
import type { LoadedProblem } from './problems/problem.js';
import { UsageError } from './usage-error.js';

type Settings = Readonly<Record<string, number>>;

interface Entry {
  readonly title: string;
  /** Settings that can be given on the command line, with the defaults of this comparison. */
  readonly defaults: Settings;
  make(problem: LoadedProblem, settings: Settings): Optimizer;
}

const entries: Readonly<Record<string, Entry>> = {
  adam: {
    title: 'Adam',
    defaults: { learningRate: 1e-3, batchSize: 200 },
    make: (_, settings) => adam(settings) as Optimizer,
  },
  nesterov: {
    title: 'SGD with Nesterov momentum',
    defaults: { learningRate: 1e-3, momentum: 0.9, batchSize: 200 },
    make: (_, settings) => nesterov(settings) as Optimizer,
  },
  'hessian-free': {
    title: 'Hessian-free (Martens 2010)',
    defaults: { damping: 45, gradientRows: 8000, curvatureRows: 1000, maxIterations: 250 },
    make: (problem, settings) =>
      hessianFree({ ...settings, model: problem.model as never, loss: problem.loss }) as unknown as Optimizer,
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

export const defaultContestants = Object.keys(entries).join(',');

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
    throw new UsageError(`there is no optimizer "${name}"; there are ${Object.keys(entries).join(', ')}`);
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
