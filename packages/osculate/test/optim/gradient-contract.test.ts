import { adaHessian, muon, type Optimizer, shampoo, soap, sophiaG, sophiaH } from '../../src/optim/index.js';
import { optimizerContract } from './contract.js';
import { firstOrderMethods } from './methods.js';

for (const { rate, make } of Object.values(firstOrderMethods)) {
  optimizerContract(() => make({ learningRate: 3 * rate }), { steps: 40 });
}
optimizerContract(() => muon({ learningRate: 0.05, adamLearningRate: 0.05 }));
optimizerContract(() => adaHessian({ learningRate: 0.05 }));
optimizerContract(() => sophiaH({ learningRate: 0.05, weightDecay: 0 }));
optimizerContract(({ loss }) => sophiaG({ loss, learningRate: 0.05, weightDecay: 0 }), { supervisedOnly: true });

const layoutBound: readonly ((options: Parameters<typeof soap>[0]) => Optimizer)[] = [
  (options) => soap(options) as Optimizer,
  (options) => shampoo(options) as Optimizer,
];
for (const make of layoutBound) {
  optimizerContract(({ objective: { layout } }) => make({ layout, learningRate: 0.1, weightDecay: 0, interval: 2 }), {
    supervisedOnly: true,
  });
}
