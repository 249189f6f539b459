import { mnistDigits } from 'osculate/data/node';
import { type AnyLayer, activation, dense, sequential, sigmoidCrossEntropy, sparse } from 'osculate/nn';
import { generator } from 'osculate/tensor';
import type { Problem } from './problem.js';

/** Widths of the encoder; the decoder mirrors it. */
const widths = [784, 1000, 500, 250, 30];

/** Logistic units everywhere but in the code layer (linear) and in the last (logits: the loss applies the sigmoid). */
function autoencoder() {
  const all = [...widths, ...widths.slice(0, -1).reverse()];
  const weight = sparse(15);
  const layers = all.slice(1).flatMap((width, i): AnyLayer[] => {
    const layer = dense(all[i]!, width, { weight });
    const linear = width === widths.at(-1) || i === all.length - 2;
    return linear ? [layer] : [layer, activation('sigmoid')];
  });
  return sequential(layers);
}

/** The deep autoencoder that Hessian-free optimization was introduced on. */
export const autoencoderProblem: Problem = {
  name: 'autoencoder',
  title: 'Deep autoencoder on MNIST digits',
  description:
    'Autoencoder 784-1000-500-250-30-250-500-1000-784 (2.8 million parameters; Hinton and Salakhutdinov 2006, Martens 2010) ' +
    'on real handwritten digits, sparse initialisation with 15 connections a unit.',
  lossName: 'cross-entropy, summed over the pixels of a digit, mean over digits',
  errorName: 'squared reconstruction error, summed over the pixels of a digit, mean over digits',
  tuning:
    'the defaults of Adam and Nesterov (learning rate, 3 values each), Hessian-free (rows and damping, 8 combinations), K-FAC ' +
    '(damping, 2 values; EKFAC has the same), natural gradient and diagonal Gauss-Newton (damping, 2 and 3 ' +
    'values) were chosen on this problem by the training loss of short runs; other optimizers have their authors’ defaults',
  load: async (seed) => {
    const { train, test } = await mnistDigits();
    const layer = autoencoder();
    return {
      parameters: layer.init(generator(seed)),
      model: (weights, x) => layer.apply(weights, x),
      loss: sigmoidCrossEntropy('examples'),
      train: { x: train.x, y: train.x },
      test: { x: test.x, y: test.x },
      error: (outputs, targets) => {
        const r = outputs.sigmoid().sub(targets);
        return r
          .mul(r)
          .sum()
          .mul(1 / outputs.shape[0]!);
      },
    };
  },
};
