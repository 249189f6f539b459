import type { AnyLoss, Loss } from '../nn/index.js';
import { asLoss, noDistribution, outputHessianProduct, scalarLoss } from '../nn/losses/custom.js';
import { concat } from '../ops/index.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { type NDArray, zeros } from '../tensor/ndarray.js';
import type { Generator } from '../tensor/random.js';
import { type Shape, showShape } from '../tensor/shape.js';
import type { Named } from './objective.js';
import { requireTensor } from './require-tensor.js';

/** A loss with its weight among several (default 1). */
export interface WeightedLoss {
  /** The loss. */
  readonly loss: AnyLoss;
  /** What it is multiplied with in the sum. */
  readonly weight: number;
}

/** A scalar function of all outputs and targets by name, the mean over the rows; it defines no distribution to draw targets from. */
export type LossOfNames = (outputs: Named<Tensor>, targets: Named<Tensor>) => Tensor;

/** A weighted sum of losses, each of the output and the target of its name; or any function of all outputs and targets. */
export type LossOfOutputs = Named<AnyLoss | WeightedLoss> | LossOfNames;

/** The loss of a row: of one output and one target, or of several by name. */
export type LossOfRows = AnyLoss | LossOfOutputs;

/** How labels that are drawn are fed beside the targets of the data: no field may be called so. */
const drawnPrefix = 'drawn:';

/** The field that an input stands in for with drawn labels, if it does. */
export function drawnField(input: string): string | undefined {
  return input.startsWith(drawnPrefix) ? input.slice(drawnPrefix.length) : undefined;
}

/** What a batch needs of its loss, for outputs that are one tensor: `Batch` says what the members are. */
export interface JointLoss {
  value(outputs: Tensor, targets: Named<Tensor>): Tensor;
  score(outputs: Tensor, targets: Named<Tensor>): Tensor;
  normalizer(outputs: Tensor): number;
  residuals?(outputs: Tensor, targets: Named<Tensor>): Tensor;
  hessianProduct(outputs: Tensor, targets: Named<Tensor>, u: Tensor): Tensor;
  sample(outputs: NDArray, generator: Generator): Named<NDArray>;
  /** @throws InputError for targets that a loss is not defined for; `outputs` is the shape of the outputs. */
  checkTargets(targets: Named<NDArray>, outputs: Shape): void;
}

/** Where an output of a model lies in a row of the joined outputs, and its shape in one row. */
export interface OutputPlace {
  readonly name: string;
  readonly shape: Shape;
  readonly from: number;
  readonly size: number;
}

/** Several outputs `[rows, …]` as one, `[rows, elements of all]`, with their places. @throws ShapeError for an output of other than `rows` rows. */
export function joinOutputs(outputs: Named<Tensor>, rows: number): { joined: Tensor; places: readonly OutputPlace[] } {
  if (typeof outputs !== 'object' || outputs === null) requireTensor('objective: the model', outputs);
  const places: OutputPlace[] = [];
  let from = 0;
  const flat = Object.entries(outputs).map(([name, found]) => {
    const t = requireTensor(`objective: the model's output "${name}"`, found);
    if (t.shape[0] !== rows) {
      throw new ShapeError(
        `objective: the output "${name}" has shape ${showShape(t.shape)}; its first axis must count the ${rows} rows`,
      );
    }
    const size = t.size / rows;
    places.push({ name, shape: t.shape.slice(1), from, size });
    from += size;
    return t.reshape([rows, size]);
  });
  return { joined: concat(flat, 1), places };
}

/** The outputs that were joined. */
function split(joined: Tensor, places: readonly OutputPlace[]): Record<string, Tensor> {
  const rows = joined.shape[0]!;
  return Object.fromEntries(
    places.map(({ name, shape, from, size }) => [
      name,
      joined.slice([0, from], [rows, from + size]).reshape([rows, ...shape]),
    ]),
  );
}

