import type { ImportedModel } from 'osculate/import';
import type { ModelProto } from 'osculate/onnx';
import { type NDArray, parameters } from 'osculate/tensor';
import type { LoadedProblem, Measurement } from '../../problems/problem.js';
import { UsageError } from '../../usage-error.js';
import { builtInSet, type RawData, readData, splitRows, takeRows, targetName } from './data.js';
import { symbolOf } from './inputs.js';
import { type LossChoice, targetsFor } from './losses.js';
import { type ModelChoice, type TrainableModel, trainableModel } from './model.js';

export interface ProblemChoice extends ModelChoice {
  readonly data: readonly string[];
  readonly target?: string;
  readonly validation?: string;
  readonly seed: number;
}

/** A model with its data, ready to be trained. */
export interface TrainProblem {
  readonly loaded: LoadedProblem;
  readonly imported: ImportedModel;
  /** The whole file. */
  readonly proto: ModelProto;
  readonly output: string;
  /** Of everything that the data are read from, with how they are split. */
  readonly hash: string;
  readonly rows: { readonly train: number; readonly validation: number };
  readonly notes: readonly string[];
}

interface Examples {
  readonly x: NDArray;
  readonly y: NDArray;
}

/** The given share of rows to validate on; undefined for a file. */
function shareOf(validation: string | undefined): number | undefined {
  const share = Number(validation ?? 0);
  if (Number.isNaN(share)) return undefined;
  if (!(share >= 0 && share < 1))
    throw new UsageError(`--validation is ${validation}; it must be a file or a share from 0 to below 1`);
  return share;
}

async function sources({ data, target, validation, seed }: ProblemChoice): Promise<{ train: RawData; held?: RawData }> {
  const [name = ''] = data;
  const builtIn = data.length === 1 ? await builtInSet(name, seed) : undefined;
  const train = builtIn?.train ?? readData(data, target);
  if (validation === undefined) return builtIn ? { train, held: builtIn.test } : { train };
  if (shareOf(validation) !== undefined) return { train };
  return { train, held: readData([validation], target) };
}

/** The share held out of the training data, or other data. */
function divided(all: Examples, held: Examples | undefined, { validation, seed }: ProblemChoice) {
  if (held) return { train: all, validation: held };
  const rows = all.x.shape[0]!;
  const split = splitRows(rows, shareOf(validation) ?? 0, seed);
  if (split.train.length === 0) throw new UsageError(`no rows are left to train on: the data have ${rows}`);
  if (split.validation.length === 0) return { train: all };
  return { train: takeRows(all, split.train), validation: takeRows(all, split.validation) };
}

function measurements(choice: LossChoice, train: Examples, validation: Examples | undefined) {
  const on = (examples: Examples, role: string): [string, Measurement][] => [
    [`${role}Loss`, { examples, value: (batch) => batch.loss }],
    [`${role}Error`, { examples, value: (batch) => choice.error(batch.outputs, batch.targets.y!) }],
  ];
  return Object.fromEntries([...on(train, 'train'), ...(validation ? on(validation, 'validation') : [])]);
}

function examplesOf(raw: RawData, model: TrainableModel, choice: LossChoice, target: string): Examples {
  const x = model.plan.x(raw);
  const weights = parameters(model.imported.parameters, 'parameters.');
  return { x, y: targetsFor(choice, target, raw.arrays[target]!, model.model(weights, symbolOf(x, 3))) };
}

/** Reads data and model and fits them together. @throws UsageError for whatever does not fit, and for bad values in the data */
export async function loadProblem(
  options: ProblemChoice,
  proto: ModelProto,
  choice: LossChoice,
): Promise<TrainProblem> {
  const { train: raw, held } = await sources(options);
  let target = 'y';
  const model = trainableModel(proto, options, choice, raw, (inputs) => {
    target = targetName(raw, inputs, options.target);
    return target;
  });
  if (held && !held.arrays[target]) throw new UsageError(`the validation data hold no target "${target}"`);
  const all = examplesOf(raw, model, choice, target);
  const { train, validation } = divided(all, held && examplesOf(held, model, choice, target), options);
  const rows = { train: train.x.shape[0]!, validation: validation?.x.shape[0] ?? 0 };
  return {
    loaded: {
      parameters: model.imported.parameters,
      model: model.model,
      loss: choice.loss,
      train,
      test: validation ?? train,
      measurements: measurements(choice, train, validation),
    },
    imported: model.imported,
    proto,
    output: model.output,
    hash: `${raw.hash.slice(0, 12)}/${held?.hash.slice(0, 12) ?? rows.validation}`,
    rows,
    notes: model.notes,
  };
}
