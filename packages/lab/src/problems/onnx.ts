import { readNpz } from 'osculate/data';
import { type ImportedModel, importOnnx } from 'osculate/import';
import { softmaxCrossEntropy, squaredError } from 'osculate/nn';
import { readFileBytes } from 'osculate/node';
import { decodeModel } from 'osculate/onnx';
import type { NDArray } from 'osculate/tensor';
import { UsageError } from '../usage-error.js';
import { accuracyMeasures, accuracyOf, lossMeasures, lossOn, onBoth } from './measures.js';
import type { Examples, Family, LoadedProblem, Measure, Problem } from './problem.js';

type LossName = 'squared-error' | 'cross-entropy';

async function fileBytes(name: string, path: string): Promise<Uint8Array> {
  try {
    return await readFileBytes(path);
  } catch (cause) {
    throw new UsageError(`"${name}": cannot read "${path}": ${(cause as Error).message}`, { cause });
  }
}

/** The model, with the open sizes of its input taken from the data. */
function modelFor(name: string, file: Uint8Array, x: NDArray): { model: ImportedModel; input: string; output: string } {
  const proto = decodeModel(file);
  const stored = new Set(proto.graph?.initializer.map((t) => t.name));
  const inputs = proto.graph?.input.filter((i) => !stored.has(i.name)) ?? [];
  const [first] = inputs;
  if (inputs.length !== 1 || first?.name === undefined) {
    throw new UsageError(`"${name}": the model has ${inputs.length} inputs; one is needed, for the examples x`);
  }
  const sizes = first.type?.tensorType?.shape?.dim?.map((d, i) => d.dimValue ?? x.shape[i] ?? 1) ?? x.shape;
  const model = importOnnx(proto, { inputShapes: { [first.name]: sizes } });
  return { model, input: first.name, output: model.outputs[0]!.name };
}

/** The arrays x and y of a file, and xTest and yTest, which default to them. */
function examplesOf(
  name: string,
  path: string,
  arrays: Record<string, NDArray>,
): Pick<LoadedProblem, 'train' | 'test'> {
  const { x, y, xTest, yTest } = arrays;
  if (!x || !y || !xTest !== !yTest) {
    throw new UsageError(
      `"${name}": "${path}" holds ${Object.keys(arrays).join(', ') || 'nothing'}; it must hold x and y, and may hold xTest and yTest`,
    );
  }
  const train: Examples = { x, y };
  return { train, test: xTest && yTest ? { x: xTest, y: yTest } : train };
}

async function loadOnnx(name: string, path: string, data: string, lossName: LossName): Promise<LoadedProblem> {
  const sets = examplesOf(name, data, readNpz(await fileBytes(name, data)));
  const { model, input, output } = modelFor(name, await fileBytes(name, path), sets.train.x);
  return {
    parameters: model.parameters,
    model: (weights, x) => model.call(weights, { [input]: x })[output]!,
    loss: lossName === 'cross-entropy' ? softmaxCrossEntropy() : squaredError(),
    ...sets,
    measurements: {
      loss: lossOn(sets.train),
      testLoss: lossOn(sets.test),
      ...(lossName === 'cross-entropy' ? onBoth(sets, 'accuracy', accuracyOf) : {}),
    },
  };
}

/** Says of a measure on the test set that there need not be one. */
const withTestSet = (measure: Measure): Measure =>
  measure.key.startsWith('test')
    ? { ...measure, meaning: `${measure.meaning}; on x and y where the data file has no xTest and yTest` }
    : measure;

/** A user's model with a user's data: starts at the weights in the file. */
export const onnxFamily: Family = {
  name: 'onnx',
  summary: 'an ONNX model of yours with your data (npz with x, y and perhaps xTest, yTest)',
  argument: { placeholder: 'model.onnx', example: 'model.onnx:data=data.npz' },
  settings: { data: '', loss: 'squared-error' },
  make: (name, path, settings): Problem => {
    const [data, loss] = [String(settings.data), settings.loss as LossName];
    if (data === '') throw new UsageError(`"${name}": say where the data are: onnx:model.onnx:data=data.npz`);
    if (loss !== 'squared-error' && loss !== 'cross-entropy') {
      throw new UsageError(`"${name}": loss must be squared-error or cross-entropy, got "${loss}"`);
    }
    const classes = loss === 'cross-entropy';
    return {
      name,
      title: `${path} on ${data}`,
      description: `The model ${path}, from the weights in the file, with ${classes ? 'cross-entropy' : 'squared error'} on ${data}.`,
      kind: 'supervised',
      dtype: 'f32',
      difficulty: 'unknown',
      measures: [
        ...lossMeasures(classes ? 'cross-entropy in nats, mean over examples' : 'squared error, mean over outputs'),
        ...(classes ? accuracyMeasures('examples') : []),
      ].map(withTestSet),
      optimizers: ['adam', 'nesterov', 'hessian-free'],
      budget: 60,
      executor: 'onnxruntime',
      tuning: 'none: the defaults of the library, which were chosen on small networks of five kinds',
      load: () => loadOnnx(name, path, data, loss),
    };
  },
};
