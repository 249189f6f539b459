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
    settings: ['learningRate', 'batchSize'],
    make: adam,
  },
  adamw: {
    family: 'first order',
    title: 'AdamW',
    settings: ['learningRate', 'weightDecay', 'batchSize'],
    make: adamW,
  },
  nadam: {
    family: 'first order',
    title: 'NAdam',
    settings: ['learningRate', 'batchSize'],
    make: nadam,
  },
  adagrad: {
    family: 'first order',
    title: 'AdaGrad',
    settings: ['learningRate', 'batchSize'],
    make: adagrad,
  },
  rmsprop: {
    family: 'first order',
    title: 'RMSProp',
    settings: ['learningRate', 'alpha', 'momentum', 'batchSize'],
    make: rmsprop,
  },
  lion: {
    family: 'first order',
    title: 'Lion',
    settings: ['learningRate', 'weightDecay', 'batchSize'],
    make: lion,
  },
  'schedule-free': {
    family: 'first order',
    title: 'Schedule-free AdamW',
    settings: ['learningRate', 'weightDecay', 'batchSize'],
    make: scheduleFreeAdamW,
  },
  sgd: {
    family: 'first order',
    title: 'SGD',
    settings: ['learningRate', 'batchSize'],
    make: sgd,
  },
  'heavy-ball': {
    family: 'first order',
    title: 'SGD with momentum (heavy ball)',
    settings: ['learningRate', 'momentum', 'batchSize'],
    make: heavyBall,
  },
  nesterov: {
    family: 'first order',
    title: 'SGD with Nesterov momentum',
    settings: ['learningRate', 'momentum', 'batchSize'],
    make: nesterov,
  },
};
