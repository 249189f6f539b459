import { float } from '../../../../src/onnx/attributes.js';
import { type Case, type Cases, isFloatType, type Numbers, s, t, v } from '../case.js';

const labels = (shape: readonly number[], values: Numbers) => v(values, shape);

const losses: readonly Case[] = ['mean', 'sum', 'none'].flatMap((reduction): Case[] => [
  { what: `${reduction}, rows`, inputs: [t([4, 3]), labels([4], [0, 2, 1, 2])], attributes: { reduction } },
  {
    what: `${reduction}, weights`,
    inputs: [t([4, 3]), labels([4], [0, 2, 1, 2]), t([3], 'positive')],
    attributes: { reduction },
  },
  {
    what: `${reduction}, images`,
    inputs: [t([2, 3, 2, 2]), labels([2, 2, 2], [0, 2, 1, 2, 0, 0, 1, 1])],
    attributes: { reduction },
  },
  {
    what: `${reduction}, ignored`,
    inputs: [t([4, 3]), labels([4], [0, 2, 1, 2])],
    attributes: { reduction, ignore_index: 2 },
  },
  {
    what: `${reduction}, an ignored label that is not a class`,
    inputs: [t([4, 3]), labels([4], [0, -1, 1, -1]), t([3], 'positive')],
    attributes: { reduction, ignore_index: -1 },
  },
  {
    what: `${reduction}, ignored with weights`,
    inputs: [t([2, 3, 2]), labels([2, 2], [0, 2, 1, 2]), t([3], 'positive')],
    attributes: { reduction, ignore_index: 1 },
  },
]);

type Update = (values: Readonly<Record<string, number>>) => Readonly<Record<string, number>>;

/** Every element of one tensor on its own, by the standard's pseudo code; `names` are the inputs behind rate and step. */
function elementwise(
  names: readonly string[],
  outputs: readonly string[],
  update: Update,
): NonNullable<Case['expected']> {
  return ([rate, step, ...tensors]) => {
    const results = Array.from(tensors[0]!, (_, i) =>
      update({
        R: Number(rate![0]),
        T: Number(step![0]),
        ...Object.fromEntries(names.map((n, j) => [n, Number(tensors[j]![i])])),
      }),
    );
    return outputs.map((name) => ({ shape: [tensors[0]!.length], values: results.map((r) => r[name]!) }));
  };
}

const [rho, decay, epsilon, alpha, beta, post] = [0.125, 0.25, 0.0625, 0.5, 0.75, 0.25];

const adagrad: Update = ({ R, T, X, G, H }) => {
  const r = R! / (1 + T! * decay);
  const g = rho * X! + G!;
  const next = H! + g * g;
  return { X: X! - (r * g) / (Math.sqrt(next) + epsilon), H: next };
};

const adam: Update = ({ R, T, X, G, V, H }) => {
  const g = rho * X! + G!;
  const mean = alpha * V! + (1 - alpha) * g;
  const squares = beta * H! + (1 - beta) * g * g;
  const r = T! > 0 ? (R! * Math.sqrt(1 - beta ** T!)) / (1 - alpha ** T!) : R!;
  const x = X! - (r * mean) / (Math.sqrt(squares) + epsilon);
  return { X: (1 - post) * x, V: mean, H: squares };
};

const momentum =
  (nesterov: boolean): Update =>
  ({ R, T, X, G, V }) => {
    const g = rho * X! + G!;
    const next = alpha * V! + (T! > 0 ? beta : 1) * g;
    return { X: X! - R! * (nesterov ? g + alpha * next : next), V: next };
  };

/** In the first step and in a later one. */
function steps(
  what: string,
  tensors: Case['inputs'],
  attributes: Case['attributes'],
  outputs: number,
  expected: NonNullable<Case['expected']>,
): Case[] {
  return [0, 3].map(
    (step): Case => ({
      what: `${what}, step ${step}`,
      inputs: [s(0.5), s(step), ...tensors],
      attributes: attributes!,
      outputs,
      types: ({ T1, T3 }) => T1 === T3 && isFloatType(T3),
      expected,
    }),
  );
}

const x = t([5]);
const positive = t([5], 'positive');
const regular = { norm_coefficient: float(rho) };

/** Runtimes for inference have no kernels for them: the standard's formulas. */
export const trainings: Cases = {
  NegativeLogLikelihoodLoss: losses,
  SoftmaxCrossEntropyLoss: [
    ...losses,
    ...losses.map((given) => ({ ...given, what: `${given.what}, with log probabilities`, outputs: 2 })),
  ],
  'ai.onnx.preview.training.Adagrad': steps(
    'one tensor',
    [x, x, positive],
    { ...regular, decay_factor: float(decay), epsilon: float(epsilon) },
    2,
    elementwise(['X', 'G', 'H'], ['X', 'H'], adagrad),
  ),
  'ai.onnx.preview.training.Adam': steps(
    'one tensor',
    [x, x, x, positive],
    { ...regular, norm_coefficient_post: float(post), alpha: float(alpha), beta: float(beta), epsilon: float(epsilon) },
    3,
    elementwise(['X', 'G', 'V', 'H'], ['X', 'V', 'H'], adam),
  ),
  'ai.onnx.preview.training.Momentum': ['standard', 'nesterov'].flatMap((mode) =>
    steps(
      mode,
      [x, x, x],
      { ...regular, alpha: float(alpha), beta: float(beta), mode },
      2,
      elementwise(['X', 'G', 'V'], ['X', 'V'], momentum(mode === 'nesterov')),
    ),
  ),
};
