import { compile } from '../../compile/index.js';
import { euclideanNorm } from '../../linalg/index.js';
import { axpy } from '../../linalg/vectors.js';
import { gaussNewtonMatrix } from '../../objective/matrices.js';
import type { At, Objective } from '../../objective/objective.js';
import { onRows } from '../../objective/rows.js';
import {
  type ArraysOptions,
  type SourceOptions,
  type SupervisedOptions,
  supervisedObjective,
} from '../../objective/supervised.js';
import { checkNames, checkOptions } from '../../tensor/check-options.js';
import { inputName } from '../../tensor/leaf.js';
import { arrayTree } from '../../tensor/parameters.js';
import type { Generator } from '../../tensor/random.js';
import { curvatureOperator } from './curvature-operator.js';
import type { LinearOperator } from './linear-operator.js';
import { lossAndGradient } from './loss-and-gradient.js';

/**
 * `inputs`: what the model's graph reads beside parameters and data. `repeated`: the same programs once more. `retraced`: a second objective of
 * the same options. `reordered`: with the rows in another order. `regrouped`: in batches of another size.
 */
export type DeterminismTest = 'inputs' | 'repeated' | 'retraced' | 'reordered' | 'regrouped';

/**
 * What a difference points to. `shuffled data`: the operator draws or reorders rows or targets by itself. `rounding`: the executor does not give
 * the same numbers twice.
 */
export type DeterminismSuspect =
  | 'dropout'
  | 'batch normalisation'
  | 'an input without a value'
  | 'random numbers while tracing'
  | 'rounding'
  | 'shuffled data';

export interface DeterminismFinding {
  readonly test: DeterminismTest;
  readonly suspects: readonly DeterminismSuspect[];
  /** ‖a − b‖ relative to the larger of ‖a‖ and ‖b‖, for each quantity that differs by more than the tolerance. */
  readonly differences: { readonly loss?: number; readonly gradient?: number; readonly product?: number };
  /** What differs, and what to do. */
  readonly message: string;
}

/** What `checkDeterminism` found. */
export interface DeterminismReport {
  /** True when nothing differs by more than the tolerance. */
  readonly deterministic: boolean;
  /** The largest relative difference that counts as none. */
  readonly tolerance: number;
  /** What differs, test by test. */
  readonly findings: readonly DeterminismFinding[];
}

export interface DeterminismOptions {
  /** Draws the vectors and the order of the rows. */
  readonly generator: Generator;
  /** The operator whose products are compared; default: that of `gaussNewtonMatrix`. */
  readonly operator?: (at: At) => LinearOperator;
  /** The largest relative difference that counts as none (default 1e-9 for a model in float64, 1e-4 in float32). */
  readonly tolerance?: number;
}

interface Measured {
  readonly loss: Float64Array;
  readonly gradient: Float64Array;
  readonly product: Float64Array;
}

const quantities = ['loss', 'gradient', 'product'] as const;

async function measured(at: At, operator: LinearOperator, v: Float64Array): Promise<Measured> {
  const { loss, gradient } = await lossAndGradient(at);
  return { loss: Float64Array.of(loss), gradient, product: await operator.apply(v) };
}

function relative(a: Float64Array, b: Float64Array): number {
  const difference = a.slice();
  axpy(-1, b, difference);
  const size = Math.max(euclideanNorm(a), euclideanNorm(b));
  return size === 0 ? 0 : euclideanNorm(difference) / size;
}

type Differences = DeterminismFinding['differences'];

function compare(a: Measured, b: Measured, tolerance: number): Differences | null {
  const found = quantities.map((name) => [name, relative(a[name], b[name])] as const);
  const beyond = found.filter(([, difference]) => !(difference <= tolerance));
  return beyond.length === 0 ? null : Object.fromEntries(beyond);
}

const advice: Record<DeterminismTest, string> = {
  inputs: 'apply the model for inference, with fixed statistics',
  repeated: 'fix what the operator draws before its first product',
  retraced: 'let the model draw nothing while it is traced: no dropout, no noise',
  reordered: 'let no row enter the outputs of another, and draw nothing row by row',
  regrouped: 'normalise by fixed statistics: no row may enter the outputs of another',
};

/** Only the product differs where the operator itself is to blame. */
function suspectsOf(test: DeterminismTest, { loss, gradient }: Differences): DeterminismSuspect[] {
  if (loss === undefined && gradient === undefined) return ['shuffled data'];
  if (test === 'repeated') return ['rounding'];
  if (test === 'retraced') return ['dropout', 'random numbers while tracing'];
  return ['batch normalisation'];
}

