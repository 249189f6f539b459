import {
  adagrad,
  adam,
  adamW,
  heavyBall,
  lion,
  nadam,
  nesterov,
  type Optimizer,
  rmsprop,
  scheduleFreeAdamW,
  sgd,
} from 'osculate/optim';
import type { OptimizerEntry } from './entry.js';

/** Methods of gradients alone. */
export const firstOrder: Readonly<Record<string, OptimizerEntry>> = {
  adam: {
    family: 'first order',
    title: 'Adam',
    defaults: { learningRate: 1e-3, batchSize: 200 },
    make: (_, settings) => adam(settings) as Optimizer,
  },
  adamw: {
    family: 'first order',
    title: 'AdamW',
    defaults: { learningRate: 1e-3, weightDecay: 1e-2, batchSize: 200 },
    make: (_, settings) => adamW(settings) as Optimizer,
  },
  nadam: {
    family: 'first order',
    title: 'NAdam',
    defaults: { learningRate: 2e-3, batchSize: 200 },
    make: (_, settings) => nadam(settings) as Optimizer,
  },
  adagrad: {
    family: 'first order',
    title: 'AdaGrad',
    defaults: { learningRate: 1e-2, batchSize: 200 },
    make: (_, settings) => adagrad(settings) as Optimizer,
  },
  rmsprop: {
    family: 'first order',
    title: 'RMSProp',
    defaults: { learningRate: 1e-3, alpha: 0.99, momentum: 0, batchSize: 200 },
    make: (_, settings) => rmsprop(settings) as Optimizer,
  },
  lion: {
    family: 'first order',
    title: 'Lion',
    defaults: { learningRate: 1e-4, weightDecay: 0, batchSize: 200 },
    make: (_, settings) => lion(settings) as Optimizer,
  },
  'schedule-free': {
    family: 'first order',
    title: 'Schedule-free AdamW',
    defaults: { learningRate: 2.5e-3, weightDecay: 0, batchSize: 200 },
    make: (_, settings) => scheduleFreeAdamW(settings) as Optimizer,
  },
  sgd: {
    family: 'first order',
    title: 'SGD',
    defaults: { learningRate: 1e-2, batchSize: 200 },
    make: (_, settings) => sgd(settings) as Optimizer,
  },
  'heavy-ball': {
    family: 'first order',
    title: 'SGD with momentum (heavy ball)',
    defaults: { learningRate: 1e-3, momentum: 0.9, batchSize: 200 },
    make: (_, settings) => heavyBall(settings) as Optimizer,
  },
  nesterov: {
    family: 'first order',
    title: 'SGD with Nesterov momentum',
    defaults: { learningRate: 3e-3, momentum: 0.9, batchSize: 200 },
    make: (_, settings) => nesterov(settings) as Optimizer,
  },
};