/** The same of arrays. */
function splitArray({ dtype, shape, data }: NDArray, place: OutputPlace): NDArray<'f32' | 'f64'> {
  const [rows, width] = [shape[0]!, shape[1]!];
  const part = zeros(dtype === 'f32' ? 'f32' : 'f64', [rows, ...place.shape]);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < place.size; i++) part.data[row * place.size + i] = Number(data[row * width + place.from + i]);
  }
  return part;
}

const flatRows = (t: Tensor): Tensor => t.reshape([t.shape[0]!, t.size / t.shape[0]!]);

/** What stands for a loss where labels are drawn; the loss where they are not. */
function scoreOf(loss: Loss, outputs: Tensor, targets: Named<Tensor>, name: string): Tensor {
  const drawn = targets[drawnPrefix + name];
  if (drawn === undefined) return loss.value(outputs, targets[name]!);
  return loss.score?.(outputs, targets[name]!, drawn) ?? loss.value(outputs, drawn);
}

/** One loss of the outputs and of one field. */
function single(given: AnyLoss, target: string): JointLoss {
  const of = (targets: Named<Tensor>): Tensor => targets[target]!;
  const loss = asLoss(given);
  return {
    value: (outputs, targets) => loss.value(outputs, of(targets)),
    score: (outputs, targets) => scoreOf(loss, outputs, targets, target),
    normalizer: (outputs) => loss.normalizer(outputs),
    ...(loss.residuals && {
      residuals: (outputs: Tensor, targets: Named<Tensor>) => loss.residuals!(outputs, of(targets)),
    }),
    hessianProduct: (outputs, targets, u) => loss.hessianProduct(outputs, of(targets), u),
    sample: (outputs, generator) => ({ [drawnPrefix + target]: loss.sample(floats(outputs), generator) }),
    checkTargets: (targets, outputs) => loss.checkTargets?.(targets[target]!, outputs),
  };
}

function floats({ dtype, shape, data }: NDArray): NDArray<'f32' | 'f64'> {
  if (dtype === 'f32' && data instanceof Float32Array) return { dtype, shape, data };
  if (dtype === 'f64' && data instanceof Float64Array) return { dtype, shape, data };
  throw new InputError(`objective: the outputs are ${dtype}; a loss takes f32 or f64`);
}

interface Head {
  readonly loss: Loss;
  readonly weight: number;
  readonly place: OutputPlace;
}

const isWeighted = (entry: AnyLoss | WeightedLoss): entry is WeightedLoss =>
  typeof entry === 'object' && entry !== null && 'weight' in entry && 'loss' in entry;

function headsOf(
  losses: Named<AnyLoss | WeightedLoss>,
  places: readonly OutputPlace[],
  targets: readonly string[],
): Head[] {
  const entries = Object.entries(losses ?? {});
  if (entries.length === 0)
    throw new InputError('objective: there is no loss; give one, or one for each output by its name');
  return entries.map(([name, entry]) => {
    const place = places.find((p) => p.name === name);
    if (place === undefined || !targets.includes(name)) {
      throw new InputError(
        `objective: the loss "${name}" needs an output and a target of its name; the outputs are ${places.map((p) => p.name).join(', ')}, the targets ${targets.join(', ')}`,
      );
    }
    const { loss, weight } = isWeighted(entry) ? entry : { loss: entry, weight: 1 };
    if (!(weight > 0 && weight < Infinity)) {
      throw new InputError(`objective: the weight of the loss "${name}" is ${weight}; it must be a positive number`);
    }
    return { loss: asLoss(loss), weight, place };
  });
}

/**
 * Σ wᵢ·ℓᵢ of several outputs. With mᵢ the normalizers for B rows, E[∇s·∇sᵀ]·B is the Fisher matrix for s = Σ √(wᵢmᵢ/B)·ℓᵢ: targets are drawn apart, so the mixed terms vanish.
 */
