/** A network: dropout, validation, early stopping, predictions, a file that other tools can run. */
import { dense, dropout, fitModel, kfac, sequential, softmaxCrossEntropy, tanh, twoSpirals } from 'osculate';

const net = sequential([dense(2, 32), tanh(), dropout(0.1), dense(32, 2)]);
console.log(net.summary([2]));
const training = { optimizer: kfac(), epochs: 500, validation: 0.2, earlyStopping: { patience: 50 } };
const run = await fitModel(net, { ...twoSpirals(400), loss: softmaxCrossEntropy(), ...training });
console.log(run.reason, run.history.at(-1));
console.log('logits:', (await run.predict([[0.1, 0.2]])).data);
await run.save('net.onnx');
