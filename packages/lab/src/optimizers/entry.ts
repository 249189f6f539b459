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
  /** Settings that can be given on the command line, with the defaults of comparisons. */
  readonly defaults: OptimizerSettings;
  make(options: Readonly<Record<string, number | Schedule>>): Optimizer;
}
