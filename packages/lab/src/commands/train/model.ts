import { type ImportedModel, importOnnx, writeParameters } from 'osculate/import';
import { type DimensionProto, dataTypeName, type ModelProto, type ValueInfoProto } from 'osculate/onnx';
import {
  type DType,
  DTypeError,
  InputError,
  leaves,
  ParameterLayout,
  parameters,
  ShapeError,
  type Tensor,
  type Tree,
} from 'osculate/tensor';
import { UsageError } from '../../usage-error.js';
import { batchAxis, dataInputs, fixedValues } from '../inspect/binding.js';
import { derivativesOf } from '../inspect/derivatives.js';
import { batching } from './batching.js';
import type { RawData } from './data.js';
import { type InputPlan, type ModelInput, planInputs, symbolOf } from './inputs.js';
import type { LossChoice } from './losses.js';
import { checkLogits, withOutput } from './output.js';

export interface ModelChoice {
  readonly output?: string;
  /** Numbers for inputs that are not data. */
  readonly values: Readonly<Record<string, number>>;
  /** Patterns of tensor names. */
  readonly trainable?: RegExp;
  readonly freeze?: RegExp;
}

/** A file ready for training. */
export interface TrainableModel {
  readonly imported: ImportedModel;
  readonly output: string;
  readonly plan: InputPlan;
  /** What the user should know. */
  readonly notes: readonly string[];
  model(weights: Tree<Tensor>, x: Tensor): Tensor;
}

const dtypes: Readonly<Record<string, DType>> = {
  float: 'f32',
  float16: 'f32',
  bfloat16: 'f32',
  double: 'f64',
  int64: 'i64',
  uint32: 'i64',
  bool: 'bool',
};

function modelInput({ name = '', type }: ValueInfoProto): ModelInput {
  const dims: readonly DimensionProto[] = type?.tensorType?.shape?.dim ?? [];
  const dtype = dtypes[dataTypeName(type?.tensorType?.elemType ?? 0) ?? ''] ?? 'i32';
  return { name, dtype, sizes: dims.map((d) => d.dimValue ?? null) };
}

/** Typed errors of the import and of traces are about the user's file. */
function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof InputError || error instanceof ShapeError || error instanceof DTypeError)
      throw new UsageError(error.message);
    throw error;
  }
}

function chosenNames(
  imported: ImportedModel,
  output: Tensor,
  weights: readonly (readonly [string, Tensor])[],
  { freeze, trainable }: ModelChoice,
) {
  const { differentiable, blocked, unrelated } = derivativesOf('', output, weights);
  const tensor = (leaf: string): string => imported.sources[leaf]!;
  const scalar = new Set(weights.filter(([, t]) => t.rank === 0).map(([leaf]) => leaf));
  // Exponents and epsilons that exporters store as tensors: trained, they make the model something else.
  const formula = trainable ? [] : differentiable.filter((leaf) => scalar.has(leaf));
  const open = differentiable.filter((leaf) => !formula.includes(leaf)).map(tensor);
  const kept = open.filter((name) => !freeze?.test(name));
  const reasons = [
    ...blocked,
    { parameters: unrelated, reason: 'the output does not depend on them' },
    { parameters: formula, reason: 'single numbers, which --trainable would choose' },
  ];
  const notes = reasons
    .filter(({ parameters: list }) => list.length > 0)
    .map(({ parameters: list, reason }) => `kept as they are: ${list.map(tensor).join(', ')} (${reason})`);
  if (kept.length === 0)
    throw new UsageError(
      `nothing is left to train; the model's tensors are ${Object.values(imported.sources).join(', ')}`,
    );
  if (freeze && kept.length === open.length)
    throw new UsageError(`--freeze ${freeze.source} matches none of the tensors ${kept.join(', ')}`);
  return { kept: new Set(kept), notes };
}

