import {
  constantRate,
  cosine,
  type Optimizer,
  type Schedule,
  stepDecay,
  warmUp,
  warmUpStableDecay,
} from 'osculate/optim';
import { DerivativeError, InputError } from 'osculate/tensor';
import { type Contestant, parseContestant } from '../../contestants.js';
import { UsageError } from '../../usage-error.js';

export type ScheduleName = 'constant' | 'cosine' | 'step' | 'warm-up-stable-decay';

export interface OptimizerChoice {
  /** `kfac` or `kfac:damping=0.1`. */
  readonly optimizer: string;
  readonly lr?: number;
  readonly damping?: number;
  readonly batch?: number;
  readonly settings: Readonly<Record<string, number>>;
  readonly schedule?: ScheduleName;
  readonly warmUp?: number;
}

/** The optimizer with the settings of the flags. @throws UsageError for a setting that it does not have */
export function chosenOptimizer(choice: OptimizerChoice): Contestant {
  const { lr: learningRate, damping, batch: batchSize } = choice;
  const flags = { learningRate, damping, batchSize, ...choice.settings };
  const given = Object.entries(flags).flatMap(([key, value]) => (value === undefined ? [] : [`:${key}=${value}`]));
  return parseContestant(choice.optimizer + given.join(''));
}

/** Steps in so many passes over the rows; a method that looks at all of them makes one a pass. */
export function stepsOf(epochs: number, rows: number, { settings }: Contestant): number {
  return Math.max(1, Math.ceil((epochs * rows) / Math.min(rows, settings.batchSize ?? rows)));
}

function scheduleOf(
  { schedule = 'constant', warmUp: rising = 0 }: OptimizerChoice,
  steps: number | undefined,
): Schedule | undefined {
  if (schedule === 'constant' && rising === 0) return undefined;
  if (schedule !== 'constant' && steps === undefined)
    throw new UsageError(`--schedule ${schedule} needs to know the number of steps: give --steps or --epochs`);
  const rest = Math.max(1, (steps ?? 1) - rising);
  const share = (part: number): number => Math.round(part * rest);
  const after = {
    constant: () => constantRate(),
    cosine: () => cosine(rest),
    step: () => stepDecay(Math.ceil(rest / 3)),
    'warm-up-stable-decay': () =>
      warmUpStableDecay({ warmUp: share(0.1), stable: share(0.7), decay: Math.max(1, share(0.2)) }),
  }[schedule]();
  return rising > 0 ? warmUp(rising, after) : after;
}

/** @throws UsageError for settings that make no sense, a method without a learning rate to schedule, and a model that it cannot take */
export function madeOptimizer(contestant: Contestant, choice: OptimizerChoice, steps: number | undefined): Optimizer {
  const schedule = scheduleOf(choice, steps);
  try {
    return contestant.make(schedule);
  } catch (error) {
    if (schedule && error instanceof InputError && error.message.includes('no option "schedule"'))
      throw new UsageError(
        `${contestant.title} has no schedule of its learning rate; leave out --schedule and --warm-up`,
      );
    if (error instanceof InputError || error instanceof DerivativeError) throw new UsageError(error.message);
    throw error;
  }
}
