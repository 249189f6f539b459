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
  sgd: { rate: 0.1, vectors: 0, make: (o) => sgd(o) as Optimizer },
  heavyBall: { rate: 0.03, vectors: 1, make: (o) => heavyBall(o) as Optimizer },
  nesterov: { rate: 0.03, vectors: 1, make: (o) => nesterov(o) as Optimizer },
  adagrad: { rate: 0.1, vectors: 1, make: (o) => adagrad(o) as Optimizer },
  rmsprop: { rate: 0.01, vectors: 2, make: (o) => rmsprop(o) as Optimizer },
  adam: { rate: 0.02, vectors: 2, make: (o) => adam(o) as Optimizer },
  adamW: { rate: 0.02, vectors: 2, make: (o) => adamW(o) as Optimizer },
  nadam: { rate: 0.02, vectors: 2, make: (o) => nadam(o) as Optimizer },
  lion: { rate: 0.01, vectors: 1, make: (o) => lion(o) as Optimizer },
  scheduleFreeAdamW: { rate: 0.05, vectors: 2, make: (o) => scheduleFreeAdamW(o) as Optimizer },
};
