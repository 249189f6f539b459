import { adaHessian, diagonalGgn, ekfac, kfac, muon, shampoo, soap, sophiaG, sophiaH } from 'osculate/optim';
import type { OptimizerEntry } from './entry.js';

/** Methods that precondition the gradient parameter by parameter: by a diagonal, matrices or Kronecker factors. */
export const preconditioned: Readonly<Record<string, OptimizerEntry>> = {
  muon: {
    family: 'matrix',
    title: 'Muon',
    defaults: { learningRate: 0.02, momentum: 0.95, adamLearningRate: 3e-4, weightDecay: 0, batchSize: 200 },
    make: muon,
  },
  shampoo: {
    family: 'matrix',
    title: 'Shampoo',
    defaults: { learningRate: 1e-2, interval: 50, blockSize: 512, weightDecay: 0, batchSize: 200 },
    make: shampoo,
  },
  soap: {
    family: 'matrix',
    title: 'SOAP',
    defaults: { learningRate: 3e-3, interval: 10, weightDecay: 0.01, batchSize: 200 },
    make: soap,
  },
  kfac: {
    family: 'Kronecker',
    needs: 'layers',
    title: 'K-FAC (Martens and Grosse 2015)',
    defaults: { damping: 0.2, batchSize: 1000, factorEvery: 10, inverseEvery: 20 },
    make: kfac,
  },
  ekfac: {
    family: 'Kronecker',
    needs: 'layers',
    title: 'EKFAC (George et al. 2018)',
    defaults: { damping: 0.2, batchSize: 1000, factorEvery: 10, inverseEvery: 20 },
    make: ekfac,
  },
  'diagonal-ggn': {
    family: 'diagonal',
    title: 'Diagonal Gauss-Newton',
    defaults: { learningRate: 0.1, damping: 1, interval: 1, weightDecay: 0, batchSize: 200 },
    make: diagonalGgn,
  },
  'sophia-g': {
    family: 'diagonal',
    title: 'Sophia-G',
    defaults: { learningRate: 1e-4, rho: 0.04, interval: 10, weightDecay: 0.1, batchSize: 200 },
    make: sophiaG,
  },
  'sophia-h': {
    family: 'diagonal',
    title: 'Sophia-H',
    defaults: { learningRate: 1e-4, gamma: 0.01, interval: 10, weightDecay: 0.1, batchSize: 200 },
    make: sophiaH,
  },
  adahessian: {
    family: 'diagonal',
    title: 'AdaHessian',
    defaults: { learningRate: 0.15, epsilon: 1e-4, weightDecay: 0, batchSize: 200 },
    make: adaHessian,
  },
};
