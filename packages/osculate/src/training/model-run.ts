import { writePath } from '../data/environment.js';
import { writeSafetensors } from '../data/write-safetensors.js';
import { exportOnnx } from '../export/index.js';
import { writeParameters } from '../import/index.js';
import type { FloatDType, Parameters } from '../nn/index.js';
import type { Objective } from '../objective/objective.js';
import { encodeModel } from '../onnx/index.js';
import type { Executor } from '../runtime/index.js';
import { showValue } from '../tensor/check-value.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { sameShape, showShape } from '../tensor/shape.js';
import { leaves } from '../tensor/tree.js';
import { type Examples, type ExamplesFrom, type Fields, inputArrays } from './data.js';
import type { Epoch, Measures } from './history.js';
import { inputsByName, predictor, type StatisticsByName, soleOutput } from './inference.js';
import type { Prepared } from './trainable-model.js';

/** Why a run ended. */
export type FitReason = 'epochs' | 'steps' | 'seconds' | 'early stopping' | 'cancelled' | 'diverged';

/** What a run is made of. */
export interface RunParts<P extends Parameters> {
  readonly model: Prepared;
  readonly parameters: P;
  readonly statistics: StatisticsByName;
  readonly dtype: FloatDType;
  readonly objective: Objective;
  readonly executor: Executor;
  readonly ownsExecutor: boolean;
  readonly history: readonly Epoch[];
  readonly reason: FitReason;
  readonly bestEpoch: number;
  readonly notes: readonly string[];
  /** Shapes and dtypes of the inputs, without the axis of rows. */
  readonly inputs: Readonly<Record<string, Pick<NDArray, 'dtype' | 'shape'>>>;
  readonly checkpoint: () => Uint8Array | null;
  readonly evaluate: (examples: Examples | ExamplesFrom) => Promise<Measures>;
}

/**
 * A trained model: what `fitModel` gives. It holds programs; `dispose` frees them.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), epochs: 2 });
 * const outputs = await run.predict([[0.5, -1], [2, 0]]);
 * outputs.shape; // [2, 2]
 * await run.save('net.onnx');
 * await run.dispose();
 */
export class ModelRun<P extends Parameters = Parameters> {
  /**
   * The trained parameters in the nesting of the model: those of the best epoch after early stopping, else the last ones. They are not copied: checkpoint
   * and evaluation are of the same arrays.
   */
  readonly parameters: P;
  /** An entry for each epoch. */
  readonly history: readonly Epoch[];
  /** Why the run ended. */
  readonly reason: FitReason;
  /** The epoch with the lowest loss (of validation, where there is one); 0 for none. */
  readonly bestEpoch: number;
  /** What was trained on, in training mode with the masks that were drawn last: for `hessian(run.objective, run.parameters)`. */
  readonly objective: Objective;
  /** What a user should know: a slow executor, parameters that the loss does not reach, what is held. */
  readonly notes: readonly string[];
  /** Means and variances by which batch normalisations predict: `statistics.0.mean`, `statistics.0.variance`, …. */
  readonly statistics: StatisticsByName;
  private readonly compute: ReturnType<typeof predictor>;
  private disposed = false;

  constructor(private readonly parts: RunParts<P>) {
    this.parameters = parts.parameters;
    this.history = parts.history;
    this.reason = parts.reason;
    this.bestEpoch = parts.bestEpoch;
    this.objective = parts.objective;
    this.notes = parts.notes;
    this.statistics = parts.statistics;
    this.compute = predictor(parts.model, parts.executor);
  }

  /**
   * The model's output for any number of rows, in inference: an array `[rows, …]`. Computed in pieces of at most 1000 rows.
   * @throws InputError for a model of several outputs: see `predictAll`.
   */
  async predict(x: Fields): Promise<NDArray> {
    return soleOutput(await this.predictAll(x));
  }

