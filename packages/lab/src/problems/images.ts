import {
  type AnyLayer,
  conv2d,
  dense,
  flatten,
  lstm,
  maxPool2d,
  relu,
  rnn,
  sequential,
  softmaxCrossEntropy,
  tanh,
} from 'osculate/nn';
import { generator, type Tensor } from 'osculate/tensor';
import { checkCounts } from './check-counts.js';
import { firstRows, type ImageSetName, imageSets as sets } from './image-sets.js';
import { accuracyMeasures, accuracyOf, lossMeasures, lossOn, onBoth } from './measures.js';
import type { Described, Family, Problem, Settings, Target } from './problem.js';

/** What is left to say of a classifier of 28 × 28 images. */
interface Classifier extends Described {
  /** Settings of the network with their defaults. */
  readonly settings: Readonly<Record<string, number>>;
  readonly target: Target;
  readonly optimizers: readonly string[];
  network(settings: Readonly<Record<string, number>>): AnyLayer;
}

function classifierProblem(name: string, of: Classifier, set: ImageSetName, settings: Settings): Problem {
  checkCounts(name, settings, Object.keys(settings));
  const { load, what, title } = sets[set];
  const layer = of.network(settings as Readonly<Record<string, number>>);
  const rows = Number(settings.rows);
  return {
    name,
    title: `${of.title} on ${title}`,
    description: `${of.description} The data: ${rows === 0 ? 'all' : `${rows} of the`} ${what} of ${title}.`,
    kind: 'supervised',
    dtype: 'f32',
    difficulty: of.difficulty,
    measures: [...lossMeasures(`cross-entropy in nats, mean over ${what}`), ...accuracyMeasures(what)],
    target: of.target,
    optimizers: of.optimizers,
    budget: 60,
    executor: 'onnxruntime',
    tuning: 'none on this problem: the defaults of the library, which were chosen on small networks of five kinds',
    load: async (seed) => {
      const { train: all, test: held } = await load();
      const [train, test] = [firstRows(all, rows), firstRows(held, rows)];
      const loss = softmaxCrossEntropy();
      return {
        parameters: layer.init(generator(seed)),
        model: layer.apply,
        ...{ loss, train, test },
        measurements: {
          loss: lossOn(train),
          testLoss: lossOn(test),
          ...onBoth({ train, test }, 'accuracy', accuracyOf),
        },
      };
    },
  };
}

const images = (x: Tensor): Tensor => x.reshape([x.shape[0]!, 1, 28, 28]);
/** An image as a sequence of its 28 rows. */
const rowByRow = (x: Tensor): Tensor => x.reshape([x.shape[0]!, 28, 28]);

const deepMethods = [
  'adam',
  'adamw',
  'nesterov:learningRate=0.05',
  'muon',
  'soap',
  'shampoo',
  'kfac',
  'hessian-free:gradientRows=1000',
];

const testAccuracy = (value: number, source: string): Target => ({ measure: 'testAccuracy', value, source });

const classifiers: readonly (Classifier & { readonly set: ImageSetName })[] = [
  {
    ...{ name: 'mnist-logistic', set: 'mnist', summary: 'logistic regression on MNIST: convex' },
    title: 'Logistic regression',
    description: 'Softmax regression 784-10 (7,850 parameters).',
    difficulty: 'convex, but badly conditioned: edge pixels are nearly always black, and the minimum is at infinity',
    settings: {},
    target: testAccuracy(0.9, 'LeCun et al. 1998: linear classifiers have 12 % errors, 8.4 % on deskewed images'),
    optimizers: ['adam', 'nesterov:learningRate=0.05', 'kfac', 'hessian-free:gradientRows=1000', 'lbfgs', 'newton-cg'],
    network: () => dense(784, 10),
  },
  {
    ...{ name: 'mnist-mlp', set: 'mnist', summary: 'a small multilayer perceptron on MNIST' },
    title: 'Multilayer perceptron',
    description: 'Perceptron 784-hidden-hidden-10 with tanh units.',
    difficulty: 'smooth and small: a check that a method works at all; with 8,000 digits it can be fitted exactly',
    settings: { hidden: 100 },
    target: testAccuracy(0.96, 'chosen for these comparisons, not from the literature'),
    optimizers: deepMethods,
    network: ({ hidden = 0 }) =>
      sequential([dense(784, hidden), tanh(), dense(hidden, hidden), tanh(), dense(hidden, 10)]),
  },
  ...(['mnist', 'fashion-mnist'] as const).map((set) => ({
    ...{ name: `${set}-cnn`, set, summary: `a convolutional network on ${sets[set].title}` },
    title: 'Convolutional network',
    description:
      'LeNet-like: two 5 × 5 convolutions with ReLU and 2 × 2 max-pooling, a dense layer of 64 units, 10 classes.',
    difficulty: 'weight sharing and pooling: Kronecker factors are approximations here beyond those for dense layers',
    settings: { channels: 8 },
    target:
      set === 'mnist'
        ? testAccuracy(0.98, 'LeNet-5 has 0.95 % errors with 60,000 digits (LeCun et al. 1998); here are 8,000')
        : testAccuracy(0.9, 'chosen for these comparisons, not from the literature'),
    optimizers: deepMethods,
    network: ({ channels = 0 }: Readonly<Record<string, number>>) =>
      sequential([
        ...[images, conv2d(1, channels, 5), relu(), maxPool2d(2)],
        ...[conv2d(channels, 2 * channels, 5), relu(), maxPool2d(2), flatten()],
        ...[dense(2 * channels * 16, 64), relu(), dense(64, 10)],
      ]),
  })),
  ...(['rnn', 'lstm'] as const).map((cell) => ({
    ...{
      name: `mnist-${cell}`,
      set: 'mnist' as const,
      summary: `an ${cell.toUpperCase()} that reads MNIST row by row`,
    },
    title: cell === 'rnn' ? 'Elman network, row by row,' : 'LSTM, row by row,',
    description: `A recurrent network (${cell}) reads the 28 rows of an image in turn and classifies from its last state.`,
    difficulty:
      'gradients through 28 steps: they vanish or explode where the recurrent weights are not close to orthogonal',
    settings: { hidden: 64 },
    target: testAccuracy(0.95, 'chosen for these comparisons, not from the literature'),
    optimizers: ['adam', 'adamw', 'rmsprop', 'nesterov', 'muon', 'soap', 'shampoo', 'hessian-free:gradientRows=1000'],
    network: ({ hidden = 0 }: Readonly<Record<string, number>>) =>
      sequential([rowByRow, (cell === 'rnn' ? rnn : lstm)(28, hidden, { output: 'last' }), dense(hidden, 10)]),
  })),
];

/** Classifiers of images; `rows` shrinks both sets. */
export const imageFamilies: readonly Family[] = classifiers.map((of) => ({
  name: of.name,
  summary: of.summary,
  settings: { rows: 0, ...of.settings },
  make: (name, _, settings) => classifierProblem(name, of, of.set, settings),
}));
