export { type LaplaceOptions, type LaplacePosterior, laplace } from './laplace.js';
export type { LinearizedPrediction } from './linearized-prediction.js';
export { probitSigmoid, probitSoftmax } from './probit.js';
