import { adaHessian, heavyBall, muon, nesterov, sgd, shampoo, soap, sophiaG, sophiaH } from '../../src/optim/index.js';
import { optimizerContract } from './contract.js';
import { firstOrderMethods } from './methods.js';

for (const { rate, make } of Object.values(firstOrderMethods)) {
  optimizerContract(() => make({ learningRate: 3 * rate }), { steps: 40 });
}
for (const make of [sgd, heavyBall, nesterov]) optimizerContract(() => make());
optimizerContract(() => muon({ learningRate: 0.05, adamLearningRate: 0.05 }));
optimizerContract(() => adaHessian({ learningRate: 0.05 }));
optimizerContract(() => sophiaH({ learningRate: 0.05, weightDecay: 0 }));
optimizerContract(() => sophiaG({ learningRate: 0.05, weightDecay: 0 }), { supervisedOnly: true });
optimizerContract(() => soap({ learningRate: 0.1, weightDecay: 0, interval: 2 }));
optimizerContract(() => shampoo({ learningRate: 0.1, weightDecay: 0, interval: 2 }));
