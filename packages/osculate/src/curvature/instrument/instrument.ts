import { axpy, type Vector } from '../../linalg/vectors.js';
import { hessianMatrix } from '../../objective/matrices.js';
import type { Objective } from '../../objective/objective.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import { type Generator, generator as seeded } from '../../tensor/random.js';
import { sharpness } from '../estimators/eigenpairs.js';
import { curvatureOperator } from '../operators/curvature-operator.js';
import { lossAndGradient } from '../operators/loss-and-gradient.js';
import type { Measure, MeasureContext } from './measures.js';

/** What a budget has seen: plain data. */
interface BudgetState {
  /** Milliseconds spent in steps and in measuring. */
  readonly stepping: number;
  readonly measuring: number;
  /** What the last measurement took, which the next is taken to cost; 0 before the first. */
  readonly expected: number;
  /** Measurements made. */
  readonly count: number;
}

/**
 * True when one more measurement keeps the time of all within `share` of the time of the steps. What the first will cost is not known: it
 * is made as soon as it is wanted, and paid back by waiting before the second. It also compiles its programs, so what the second costs
 * is not expected to be as much: half, as a first guess.
 */
function affordable({ stepping, measuring, expected, count }: BudgetState, share: number): boolean {
  if (count === 0) return true;
  return measuring + (count === 1 ? expected / 2 : expected) <= share * stepping;
}

/** What is observed after each step: the event of `train`, or anything with these fields. */
export interface ObservedStep {
  readonly step: number;
  readonly loss: number;
  readonly parameters: Vector;
}

/** One measurement: figures by name, with `step`, `loss`, `milliseconds` that it took and `overhead` so far, as a share of the steps' time. */
export type InstrumentRow = Readonly<Record<string, number>>;

/** All that is needed to go on with a record: plain data. */
export interface InstrumentState {
  /** The measurements so far. */
  readonly rows: readonly InstrumentRow[];
  /** The time that steps and measurements took. */
  readonly budget: BudgetState;
  /** Steps observed since the last measurement. */
  readonly since: number;
  /** The state of the generator of probes. */
  readonly generator: ReturnType<Generator['state']>;
}

export interface InstrumentOptions {
  /** What is measured: a few hundred rows are often enough. */
  readonly objective: Objective;
  /** What is measured. */
  readonly measures: readonly Measure[];
  /** Measure after every so many steps, if the budget allows; default 1. */
  readonly every?: number;
  /** Most time of measuring as a share of the time of steps; default 0.1. Infinity: whatever it takes. */
  readonly overhead?: number;
  /** The seed of the probes (default 0). */
  readonly seed?: number;
  /** Milliseconds; default performance.now. */
  readonly clock?: () => number;
  /** Goes on from here; `seed` does not count then. */
  readonly resume?: InstrumentState;
}

const instrumentOptions: OptionNames<InstrumentOptions> = {
  objective: 1,
  measures: 1,
  every: 1,
  overhead: 1,
  seed: 1,
  clock: 1,
  resume: 1,
};

export interface Instrument {
  /**
   * Call it after every step: measures when it is time, and returns the row then. The time between two calls counts as that of a step,
   * the work of other consumers included; the first call starts the clock.
   */
  observe(event: ObservedStep): Promise<InstrumentRow | null>;
  /** The measurements so far. */
  readonly rows: readonly InstrumentRow[];
  /** All that is needed to go on with the record later. */
  state(): InstrumentState;
}

/** Of the products that λmax may take, and how well it is then known. */
const topOptions = { tolerance: 1e-2, maxApplications: 40 } as const;

function contextOf(objective: Objective, event: ObservedStep, before: ArrayLike<number>, random: Generator) {
  const at = objective.at(event.parameters);
  const hessian = curvatureOperator(at, hessianMatrix);
  let gradient: ReturnType<MeasureContext['gradient']> | undefined;
  let top: ReturnType<MeasureContext['top']> | undefined;
  const step = Float64Array.from(event.parameters);
  axpy(-1, Float64Array.from(before), step);
  const context: MeasureContext = {
    at,
    generator: random,
    step,
    hessian: () => hessian,
    gradient: () => {
      gradient ??= lossAndGradient(at).then((found) => found.gradient);
      return gradient;
    },
    top: () => {
      top ??= sharpness(hessian, { ...topOptions, generator: random });
      return top;
    },
  };
  return context;
}

function check({ measures, every, overhead }: InstrumentOptions): void {
  checkOptions('instrument', { 'an integer ≥ 1': { every }, 'a number > 0': { overhead } });
  const names = measures.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (measures.length > 0 && twice === undefined) return;
  const what = twice === undefined ? 'there is no measure' : `the measure "${twice}" is there twice`;
  throw new InputError(`instrument: ${what}; give each that you want once`);
}

/**
 * Records measures of curvature and gradient while a run trains, every `every` steps or as seldom as the budget demands: a measurement is
 * put off until the time of all, at what the last one cost, is at most `overhead` times that of the steps. The first one comes after `every`
 * steps whatever it costs, and is paid back by waiting.
 * @throws InputError for options that make no sense; a measurement at parameters that are not finite throws what its measure throws.
 * @example
 * const record = instrument({ objective, measures: [sharpnessMeasure, traceMeasure()] });
 * for await (const { event } of train({ objective, optimizer: sgd({ learningRate: 0.1 }), parameters: theta, seed: 0, steps: 2 })) {
 *   await record.observe(event);
 * }
 * record.rows.map(({ lambdaMax }) => lambdaMax);
 */
export function instrument(options: InstrumentOptions): Instrument {
  checkNames('instrument', options, instrumentOptions);
  check(options);
  const { objective, measures, every = 1, overhead = 0.1, seed = 0, resume, clock = () => performance.now() } = options;
  const random = seeded(resume?.generator ?? seed);
  const rows = [...(resume?.rows ?? [])];
  let budget: BudgetState = resume?.budget ?? { stepping: 0, measuring: 0, expected: 0, count: 0 };
  let since = resume?.since ?? 0;
  let last: number | null = null;
  let before: ObservedStep['parameters'] | null = null;

  const measure = async (event: ObservedStep, previous: ObservedStep['parameters']): Promise<InstrumentRow> => {
    const start = clock();
    const context = contextOf(objective, event, previous, random);
    const figures: Record<string, number> = {};
    for (const each of measures) Object.assign(figures, await each.measure(context));
    const milliseconds = clock() - start;
    const measuring = budget.measuring + milliseconds;
    budget = { stepping: budget.stepping, measuring, expected: milliseconds, count: budget.count + 1 };
    const { step, loss } = event;
    return { step, loss, ...figures, milliseconds, overhead: measuring / budget.stepping };
  };

  return {
    rows,
    state: () => ({ rows: [...rows], budget, since, generator: random.state() }),
    observe: async (event) => {
      const now = clock();
      const previous = before;
      before = event.parameters;
      if (last !== null) budget = { ...budget, stepping: budget.stepping + (now - last) };
      since++;
      let row: InstrumentRow | null = null;
      // The first call has no step to its back that was timed.
      if (previous !== null && since >= every && affordable(budget, overhead)) {
        row = await measure(event, previous);
        rows.push(row);
        since = 0;
      }
      last = clock();
      return row;
    },
  };
}
