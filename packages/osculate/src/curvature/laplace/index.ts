export { type LaplacePosterior, laplace } from './laplace.js';
export { type LinearizedPrediction, probitSigmoid, probitSoftmax } from './linearized-prediction.js';
