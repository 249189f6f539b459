/** K-FAC and the largest eigenvalues of the Hessian in a page: browser.html shows what `study` finds. */
import * as ort from 'onnxruntime-web/wasm';
import { type Executor, eigenpairs, fitModel, hessian, kfac, ortExecutorFrom, twoSpirals } from 'osculate';
import { dense, sequential, softmaxCrossEntropy } from 'osculate/nn';

/** ONNX Runtime in WebAssembly; without an executor the slower reference executor computes. */
export const executor = ortExecutorFrom(ort);
export async function study(executor?: Executor) {
  const net = sequential([dense(2, 16), (x) => x.tanh(), dense(16, 2)]);
  const training = { ...twoSpirals(200), loss: softmaxCrossEntropy(), optimizer: kfac({ damping: 1 }), epochs: 20 };
  const run = await fitModel(net, { ...training, ...(executor && { executor }) });
  const { values } = await eigenpairs(hessian(run.objective, run.parameters), { count: 3 });
  return { losses: run.history.map(({ loss }) => loss), eigenvalues: [...values], notes: run.notes };
}
