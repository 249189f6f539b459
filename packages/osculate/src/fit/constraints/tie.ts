import type { Tensor } from '../../tensor/ir.js';

/** A parameter as a function of others: what `parseExpression` of osculate/fit/expression returns. */
export interface Tie {
  /** The formula; ties of the same text must be the same function, since what is compiled for one is used for the other. */
  readonly text: string;
  /** The parameters in it. */
  readonly symbols: readonly string[];
  /** The graph of it, with a scalar tensor for each symbol. */
  build(values: Readonly<Record<string, Tensor>>): Tensor;
}
