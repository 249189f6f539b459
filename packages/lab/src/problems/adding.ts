import { dense, lstm, rnn, sequential, squaredError } from 'osculate/nn';
import { generator } from 'osculate/tensor';
import { UsageError } from '../usage-error.js';
import { checkCounts } from './check-counts.js';
import { lossMeasures, lossOn } from './measures.js';
import type { Examples, Family } from './problem.js';

/** Sequences of two channels: uniform numbers, and marks on one in each half; the target is the sum of the marked numbers. */
export function addingExamples(rows: number, length: number, seed: number): Examples {
  const random = generator(seed);
  const [x, y] = [new Float32Array(rows * length * 2), new Float32Array(rows)];
  const half = Math.floor(length / 2);
  for (let i = 0; i < rows; i++) {
    for (let t = 0; t < length; t++) x[2 * (i * length + t)] = random.uniform();
    for (const t of [random.integer(half), half + random.integer(length - half)]) {
      x[2 * (i * length + t) + 1] = 1;
      y[i]! += x[2 * (i * length + t)]!;
    }
  }
  return {
    x: { dtype: 'f32', shape: [rows, length, 2], data: x },
    y: { dtype: 'f32', shape: [rows, 1], data: y },
  };
}

/** The adding problem of Hochreiter and Schmidhuber 1997: what recurrent networks with vanishing gradients cannot learn. */
export const addingFamily: Family = {
  name: 'adding',
  summary: 'the adding problem of length 100: long memory in a recurrent network',
  settings: { length: 100, hidden: 32, rows: 5000, cell: 'lstm' },
  make: (name, _, settings) => {
    checkCounts(name, settings, ['length', 'hidden', 'rows']);
    const [length, hidden, rows] = [Number(settings.length), Number(settings.hidden), Number(settings.rows)];
    const { cell } = settings;
    if (length < 2) throw new UsageError(`"${name}": length is ${length}; it must be at least 2`);
    if (rows < 1) throw new UsageError(`"${name}": rows is ${rows}; the data are drawn, so say how many`);
    if (cell !== 'lstm' && cell !== 'rnn') throw new UsageError(`"${name}": cell must be lstm or rnn, got "${cell}"`);
    const recurrent = cell === 'lstm' ? lstm(2, hidden, { output: 'last' }) : rnn(2, hidden, { output: 'last' });
    const layer = sequential([recurrent, dense(hidden, 1)]);
    return {
      name,
      title: `The adding problem, length ${length}`,
      description:
        `A recurrent network (${cell}, ${hidden} units) reads ${length} pairs of a number in [0, 1] and a mark, and gives the sum of ` +
        `the two marked numbers (Hochreiter and Schmidhuber 1997); ${rows} sequences to learn from, 1,000 others to test.`,
      kind: 'supervised',
      dtype: 'f32',
      difficulty:
        'nothing is learned until the gradient finds the marks across the whole length: the loss stays at 1/6 and then falls',
      measures: lossMeasures('squared error, mean over sequences (1/6 for the constant answer 1)'),
      target: { measure: 'testLoss', value: 1.67e-2, source: 'a tenth of the variance of the sum, 1/6' },
      optimizers: ['adam:learningRate=0.003', 'rmsprop', 'nesterov:learningRate=0.05', 'soap', 'muon', 'hessian-free'],
      budget: 60,
      executor: 'onnxruntime',
      tuning: 'none: the learning rates of Adam and Nesterov are guesses, the rest the defaults of the library',
      load: async (seed) => {
        // The data do not change with the start.
        const [train, test] = [addingExamples(rows, length, 1), addingExamples(Math.min(rows, 1000), length, 2)];
        return {
          parameters: layer.init(generator(seed)),
          model: layer.apply,
          ...{ loss: squaredError(), train, test },
          measurements: { loss: lossOn(train), testLoss: lossOn(test) },
        };
      },
    };
  },
};
