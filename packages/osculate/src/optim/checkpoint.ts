import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import type { OptimizerState } from './optimizer.js';
import type { TrainSnapshot } from './train.js';

/** A snapshot as a file holds it: arrays by name, and everything else as text (safetensors' metadata are strings). */
export interface CheckpointData {
  /** The arrays: vectors of the optimizer's state by name. */
  readonly tensors: Readonly<Record<string, NDArray>>;
  /** Everything else as text, by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

const kind = 'osculate checkpoint 1';

function arrayOf(value: unknown): NDArray | undefined {
  if (value instanceof Float32Array) return { dtype: 'f32', shape: [value.length], data: value };
  if (value instanceof Float64Array) return { dtype: 'f64', shape: [value.length], data: value };
  return undefined;
}

/** JSON knows no number that is not finite, which the value and damping of a run that diverged may be. */
const special: readonly string[] = ['NaN', 'Infinity', '-Infinity'];
const asText = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (typeof v === 'number' && !Number.isFinite(v) ? String(v) : v));
const numberOf = (value: unknown, wanted: unknown): unknown =>
  typeof wanted === 'number' && special.includes(value as string) ? Number(value) : value;

/**
 * Splits a snapshot into arrays (the vectors of the optimizer's state) and numbers. Nothing is copied.
 * @example
 * const optimizer = adam();
 * for await (const { snapshot } of train({ objective, optimizer, parameters: theta, seed: 0, steps: 1 })) {
 *   const { tensors, metadata } = toCheckpoint(snapshot());
 *   await writeFileAtomic('run.safetensors', writeSafetensors(tensors, metadata));
 * }
 * const resume = fromCheckpoint(readSafetensors(await readFileBytes('run.safetensors')), optimizer.init(objective, theta));
 * for await (const { event } of train({ objective, optimizer, parameters: theta, seed: 0, steps: 2, resume })) console.log(event.loss);
 */
export function toCheckpoint(snapshot: TrainSnapshot): CheckpointData {
  const { state, ...progress } = snapshot;
  const tensors: Record<string, NDArray> = {};
  const numbers: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(state)) {
    const array = arrayOf(value);
    if (array) tensors[`state.${name}`] = array;
    else numbers[name] = value;
  }
  return { tensors, metadata: { kind, progress: JSON.stringify(progress), state: asText(numbers) } };
}

function parse(metadata: CheckpointData['metadata'], field: string): Record<string, unknown> {
  const text = metadata[field];
  if (text === undefined) throw new InputError(`checkpoint: it has no "${field}" in its metadata`);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Reported below like any other value that is not an object.
  }
  throw new InputError(`checkpoint: "${field}" in its metadata is not a JSON object`);
}

/**
 * The snapshot that `toCheckpoint` split. `like` is a fresh state of the same optimizer for the same parameters: every field of
 * it must be there, with the same type and length.
 * @throws InputError that names the field when the checkpoint is of another kind, optimizer or model.
 */
export function fromCheckpoint<S extends OptimizerState>(data: CheckpointData, like: S): TrainSnapshot<S> {
  if (data.metadata.kind !== kind) {
    throw new InputError(
      `checkpoint: this is not a file of kind "${kind}" (found "${data.metadata.kind ?? 'nothing'}")`,
    );
  }
  const numbers = parse(data.metadata, 'state');
  const state = Object.fromEntries(
    Object.entries(like).map(([name, value]) => {
      const wanted = arrayOf(value);
      if (!wanted) {
        const found = numberOf(numbers[name], value);
        if (typeof found !== typeof value) throw new InputError(`checkpoint: "${name}" of the state is missing`);
        return [name, found];
      }
      const found = data.tensors[`state.${name}`];
      if (found?.dtype !== wanted.dtype || found.data.length !== wanted.data.length) {
        const what = found ? `${found.dtype} [${found.data.length}]` : 'missing';
        throw new InputError(
          `checkpoint: "state.${name}" is ${what}, but this optimizer and model need ${wanted.dtype} [${wanted.data.length}]`,
        );
      }
      return [name, found.data];
    }),
  );
  // Of JSON nothing is known; the numbers are checked below.
  const progress = parse(data.metadata, 'progress') as unknown as Omit<TrainSnapshot<S>, 'state'>;
  // Files of before they were counted do not have the last two.
  const { generator, seconds, gradientEquivalents, rejected, rejectedSteps = 0, nonFiniteSteps = 0 } = progress;
  const counts = [seconds, gradientEquivalents, rejected, rejectedSteps, nonFiniteSteps];
  if (!Array.isArray(generator) || generator.length !== 4 || ![...generator, ...counts].every(Number.isFinite)) {
    throw new InputError('checkpoint: "progress" in its metadata is incomplete');
  }
  return {
    // The optimizer that resumes knows which vectors and numbers its state has.
    state: state as unknown as S,
    generator,
    seconds,
    gradientEquivalents,
    rejected,
    rejectedSteps,
    nonFiniteSteps,
  };
}
