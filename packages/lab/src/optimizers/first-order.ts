import {
  adagrad,
  adam,
  adamW,
  heavyBall,
  lion,
  nadam,
  nesterov,
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
    make: adam,
  },
  adamw: {
    family: 'first order',
    title: 'AdamW',
    defaults: { learningRate: 1e-3, weightDecay: 1e-2, batchSize: 200 },
    make: adamW,
  },
  nadam: {
    family: 'first order',
    title: 'NAdam',
    defaults: { learningRate: 2e-3, batchSize: 200 },
    make: nadam,
  },
  adagrad: {
    family: 'first order',
    title: 'AdaGrad',
    defaults: { learningRate: 1e-2, batchSize: 200 },
    make: adagrad,
  },
  rmsprop: {
    family: 'first order',
    title: 'RMSProp',
    defaults: { learningRate: 1e-3, alpha: 0.99, momentum: 0, batchSize: 200 },
    make: rmsprop,
  },
  lion: {
    family: 'first order',
    title: 'Lion',
    defaults: { learningRate: 1e-4, weightDecay: 0, batchSize: 200 },
    make: lion,
  },
  'schedule-free': {
    family: 'first order',
    title: 'Schedule-free AdamW',
    defaults: { learningRate: 2.5e-3, weightDecay: 0, batchSize: 200 },
    make: scheduleFreeAdamW,
  },
  sgd: {
    family: 'first order',
    title: 'SGD',
    defaults: { learningRate: 1e-2, batchSize: 200 },
    make: sgd,
  },
  'heavy-ball': {
    family: 'first order',
    title: 'SGD with momentum (heavy ball)',
    defaults: { learningRate: 1e-3, momentum: 0.9, batchSize: 200 },
    make: heavyBall,
  },
  nesterov: {
    family: 'first order',
    title: 'SGD with Nesterov momentum',
    defaults: { learningRate: 3e-3, momentum: 0.9, batchSize: 200 },
    make: nesterov,
  },
};
