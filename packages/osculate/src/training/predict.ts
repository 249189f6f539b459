import type { ImportedModel } from '../import/index.js';
import type { FloatDType, Parameters } from '../nn/index.js';
import type { Executor } from '../runtime/index.js';
import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { generator } from '../tensor/random.js';
import { type Fields, inputArrays } from './data.js';
import { defaultExecutor } from './default-executor.js';
import { inputsByName, predictor, soleOutput } from './inference.js';
import { type NamedModel, prepareModel } from './trainable-model.js';

interface PredictOptions {
  /** What computes (default: the fastest at hand, made and freed by each call). */
  readonly executor?: Executor;
  /** The floats that are computed in (default f32). */
  readonly dtype?: FloatDType;
}

const predictOptions: OptionNames<PredictOptions> = { executor: 1, dtype: 1 };

/**
 * The output of a model that holds its parameters, for any number of rows, in inference: an array `[rows, …]`. It is what the last layer gives: logits
 * for a network that was trained with `softmaxCrossEntropy`. Several inputs are given by name. Each call compiles the model; to
 * predict often, `compile` it yourself, or keep the run of `fitModel`.
 * @throws InputError or ShapeError for inputs that do not fit, and for a model of several outputs.
 * @example
 * const model = await importOnnx('model.onnx');
 * const logits = await predict(model, [[0.5, -1], [2, 0]]);
 * logits.shape; // [2, 2]
 */
export async function predict<P extends Parameters>(
  model: ImportedModel | NamedModel<P>,
  x: Fields,
  options: PredictOptions = {},
): Promise<NDArray> {
  checkNames('predict', options, predictOptions);
  if (typeof model === 'object' && model !== null && 'init' in model) {
    throw new InputError('predict: a layer holds no parameters; use the predict of the run that fitModel gave');
  }
  const { dtype = 'f32' } = options;
  const prepared = prepareModel(model, { dtype, generator: generator(0) });
  const given = inputArrays(x, dtype);
  const { executor } = options.executor ? { executor: options.executor } : await defaultExecutor();
  try {
    return soleOutput(await predictor(prepared, executor)(prepared.parameters, inputsByName(prepared, given), {}));
  } finally {
    if (options.executor === undefined) await executor.dispose();
  }
}
