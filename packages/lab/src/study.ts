/** What was asked for: everything that determines a comparison. It is stored with the results and shown in the report. */
export interface Study {
  readonly problem: string;
  /** Contestants as named on the command line. */
  readonly optimizers: readonly string[];
  /** Seconds of stepping for each contestant. */
  readonly budget: number;
  readonly seed: number;
  /** Threads of ONNX Runtime. */
  readonly threads: number;
}

/** The command that makes the same comparison again. */
export function commandOf(study: Study): string {
  return (
    `npm start -- ${study.problem} --optimizers ${study.optimizers.join(',')} ` +
    `--budget ${study.budget} --seed ${study.seed} --threads ${study.threads}`
  );
}

/** One point of a contestant's curves: an evaluation on fixed rows of the training and the test set. */
export interface Point {
  readonly step: number;
  readonly seconds: number;
  readonly gradientEquivalents: number;
  readonly trainLoss: number;
  readonly testLoss: number;
  readonly trainError: number;
  readonly testError: number;
  /** What the optimizer says of its last step: damping, CG iterations, … */
  readonly details: Readonly<Record<string, number>>;
}

export type Ending = 'budget' | 'diverged';

/** How a contestant's run ended. */
export interface Summary {
  readonly spec: string;
  readonly title: string;
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  readonly ending: Ending;
  readonly last: Point;
  /** Largest resident memory of the run's process, in bytes. */
  readonly peakMemory: number;
  /** Which executor ran it. */
  readonly executor: string;
}

/** A contestant's curves and ending. */
export interface Result {
  readonly summary: Summary;
  readonly points: readonly Point[];
}