  /** All outputs of the model by name, for any number of rows. */
  async predictAll(x: Fields): Promise<Record<string, NDArray>> {
    this.requireAlive('predict');
    const { model, inputs, dtype } = this.parts;
    const given = inputArrays(x, dtype);
    const expected = Object.keys(inputs);
    const missing = expected.find((name) => given[name] === undefined);
    if (missing !== undefined) {
      throw new InputError(
        `predict: the input "${missing}" is missing; the model was trained on ${expected.join(', ')}`,
      );
    }
    for (const name of expected) {
      const [found, { shape }] = [given[name]!.shape, inputs[name]!];
      if (found.length === shape.length + 1) continue;
      throw new ShapeError(
        `predict: "${name}" has shape ${showShape(found)}; give rows of shape ${showShape(shape)}, one row as a list of one`,
      );
    }
    try {
      return await this.compute(this.parameters, inputsByName(model, given, expected), this.statistics);
    } catch (error) {
      const other = expected.find((name) => !sameShape(given[name]!.shape.slice(1), inputs[name]!.shape));
      if (other === undefined || !(error instanceof ShapeError)) throw error;
      const [found, trained] = [given[other]!.shape.slice(1), inputs[other]!.shape].map(showShape);
      throw new ShapeError(`predict: rows of "${other}" are ${found}, and the model was trained on ${trained}`, {
        cause: error,
      });
    }
  }

  /** The mean loss, and the measures of the loss such as `accuracy`, on examples, in inference. */
  async evaluate(examples: Examples | ExamplesFrom): Promise<Measures> {
    this.requireAlive('evaluate');
    if (typeof examples !== 'object' || examples === null || !('x' in examples || 'read' in { ...examples.data })) {
      throw new InputError('evaluate: give the examples in one object, as { x, y } or { data }');
    }
    return this.parts.evaluate(examples);
  }

  /** The trained model as the bytes of an ONNX file: an imported one with its other contents as they were. */
  toOnnx(): Uint8Array {
    const { model, inputs, parameters, statistics } = this.parts;
    const { imported } = model;
    if (imported) return encodeModel(writeParameters(imported.file, imported, parameters));
    const shapes = Object.entries(inputs).map(([name, { dtype, shape }]) => [name, { dtype, shape: ['N', ...shape] }]);
    return encodeModel(
      exportOnnx((weights, given, context) => model.call(weights, given, context), {
        parameters,
        inputs: Object.fromEntries(shapes),
        ...(Object.keys(statistics).length > 0 && { statistics }),
      }),
    );
  }

  /** Writes the trained model: `.onnx` as a model, `.safetensors` as named parameters and statistics. @throws InputError for another ending. */
  async save(path: string): Promise<void> {
    if (typeof path !== 'string') throw new InputError(`save: the path is ${showValue(path)}; give a string`);
    if (path.endsWith('.onnx')) return writePath('save', path, this.toOnnx());
    if (path.endsWith('.safetensors')) {
      const named = Object.fromEntries(leaves<NDArray>(this.parameters));
      return writePath('save', path, writeSafetensors({ ...named, ...this.statistics }));
    }
    throw new InputError(`save: "${path}" ends neither in .onnx nor in .safetensors`);
  }

  /** The bytes of a checkpoint, for `fitModel({ …, resume })`: optimizer, generator, history and best epoch. */
  checkpoint(): Uint8Array {
    const contents = this.parts.checkpoint();
    if (contents) return contents;
    throw new InputError('checkpoint: the run made no step');
  }

  /** Writes a checkpoint to go on from by `fitModel({ …, resume: path })`. */
  saveCheckpoint(path: string): Promise<void> {
    return writePath('saveCheckpoint', path, this.checkpoint());
  }

  private requireAlive(what: string): void {
    if (!this.disposed) return;
    throw new InputError(
      `${what}: the run has been disposed of; call dispose last, or save the model and load it by importOnnx`,
    );
  }

  /** Frees the programs, and the executor if it was not given. Parameters, history and files remain at hand. */
  async dispose(): Promise<void> {
    this.disposed = true;
    await this.parts.objective.dispose();
    if (this.parts.ownsExecutor) await this.parts.executor.dispose();
  }
}