function inputsOf(model: ModelProto, values: ModelChoice['values']) {
  const all = dataInputs(model);
  const unknown = Object.keys(values).find((name) => !all.some((value) => value.name === name));
  if (unknown !== undefined)
    throw new UsageError(`the model has no input "${unknown}"; it has ${all.map(({ name = '' }) => name).join(', ')}`);
  const single = (value: ValueInfoProto): boolean => modelInput(value).sizes.every((d) => d === 1);
  const scalars = Object.fromEntries(
    Object.entries(values).filter(([name]) => single(all.find((v) => v.name === name)!)),
  );
  const { fixed, assumptions } = fixedValues(all, { shapes: {}, values: scalars });
  const rest = all.filter(({ name = '' }) => fixed[name] === undefined);
  const fills = rest.flatMap((value) => {
    const number = values[value.name ?? ''];
    if (number === undefined) return [];
    return [{ ...modelInput(value), value: number, batchAxis: batchAxis(value.type?.tensorType?.shape?.dim ?? []) }];
  });
  const inputs = rest.filter(({ name = '' }) => values[name] === undefined).map(modelInput);
  if (inputs.length === 0)
    throw new UsageError('every input of the model has a fixed value; none is left for the data');
  return { fixed, fills, inputs, notes: assumptions };
}

/**
 * Imports a file for training with these data: takes the output that the loss is of, finds what can be trained, and matches arrays
 * with inputs. Normalisations keep their running statistics, and dropout is off: the written file computes what was trained.
 * @throws UsageError for whatever does not fit
 */
export function trainableModel(
  file: ModelProto,
  choice: ModelChoice,
  loss: LossChoice,
  raw: RawData,
  target: (inputs: readonly string[]) => string,
): TrainableModel {
  const { model: proto, output } = withOutput(file, choice.output);
  const { fixed, fills, inputs, notes } = inputsOf(proto, choice.values);
  const plan = planInputs(inputs, fills, raw, target(inputs.map(({ name }) => name)));
  const first = proto.graph!.input.find(({ name }) => name === inputs[0]!.name)!;
  const fixedRows = first.type?.tensorType?.shape?.dim[0]?.dimValue;
  const shapes = plan.shapes(fixedRows ?? 1);
  const options = { inputShapes: shapes, values: fixed };
  const load = (trainable: RegExp | ((name: string) => boolean) | undefined): ImportedModel =>
    asUsage(() => importOnnx(proto, trainable === undefined ? options : { ...options, trainable }));
  const all = load(choice.trainable);
  if (Object.keys(all.sources).length === 0)
    throw new UsageError(
      choice.trainable
        ? `--trainable ${choice.trainable.source} matches no tensor that the output uses`
        : 'the output uses no float tensors',
    );
  const x = plan.x(raw);
  const plain = (imported: ImportedModel, weights: Tree<Tensor>) => (given: Tensor) =>
    imported.call(weights, plan.feeds(given))[output]!;
  const weights = parameters(all.parameters, 'parameters.');
  const forAnyRows = batching(plain(all, weights), (rows) => symbolOf(x, rows), fixedRows);
  const traced = forAnyRows(plain(all, weights))(symbolOf(x, 3));
  checkLogits(loss, proto.graph!, output, traced);
  const chosen = chosenNames(all, traced, leaves(weights), choice);
  const imported = load((name) => chosen.kept.has(name));
  asUsage(() => ParameterLayout.of(imported.parameters));
  // Fails now, not after the training, where the file cannot hold the result.
  asUsage(() => writeParameters(file, imported, imported.parameters));
  return {
    imported,
    output,
    plan,
    notes: [...notes, ...chosen.notes, ...statisticsNote(file)],
    model: (given, batch) => forAnyRows(plain(imported, given))(batch),
  };
}

function statisticsNote({ graph }: ModelProto): string[] {
  const found = graph!.node.some(({ opType }) => opType === 'BatchNormalization');
  return found ? ['BatchNormalization keeps the running statistics of the file'] : [];
}
