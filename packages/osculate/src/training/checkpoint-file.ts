import { looksLike } from '../data/file-kind.js';
import { readSafetensors } from '../data/read-safetensors.js';
import { writeSafetensors } from '../data/write-safetensors.js';
import type { Vector } from '../linalg/vectors.js';
import { fromCheckpoint, toCheckpoint } from '../optim/checkpoint.js';
import type { Optimizer, OptimizerState } from '../optim/optimizer.js';
import type { TrainSnapshot } from '../optim/train.js';
import { InputError } from '../tensor/errors.js';
import { ndarray } from '../tensor/ndarray.js';
import type { Epoch } from './history.js';

/** Where a run stands beside its optimizer. */
export interface RunState {
  readonly history: readonly Epoch[];
  /** Losses of the epoch under way: their sum and number. */
  readonly partial: readonly [sum: number, count: number];
  /** The parameters of the epoch with the lowest watched loss, and which it is (0: none yet). */
  readonly best: { readonly epoch: number; readonly loss: number; readonly parameters: Vector };
}

const methodOf = ({ name, settings }: Optimizer): string => JSON.stringify([name, settings]);

/** @throws InputError that names the method, or the first setting, in which a checkpoint's optimizer differs. */
function requireMethod(text: string, { name, settings }: Optimizer): void {
  const { 0: other, 1: given } = parsed(text);
  if (other !== name) {
    throw new InputError(
      `fitModel: the checkpoint is of ${String(other)}, and the optimizer is ${name}; resume with ${String(other)}`,
    );
  }
  const before = typeof given === 'object' && given !== null ? given : {};
  const now: object = JSON.parse(JSON.stringify(settings));
  for (const key of new Set([...Object.keys(now), ...Object.keys(before)])) {
    const [a, b] = [before, now].map((of) => JSON.stringify(Reflect.get(of, key)) ?? 'not given');
    if (a === b) continue;
    throw new InputError(
      `fitModel: the checkpoint was made by ${name} with ${key} ${a}, and now ${key} is ${b}; resume with the settings of before`,
    );
  }
}

/** A run on examples of the mark `rows` as the bytes of a safetensors file. */
export function encodeRun(snapshot: TrainSnapshot, state: RunState, optimizer: Optimizer, rows: string): Uint8Array {
  const { tensors, metadata } = toCheckpoint(snapshot);
  const { history, partial, best } = state;
  const dtype = best.parameters instanceof Float32Array ? 'f32' : 'f64';
  const training = JSON.stringify({ history, partial, epoch: best.epoch, loss: String(best.loss) });
  return writeSafetensors(
    { ...tensors, best: ndarray(dtype, best.parameters) },
    { ...metadata, optimizer: methodOf(optimizer), rows, training },
  );
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

function isEpoch(value: unknown): value is Epoch {
  if (typeof value !== 'object' || value === null) return false;
  const { epoch, step, seconds, loss } = value as Partial<Epoch>;
  return isNumber(epoch) && isNumber(step) && isNumber(seconds) && (isNumber(loss) || loss === null);
}

/** A checkpoint to go on from, with the examples of now. */
interface CheckpointFile {
  readonly bytes: Uint8Array;
  /** How messages call it. */
  readonly what: string;
  /** The mark of the examples: see `rowsMark`. */
  readonly rows: string;
}

function readCheckpoint(bytes: Uint8Array, what: string): ReturnType<typeof readSafetensors> {
  try {
    const found = readSafetensors(bytes);
    if (found.metadata.training !== undefined) return found;
  } catch (cause) {
    throw new InputError(`fitModel: ${what} is not a checkpoint of a run${looksLike(bytes)}`, { cause });
  }
  throw new InputError(`fitModel: ${what} is not a checkpoint of a run; make one by saveCheckpoint`);
}

/**
 * Reads what `encodeRun` wrote; `like` is a fresh state of the optimizer.
 * @throws InputError when the bytes are not a checkpoint, or one of another optimizer or model.
 */
export function decodeRun<S extends OptimizerState>(
  { bytes, what, rows }: CheckpointFile,
  optimizer: Optimizer<S>,
  like: S,
): { snapshot: TrainSnapshot<S>; state: RunState } {
  const { tensors, metadata } = readCheckpoint(bytes, what);
  if (metadata.optimizer !== undefined) requireMethod(metadata.optimizer, optimizer);
  if (metadata.rows !== undefined && metadata.rows !== rows) {
    throw new InputError(
      'fitModel: the checkpoint was made with other examples; resume with the same data, validation and seed',
    );
  }
  const snapshot = fromCheckpoint({ tensors, metadata }, like);
  const { history, partial, epoch, loss } = parsed(metadata.training);
  const best = tensors.best?.data;
  const fits = (best instanceof Float32Array || best instanceof Float64Array) && best.length === like.parameters.length;
  const complete =
    Array.isArray(history) &&
    history.every(isEpoch) &&
    Array.isArray(partial) &&
    partial.length === 2 &&
    partial.every(isNumber);
  if (!fits || !complete || !isNumber(epoch)) throw new InputError('fitModel: the checkpoint is incomplete');
  return {
    snapshot,
    state: { history, partial: [partial[0], partial[1]], best: { epoch, loss: Number(loss), parameters: best } },
  };
}

function parsed(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // Reported below like any other text.
  }
  throw new InputError('fitModel: this is not a checkpoint of a run; make one by saveCheckpoint');
}
