import {
  adaptiveCubic,
  bfgs,
  gaussNewton,
  gaussNewtonLsmr,
  hessianFree,
  lbfgs,
  levenbergMarquardt,
  levenbergMarquardtLsmr,
  modifiedNewton,
  multiBatchLbfgs,
  naturalGradient,
  newton,
  newtonCg,
  type Optimizer,
  saddleFreeNewton,
  trustRegion,
  trustRegionNewtonCg,
} from 'osculate/optim';
import type { OptimizerEntry } from './entry.js';

/**
 * Rows at a time for methods that want the dense Jacobian of the residuals: a row's residuals depend on that row alone, so the cost is
 * that of as many rows at once as there are here, not as there are in all.
 */
const separate = 16;

/** Methods with curvature of all parameters together. */
export const newtonFamily: Readonly<Record<string, OptimizerEntry>> = {
  newton: {
    family: 'Newton',
    needs: 'few parameters',
    title: 'Newton (line search)',
    defaults: {},
    make: () => newton() as unknown as Optimizer,
  },
  'modified-newton': {
    family: 'Newton',
    needs: 'few parameters',
    title: 'Newton (modified Cholesky)',
    defaults: {},
    make: () => modifiedNewton() as unknown as Optimizer,
  },
  'trust-region': {
    family: 'Newton',
    needs: 'few parameters',
    title: 'Newton (trust region)',
    defaults: { radius: 1 },
    make: (_, settings) => trustRegion(settings) as unknown as Optimizer,
  },
  'adaptive-cubic': {
    family: 'Newton',
    needs: 'few parameters',
    title: 'Newton (adaptive cubic regularisation)',
    defaults: { weight: 1 },
    make: (_, settings) => adaptiveCubic(settings) as unknown as Optimizer,
  },
  'saddle-free-newton': {
    family: 'Newton',
    needs: 'few parameters',
    title: 'Saddle-free Newton',
    defaults: { damping: 1 },
    make: (_, settings) => saddleFreeNewton(settings) as unknown as Optimizer,
  },
  bfgs: {
    family: 'quasi-Newton',
    needs: 'few parameters',
    title: 'BFGS',
    defaults: {},
    make: () => bfgs() as unknown as Optimizer,
  },
  lbfgs: {
    family: 'quasi-Newton',
    title: 'L-BFGS',
    defaults: { memory: 10 },
    make: (_, settings) => lbfgs(settings) as unknown as Optimizer,
  },
  'newton-cg': {
    family: 'Newton-Krylov',
    title: 'Newton-CG',
    defaults: { maxIterations: 100 },
    make: (_, settings) => newtonCg(settings) as unknown as Optimizer,
  },
  'trust-region-newton-cg': {
    family: 'Newton-Krylov',
    title: 'Newton-CG (trust region)',
    defaults: { radius: 1, maxIterations: 100 },
    make: (_, settings) => trustRegionNewtonCg(settings) as unknown as Optimizer,
  },
  'hessian-free': {
    family: 'Newton-Krylov',
    title: 'Hessian-free (Martens 2010)',
    defaults: { damping: 45, gradientRows: 1000, curvatureRows: 250, maxIterations: 250 },
    make: (problem, settings) =>
      hessianFree({ ...settings, model: problem.model as never, loss: problem.loss }) as unknown as Optimizer,
  },
  'natural-gradient': {
    family: 'Newton-Krylov',
    title: 'Natural gradient (CG)',
    defaults: { damping: 45, learningRate: 1, batchSize: 1000, curvatureRows: 250, maxIterations: 50 },
    make: (_, settings) => naturalGradient(settings) as unknown as Optimizer,
  },
  'gauss-newton-lsmr': {
    family: 'least squares',
    needs: 'squares',
    title: 'Gauss-Newton (LSMR; sums of squares)',
    defaults: { batchSize: 1000, maxIterations: 100, tolerance: 1e-10 },
    make: (_, settings) => gaussNewtonLsmr(settings),
  },
  'levenberg-marquardt-lsmr': {
    family: 'least squares',
    needs: 'squares',
    title: 'Levenberg-Marquardt (LSMR; sums of squares)',
    defaults: { damping: 1e-2, batchSize: 1000, maxIterations: 100, tolerance: 1e-10 },
    make: (_, settings) => levenbergMarquardtLsmr(settings) as unknown as Optimizer,
  },
  'multi-batch-lbfgs': {
    family: 'quasi-Newton',
    title: 'Multi-batch L-BFGS',
    defaults: { learningRate: 1, batchSize: 2000, overlap: 0.2, memory: 10 },
    make: (_, settings) => multiBatchLbfgs(settings) as unknown as Optimizer,
  },
  'gauss-newton': {
    family: 'least squares',
    needs: 'squares',
    title: 'Gauss-Newton (QR)',
    defaults: {},
    chunk: separate,
    make: () => gaussNewton() as unknown as Optimizer,
  },
  'levenberg-marquardt': {
    family: 'least squares',
    needs: 'squares',
    title: 'Levenberg-Marquardt (QR, Moré 1978)',
    defaults: { factor: 100 },
    chunk: separate,
    make: (_, settings) => levenbergMarquardt(settings) as unknown as Optimizer,
  },
};
