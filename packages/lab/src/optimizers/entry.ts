import type { Optimizer, Schedule } from 'osculate/optim';

export type OptimizerSettings = Readonly<Record<string, number>>;

export type OptimizerFamily =
  | 'first order'
  | 'diagonal'
  | 'matrix'
  | 'Kronecker'
  | 'quasi-Newton'
  | 'Newton'
  | 'Newton-Krylov'
  | 'least squares';

/** `squares`: the loss is a sum of squares; `layers`: parameters enter through products and convolutions; `few parameters`: n × n matrices. */
export type OptimizerNeed = 'squares' | 'layers' | 'few parameters';

/** An optimizer that can be named. */
export interface OptimizerEntry {
  readonly family: OptimizerFamily;
  readonly needs?: OptimizerNeed;
  readonly title: string;
  /** Settings that can be given on the command line. Their defaults are the library's. */
  readonly settings: readonly string[];
  make(options?: Readonly<Record<string, number | Schedule>>): Optimizer;
}

/** The library's default of every setting, in words where it is no number: what is found by a trial, or all rows. */
export function describedDefaults({ settings, make }: OptimizerEntry): Readonly<Record<string, number | string>> {
  const found = make().settings;
  return Object.fromEntries(
    settings.map((name) => {
      const value = found[name] ?? 'all';
      return [name, typeof value === 'number' ? value : String(value)];
    }),
  );
}

/** The defaults that are numbers. */
export function defaultsOf(entry: OptimizerEntry): OptimizerSettings {
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(describedDefaults(entry))) {
    if (typeof value === 'number') numbers[name] = value;
  }
  return numbers;
}
