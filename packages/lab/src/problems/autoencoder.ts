import { type AnyLayer, dense, sequential, sigmoid, sigmoidCrossEntropy, sparse } from 'osculate/nn';
import type { Batch } from 'osculate/objective';
import { generator, type Tensor } from 'osculate/tensor';
import { UsageError } from '../usage-error.js';
import { checkCounts } from './check-counts.js';
import { firstRows, imageSets } from './image-sets.js';
import { lossMeasures, lossOn, onBoth } from './measures.js';
import type { Family } from './problem.js';

/** Widths of the encoder; the decoder mirrors it. */
const widths = [784, 1000, 500, 250, 30];

/** Logistic units everywhere but in the code layer (linear) and in the last (logits: the loss applies the sigmoid). */
function autoencoder(scale: number) {
  const encoder = widths.map((width, i) => (i === 0 ? width : Math.round(scale * width)));
  const all = [...encoder, ...encoder.slice(0, -1).reverse()];
  const layers = all.slice(1).flatMap((width, i): AnyLayer[] => {
    const layer = dense(all[i]!, width, { weight: sparse(Math.min(15, all[i]!)) });
    const linear = i === encoder.length - 2 || i === all.length - 2;
    return linear ? [layer] : [layer, sigmoid()];
  });
  return sequential(layers);
}

function reconstructionError({ outputs, targets }: Batch): Tensor {
  const r = outputs.sigmoid().sub(targets.y!);
  return r
    .mul(r)
    .sum()
    .mul(1 / outputs.shape[0]!);
}

const errorMeasure = {
  meaning: 'squared reconstruction error, summed over the pixels of a digit, mean over digits',
  better: 'lower',
  logarithmic: true,
} as const;

/** The deep autoencoder that Hessian-free optimization was introduced on. */
export const autoencoderFamily: Family = {
  name: 'autoencoder',
  summary: 'the deep autoencoder of Hinton and Salakhutdinov on MNIST',
  settings: { rows: 0, scale: 1 },
  make: (name, _, settings) => {
    checkCounts(name, settings, ['rows']);
    const [scale, rows] = [Number(settings.scale), Number(settings.rows)];
    if (!(scale >= 0.05 && scale <= 4)) throw new UsageError(`"${name}": scale must be 0.05 to 4, got ${scale}`);
    return {
      name,
      title: 'Deep autoencoder on MNIST digits',
      description:
        'Autoencoder 784-1000-500-250-30-250-500-1000-784 (2.8 million parameters; Hinton and Salakhutdinov 2006, Martens 2010) ' +
        'on real handwritten digits, sparse initialisation with 15 connections a unit' +
        `${scale === 1 ? '' : `; hidden layers ${scale} times as wide`}.`,
      kind: 'supervised',
      dtype: 'f32',
      difficulty: 'a long plateau: the narrow code layer makes curvature differ by orders of magnitude between layers',
      measures: [
        ...lossMeasures('cross-entropy, summed over the pixels of a digit, mean over digits'),
        { key: 'error', title: 'train error', ...errorMeasure },
        { key: 'testError', title: 'test error', ...errorMeasure },
      ],
      target: {
        measure: 'testError',
        value: 10,
        source: 'chosen for these comparisons, not from the literature',
      },
      optimizers: ['adam', 'nesterov', 'hessian-free:gradientRows=1000', 'kfac'],
      budget: 60,
      executor: 'onnxruntime',
      tuning:
        'the rows of Hessian-free were chosen on this problem by the training loss of short runs; all else are the defaults of the library, ' +
        'which were chosen on small networks of five kinds',
      load: async (seed) => {
        const digits = await imageSets.mnist.load();
        const [train, test] = [firstRows(digits.train, rows), firstRows(digits.test, rows)].map(({ x }) => ({
          x,
          y: x,
        }));
        const layer = autoencoder(scale);
        const sets = { train: train!, test: test! };
        return {
          parameters: layer.init(generator(seed)),
          model: layer.apply,
          loss: sigmoidCrossEntropy({ reduction: 'examples' }),
          ...sets,
          measurements: {
            loss: lossOn(sets.train),
            testLoss: lossOn(sets.test),
            ...onBoth(sets, 'error', reconstructionError),
          },
        };
      },
    };
  },
};