function finding(test: DeterminismTest, differences: Differences): DeterminismFinding {
  const suspects = suspectsOf(test, differences);
  const list = Object.entries(differences).map(([name, value]) => `the ${name} by ${value.toExponential(1)}`);
  const message = `${test}: ${list.join(', ')} (relative); suspected: ${suspects.join(' or ')}; ${advice[test]}`;
  return { test, suspects, differences, message };
}

/** A finding for the inputs of the graph that nothing gives a value. */
function unfed(objective: Objective): DeterminismFinding | null {
  const { loss, inputs, targets } = objective.batch(Math.min(objective.chunk, objective.rows));
  const fields = { ...inputs, ...targets };
  const strange = compile({ loss })
    .inputs.map(inputName)
    .filter((name) => !Object.hasOwn(fields, name) && !name.startsWith('parameters.'));
  if (strange.length === 0) return null;
  const suspects = strange.map((name): DeterminismSuspect => {
    if (name.startsWith('mask.')) return 'dropout';
    return name.startsWith('statistics.') ? 'batch normalisation' : 'an input without a value';
  });
  const message = `inputs: the graph reads ${strange.join(', ')}, which have no value; ${advice.inputs}`;
  return { test: 'inputs', suspects: [...new Set(suspects)], differences: {}, message };
}

/** The same data in another order, and in batches of another size: each an objective of its own. */
function* variants<P>(
  options: SupervisedOptions<P>,
  { rows, chunk: most }: Objective,
  generator: Generator,
): Iterable<readonly [DeterminismTest, Objective]> {
  const order = Uint32Array.from(generator.permutation(rows));
  const chunk = Math.min(most, rows);
  yield ['retraced', supervisedObjective<P>(options)];
  yield ['reordered', onRows(supervisedObjective<P>(options), order)];
  // Never more rows at once than the model may take, but for one.
  yield [
    'regrouped',
    supervisedObjective<P>({ ...options, chunk: chunk === 1 ? Math.min(2, rows) : Math.ceil(chunk / 2) }),
  ];
}

/**
 * Whether the loss, its gradient and the products of an operator are functions of the parameters alone, at the values of
 * `options.parameters`: the same when computed twice, traced twice, with reordered rows, and in other batches. What fails is reported, not
 * thrown; a failed test ends the check where later ones would fail with it. Cost: at most 5 gradients and 5 products.
 * @throws InputError for a tolerance that is not positive.
 * @example
 * const options = { executor, model: net.apply, loss: softmaxCrossEntropy(), parameters: run.parameters, x, y };
 * const { deterministic, findings } = await checkDeterminism(options, { generator: generator(0) });
 * deterministic; // true
 */
export function checkDeterminism<P>(
  options: ArraysOptions<P>,
  settings: DeterminismOptions,
): Promise<DeterminismReport>;
export function checkDeterminism<P>(
  options: SourceOptions<P>,
  settings: DeterminismOptions,
): Promise<DeterminismReport>;
export async function checkDeterminism<P>(
  options: SupervisedOptions<P>,
  settings: DeterminismOptions,
): Promise<DeterminismReport> {
  checkNames<DeterminismOptions>('checkDeterminism', settings, { generator: 1, operator: 1, tolerance: 1 });
  const { generator, operator = (at) => curvatureOperator(at, gaussNewtonMatrix), tolerance } = settings;
  checkOptions('checkDeterminism', { 'a number > 0': { tolerance } });
  const first = supervisedObjective<P>(options);
  const { layout } = first;
  const allowed = tolerance ?? (layout.dtype === 'f64' ? 1e-9 : 1e-4);
  const parameters = layout.flat(arrayTree('checkDeterminism', options.parameters));
  const objectives = [first];
  const report = (...findings: DeterminismFinding[]): DeterminismReport => ({
    deterministic: findings.length === 0,
    tolerance: allowed,
    findings,
  });
  try {
    const missing = unfed(first);
    if (missing) return report(missing);
    const v = Float64Array.from({ length: layout.size }, () => generator.normal());
    const at = first.at(parameters);
    const own = operator(at);
    const base = await measured(at, own, v);
    const repeated = compare(base, await measured(at, own, v), allowed);
    if (repeated) return report(finding('repeated', repeated));
    const findings: DeterminismFinding[] = [];
    for (const [test, objective] of variants(options, first, generator)) {
      objectives.push(objective);
      const there = objective.at(parameters);
      const differences = compare(base, await measured(there, operator(there), v), allowed);
      if (differences) findings.push(finding(test, differences));
      if (test === 'retraced' && differences) break;
    }
    return report(...findings);
  } finally {
    for (const objective of objectives) await objective.dispose();
  }
}
