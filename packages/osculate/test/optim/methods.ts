import {
  adagrad,
  adam,
  adamW,
  type GradientOptions,
  heavyBall,
  lion,
  nadam,
  nesterov,
  type Optimizer,
  rmsprop,
  scheduleFreeAdamW,
  sgd,
} from '../../src/optim/index.js';

/** The first-order methods by name; `vectors` is the state beside the parameters, in parameter vectors. */
export const firstOrderMethods: Readonly<
  Record<string, { readonly rate: number; readonly vectors: number; make(options: GradientOptions): Optimizer }>
> = {
  sgd: { rate: 0.1, vectors: 0, make: sgd },
  heavyBall: { rate: 0.03, vectors: 1, make: heavyBall },
  nesterov: { rate: 0.03, vectors: 1, make: nesterov },
  adagrad: { rate: 0.1, vectors: 1, make: adagrad },
  rmsprop: { rate: 0.01, vectors: 2, make: rmsprop },
  adam: { rate: 0.02, vectors: 2, make: adam },
  adamW: { rate: 0.02, vectors: 2, make: adamW },
  nadam: { rate: 0.02, vectors: 2, make: nadam },
  lion: { rate: 0.01, vectors: 1, make: lion },
  scheduleFreeAdamW: { rate: 0.05, vectors: 2, make: scheduleFreeAdamW },
};
