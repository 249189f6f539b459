/** How long a run may take: whichever comes first. */
export interface Budget {
  /** Of stepping. */
  readonly seconds?: number;
  readonly steps?: number;
  /** Gradients of the whole data. */
  readonly gradientEquivalents?: number;
}

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

/** A word as a shell takes it for one: file names may have spaces in them. */
export function shellWord(text: string): string {
  return /^[\w./:=,+@%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command that makes the same comparison again. */
export function commandOf({ problem, optimizers, budget, seed, threads }: Study): string {
  return (
    `npm start -- ${shellWord(problem)} --optimizers ${shellWord(optimizers.join(','))} ` +
    `--budget ${budget} --seed ${seed} --threads ${threads}`
  );
}

/** One point of a contestant's curves. */
export interface Point {
  readonly step: number;
  readonly seconds: number;
  readonly gradientEquivalents: number;
  /** The problem's measures by key; null where one is not finite. */
  readonly values: Readonly<Record<string, number | null>>;
  /** What the optimizer says of its last step: damping, CG iterations, … */
  readonly details: Readonly<Record<string, number>>;
}

/** `solved`: the target was reached; `stalled`: the method finds no better point, or needs curvature that is not there. */
export type Ending = 'budget' | 'diverged' | 'solved' | 'stalled';

/** How a contestant's run ended. */
export interface Summary {
  readonly spec: string;
  readonly title: string;
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  readonly ending: Ending;
  readonly last: Point;
  /** The first point at which the problem's target was reached. */
  readonly solvedAt?: Pick<Point, 'step' | 'seconds' | 'gradientEquivalents'>;
  /** Largest resident memory of the run's process, in bytes. */
  readonly peakMemory: number;
  /** Steps that were rejected, and those because something was not finite; absent in files of before they were counted. */
  readonly events?: { readonly rejected: number; readonly nonFinite: number };
  /** What was done before the clock started, so that programs were compiled by then; absent when nothing was. */
  readonly warmup?: { readonly steps: number; readonly seconds: number };
  /** Which executor ran it. */
  readonly executor: string;
}

/** Whether a run ended with its budget before the first step did: its last values are those of the start. */
export const stepless = ({ ending, last }: Summary): boolean => ending === 'budget' && last.step === 0;

/** A contestant's curves and ending. */
export interface Result {
  readonly summary: Summary;
  readonly points: readonly Point[];
}
