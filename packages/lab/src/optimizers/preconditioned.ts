import { adaHessian, diagonalGgn, ekfac, kfac, muon, shampoo, soap, sophiaG, sophiaH } from 'osculate/optim';
import type { OptimizerEntry } from './entry.js';

/** Methods that precondition the gradient parameter by parameter: by a diagonal, matrices or Kronecker factors. */
export const preconditioned: Readonly<Record<string, OptimizerEntry>> = {
  muon: {
    family: 'matrix',
    title: 'Muon',
    settings: [
      ...['learningRate', 'momentum', 'adamLearningRate', 'embeddingLearningRate', 'outputLearningRate'],
      ...['weightDecay', 'batchSize'],
    ],
    make: muon,
  },
  shampoo: {
    family: 'matrix',
    title: 'Shampoo',
    settings: ['learningRate', 'interval', 'blockSize', 'weightDecay', 'batchSize'],
    make: shampoo,
  },
  soap: {
    family: 'matrix',
    title: 'SOAP',
    settings: ['learningRate', 'interval', 'weightDecay', 'batchSize'],
    make: soap,
  },
  kfac: {
    family: 'Kronecker',
    needs: 'layers',
    title: 'K-FAC (Martens and Grosse 2015)',
    settings: ['damping', 'batchSize', 'factorEvery', 'inverseEvery'],
    make: kfac,
  },
  ekfac: {
    family: 'Kronecker',
    needs: 'layers',
    title: 'EKFAC (George et al. 2018)',
    settings: ['damping', 'batchSize', 'factorEvery', 'inverseEvery'],
    make: ekfac,
  },
  'diagonal-ggn': {
    family: 'diagonal',
    title: 'Diagonal Gauss-Newton',
    settings: ['learningRate', 'damping', 'interval', 'weightDecay', 'batchSize'],
    make: diagonalGgn,
  },
  'sophia-g': {
    family: 'diagonal',
    title: 'Sophia-G',
    settings: ['learningRate', 'rho', 'interval', 'weightDecay', 'batchSize'],
    make: sophiaG,
  },
  'sophia-h': {
    family: 'diagonal',
    title: 'Sophia-H',
    settings: ['learningRate', 'gamma', 'interval', 'weightDecay', 'batchSize'],
    make: sophiaH,
  },
  adahessian: {
    family: 'diagonal',
    title: 'AdaHessian',
    settings: ['learningRate', 'epsilon', 'weightDecay', 'batchSize'],
    make: adaHessian,
  },
};
