/** The largest eigenvalues of a trained network's Hessian, by products alone. */
import { dense, eigenpairs, fitModel, hessian, sequential, softmaxCrossEntropy, twoSpirals } from 'osculate';

const net = sequential([dense(2, 32), (x) => x.tanh(), dense(32, 2)]);
const run = await fitModel(net, { ...twoSpirals(400), loss: softmaxCrossEntropy(), epochs: 100 });
const { values } = await eigenpairs(hessian(run.objective, run.parameters), { count: 5 });
console.log(values);
