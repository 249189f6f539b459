import { type ImportedModel, importOnnx } from 'osculate/import';
import type { DimensionProto, ModelProto, ValueInfoProto } from 'osculate/onnx';
import { DTypeError, InputError, type NDArray, ndarray, type Shape, ShapeError } from 'osculate/tensor';
import { UsageError } from '../../usage-error.js';

/** What of a file cannot be imported, and where. */
export interface ImportProblem {
  readonly opType: string;
  readonly place: string;
  readonly reason: string;
}

export interface Bound {
  /** Absent when something cannot be imported. */
  readonly imported?: ImportedModel;
  readonly problems: readonly ImportProblem[];
  /** Sizes and values that were chosen because neither the file nor the user gives them. */
  readonly assumptions: readonly string[];
}

interface Given {
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Inputs whose value is fixed: one number for all elements. */
  readonly values: Readonly<Record<string, number>>;
}

/** Tried in turn for open sizes that are not the batch: small models need small ones, audio and images larger ones. */
const candidateSizes = [64, 512, 16, 1, 224];

const integers: ReadonlySet<number> = new Set([6, 7]);
const samplingRate = /^(sr|sample_?rate|sampling_?rate)$/i;

const dimsOf = (value: ValueInfoProto): readonly DimensionProto[] | undefined => value.type?.tensorType?.shape?.dim;

/** The inputs of a model that are not initialisers. */
export function dataInputs({ graph }: ModelProto): ValueInfoProto[] {
  const stored = new Set(graph?.initializer.map(({ name = '' }) => name));
  return (graph?.input ?? []).filter(({ name = '' }) => !stored.has(name));
}

/** Inputs that are fixed: the given ones, and sampling rates. */
export function fixedValues(inputs: readonly ValueInfoProto[], { values }: Given) {
  const fixed: Record<string, NDArray> = {};
  const assumptions: string[] = [];
  for (const value of inputs) {
    const { name = '', type } = value;
    const elements = dimsOf(value)?.reduce((n, d) => n * (d.dimValue ?? Number.NaN), 1);
    const integer = integers.has(type?.tensorType?.elemType ?? 0);
    const given = values[name];
    if (given === undefined && !(integer && elements === 1 && samplingRate.test(name))) continue;
    if (given === undefined) assumptions.push(`input ${name} fixed at 16000`);
    if (elements !== 1) throw new UsageError(`the value of input ${name} can be given only where it has one element`);
    const shape = dimsOf(value)!.map(() => 1);
    fixed[name] = ndarray(integer ? 'i64' : 'f32', [given ?? 16000], shape);
  }
  return { fixed, assumptions };
}

/** The axis along which examples lie: the first with an open size, or axis 0. */
export const batchAxis = (dims: readonly DimensionProto[]): number =>
  Math.max(
    0,
    dims.findIndex((d) => d.dimValue === undefined),
  );

/** Shapes of all inputs with `size` for what is open and not the batch. */
function shapesWith(inputs: readonly ValueInfoProto[], { shapes }: Given, size: number) {
  const named = new Map<string, number>();
  for (const value of inputs) {
    const given = shapes[value.name ?? ''];
    if (given) dimsOf(value)?.forEach((d, i) => void (d.dimParam && given[i] && named.set(d.dimParam, given[i])));
  }
  const chosen: Record<string, Shape> = {};
  const assumptions: string[] = [];
  let open = false;
  for (const value of inputs) {
    const { name = '' } = value;
    const dims = dimsOf(value);
    if (shapes[name] !== undefined || dims === undefined) continue;
    chosen[name] = dims.map((d, axis) => {
      const known = d.dimValue ?? named.get(d.dimParam ?? '');
      if (known !== undefined) return known;
      const batch = axis === batchAxis(dims) || /batch/i.test(d.dimParam ?? '');
      open ||= !batch;
      if (d.dimParam) named.set(d.dimParam, batch ? 1 : size);
      return batch ? 1 : size;
    });
    if (dims.some((d) => d.dimValue === undefined))
      assumptions.push(`input ${name} taken as [${chosen[name].join(', ')}]`);
  }
  return { shapes: { ...chosen, ...shapes }, assumptions, open };
}

/** The problems that an error of the import lists. */
function problemsOf(error: unknown): ImportProblem[] {
  const typed = error instanceof InputError || error instanceof ShapeError || error instanceof DTypeError;
  if (!typed) throw error;
  const listed = [...error.message.matchAll(/^- (\S+) at (.*?): (.*)$/gm)];
  if (listed.length === 0) return [{ opType: 'file', place: '', reason: error.message.replace(/^importOnnx: /, '') }];
  return listed.map(([, opType = '', place = '', reason = '']) => ({ opType, place, reason }));
}

/**
 * Imports a model whose file may leave sizes open: those that the user does not give are chosen and named in `assumptions`. A batch is one
 * example; other sizes are tried until the model imports.
 * @throws UsageError for a given input that does not exist.
 */
export function importBound(model: ModelProto, given: Given): Bound {
  const inputs = dataInputs(model);
  for (const name of [...Object.keys(given.shapes), ...Object.keys(given.values)]) {
    const names = inputs.map((value) => value.name ?? '');
    if (!names.includes(name)) throw new UsageError(`the model has no input "${name}"; it has ${names.join(', ')}`);
  }
  const { fixed, assumptions } = fixedValues(inputs, given);
  const rest = inputs.filter(({ name = '' }) => fixed[name] === undefined);
  let best: Bound | undefined;
  for (const size of candidateSizes) {
    const sizes = shapesWith(rest, given, size);
    const all = [...assumptions, ...sizes.assumptions];
    try {
      const imported = importOnnx(model, { inputShapes: sizes.shapes, values: fixed });
      return { imported, problems: [], assumptions: all };
    } catch (error) {
      const problems = problemsOf(error);
      if (best === undefined || problems.length < best.problems.length) best = { problems, assumptions: all };
    }
    if (!sizes.open) break;
  }
  return best!;
}
