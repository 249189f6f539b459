/** Somebody's ONNX model: fine-tune its head, look at it, write it back with all else as it was. */
import { adamW, fitModel, importOnnx, softmaxCrossEntropy, twoSpirals } from 'osculate';

const model = await importOnnx('model.onnx');
const [data, loss] = [twoSpirals(300), softmaxCrossEntropy()];
const run = await fitModel(model, { ...data, loss, optimizer: adamW(), trainable: /head/, epochs: 40 });
console.log(run.history.at(-1), await run.evaluate(twoSpirals(100, { seed: 2 })));
await run.save('tuned.onnx');
