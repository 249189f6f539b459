import { windows } from 'osculate/data';
import {
  type AnyLayer,
  dense,
  embedding,
  layerNorm,
  lstm,
  positions,
  sequential,
  softmaxCrossEntropy,
  transformerBlock,
} from 'osculate/nn';
import { mobyDick } from 'osculate/node';
import { generator } from 'osculate/tensor';
import { UsageError } from '../usage-error.js';
import { checkCounts } from './check-counts.js';
import { firstRows } from './image-sets.js';
import { accuracyMeasures, accuracyOf, lossMeasures, lossOn, onBoth } from './measures.js';
import { once } from './once.js';
import type { Described, Family, Problem, Settings } from './problem.js';

const novel = once(() => mobyDick());

/** What is left to say of a model that predicts the next character. */
interface CharacterModel extends Described {
  readonly settings: Readonly<Record<string, number>>;
  readonly target: number;
  network(vocabulary: number, settings: Readonly<Record<string, number>>): AnyLayer;
}

const models: readonly CharacterModel[] = [
  {
    ...{ name: 'moby-lstm', title: 'Character LSTM on Moby-Dick', summary: 'an LSTM on the characters of Moby-Dick' },
    description: 'Embedding, one LSTM layer and a softmax predict the next character of Melville’s novel.',
    difficulty: 'gradients through the whole window, and classes as unevenly frequent as letters',
    settings: { length: 64, hidden: 128, size: 32, rows: 0 },
    target: 1.8,
    network: (vocabulary, { hidden = 0, size = 0 }) =>
      sequential([embedding(vocabulary, size), lstm(size, hidden, { output: 'sequence' }), dense(hidden, vocabulary)]),
  },
  {
    ...{ name: 'moby-transformer', title: 'Character Transformer on Moby-Dick' },
    summary: 'a causal Transformer on the characters of Moby-Dick',
    description:
      'A causal Transformer (pre-norm blocks, learned positions) predicts the next character of Melville’s novel.',
    difficulty:
      'attention, embeddings and dense layers see gradients of very different sizes, so that one learning rate suits few of them',
    settings: { length: 64, size: 64, heads: 4, blocks: 2, rows: 0 },
    target: 2,
    network: (vocabulary, { length = 0, size = 0, heads = 0, blocks = 0 }) =>
      sequential([
        embedding(vocabulary, size),
        positions(length, size),
        ...Array.from({ length: blocks }, () => transformerBlock(size, heads, { causal: true })),
        layerNorm(size),
        dense(size, vocabulary),
      ]),
  },
];

function characterProblem(name: string, of: CharacterModel, settings: Settings): Problem {
  checkCounts(name, settings, Object.keys(settings));
  const [length, rows] = [Number(settings.length), Number(settings.rows)];
  if (Number(settings.size) % Number(settings.heads ?? 1) !== 0) {
    throw new UsageError(`"${name}": size is ${settings.size}; it must be a multiple of heads, ${settings.heads}`);
  }
  return {
    ...{ name, title: of.title, difficulty: of.difficulty, kind: 'supervised', dtype: 'f32' },
    description: `${of.description} Windows of ${length} characters; the last tenth of the book is for testing.`,
    measures: [...lossMeasures('cross-entropy in nats, mean over characters'), ...accuracyMeasures('characters')],
    target: {
      measure: 'testLoss',
      value: of.target,
      source: 'chosen for these comparisons, not from the literature',
    },
    optimizers: [
      'adam:batchSize=64',
      'adamw:batchSize=64',
      'muon:batchSize=64',
      'soap:batchSize=64',
      'sophia-g:batchSize=64',
    ],
    budget: 120,
    executor: 'onnxruntime',
    tuning: 'none on this problem: the defaults of the library, with batches of 64 windows',
    load: async (seed) => {
      const text = await novel();
      const [train, test] = [firstRows(windows(text.train, length), rows), firstRows(windows(text.test, length), rows)];
      const layer = of.network(text.vocabulary.length, settings as Readonly<Record<string, number>>);
      return {
        parameters: layer.init(generator(seed)),
        model: layer.apply,
        ...{ loss: softmaxCrossEntropy(), train, test },
        measurements: {
          loss: lossOn(train),
          testLoss: lossOn(test),
          ...onBoth({ train, test }, 'accuracy', accuracyOf),
        },
      };
    },
  };
}

/** Models of the characters of a novel; `rows` shrinks the number of windows. */
export const textFamilies: readonly Family[] = models.map((of) => ({
  name: of.name,
  summary: of.summary,
  settings: of.settings,
  make: (name, _, settings) => characterProblem(name, of, settings),
}));