function several(
  losses: Named<AnyLoss | WeightedLoss>,
  places: readonly OutputPlace[],
  targets: readonly string[],
): JointLoss {
  const heads = headsOf(losses, places, targets);
  const sum = (outputs: Tensor, term: (head: Head, own: Tensor) => Tensor): Tensor => {
    const parts = split(outputs, places);
    return heads.map((head) => term(head, parts[head.place.name]!)).reduce((a, b) => a.add(b));
  };
  return {
    value: (outputs, given) =>
      sum(outputs, ({ loss, weight, place: { name } }, own) => loss.value(own, given[name]!).mul(weight)),
    score: (outputs, given) =>
      sum(outputs, ({ loss, weight, place: { name } }, own) =>
        scoreOf(loss, own, given, name).mul(Math.sqrt((weight * loss.normalizer(own)) / own.shape[0]!)),
      ),
    normalizer: (outputs) => outputs.shape[0]!,
    ...(heads.every(({ loss }) => loss.residuals) && {
      residuals: (outputs: Tensor, given: Named<Tensor>) => {
        const parts = split(outputs, places);
        const residuals = heads.map(({ loss, weight, place: { name } }) =>
          flatRows(loss.residuals!(parts[name]!, given[name]!)).mul(Math.sqrt(weight)),
        );
        return concat(residuals, 1);
      },
    }),
    hessianProduct: (outputs, given, u) => {
      const [parts, moved] = [split(outputs, places), split(u, places)];
      const products = new Map(
        heads.map(({ loss, weight, place: { name } }) => [
          name,
          loss.hessianProduct(parts[name]!, given[name]!, moved[name]!).mul(weight),
        ]),
      );
      return concat(
        places.map(({ name }) => flatRows(products.get(name) ?? moved[name]!.mul(0))),
        1,
      );
    },
    sample: (outputs, generator) =>
      Object.fromEntries(
        heads.map(({ loss, place }) => [drawnPrefix + place.name, loss.sample(splitArray(outputs, place), generator)]),
      ),
    checkTargets: (given, outputs) => {
      for (const { loss, place } of heads) {
        loss.checkTargets?.(given[place.name]!, [outputs[0]!, ...place.shape]);
      }
    },
  };
}

/** Any function of the outputs and targets. */
function custom(f: LossOfNames, places: readonly OutputPlace[]): JointLoss {
  const name = f.name || 'custom loss';
  const value = (outputs: Tensor, targets: Named<Tensor>): Tensor =>
    scalarLoss(name, f(split(outputs, places), targets));
  return {
    value,
    score: value,
    normalizer: (outputs) => outputs.shape[0]!,
    hessianProduct: (outputs, targets, u) => outputHessianProduct(value(outputs, targets), outputs, u),
    sample: () => {
      throw noDistribution(name);
    },
    checkTargets: () => undefined,
  };
}

/** What the model returns says what its loss takes: of a function nothing else does. */
const isOfOne = (_loss: LossOfRows, places: readonly OutputPlace[] | null): _loss is AnyLoss => places === null;

const isOfSeveral = (loss: LossOfRows, names: readonly string[]): loss is LossOfOutputs =>
  typeof loss === 'function' ||
  (typeof loss === 'object' && loss !== null && (typeof loss.value !== 'function' || names.includes('value')));

/** The loss for outputs at these places; null where the model has one output, which is not joined. */
export function jointLoss(
  loss: LossOfRows,
  places: readonly OutputPlace[] | null,
  targets: readonly string[],
): JointLoss {
  if (isOfOne(loss, places)) {
    const [target] = targets;
    if (target !== undefined && targets.length === 1) return single(loss, target);
    throw new InputError(`objective: the targets are ${targets.join(', ')}; a loss of one output takes one`);
  }
  const names = places!.map(({ name }) => name);
  if (!isOfSeveral(loss, names)) {
    throw new InputError(
      `objective: the model has the outputs ${names.join(', ')}; give a loss for each by its name, or one function of all`,
    );
  }
  return typeof loss === 'function' ? custom(loss, places!) : several(loss, places!, targets);
}
