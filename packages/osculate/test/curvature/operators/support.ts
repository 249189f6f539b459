import { grad } from '../../../src/autodiff/index.js';
import { compile } from '../../../src/compile/index.js';
import { take } from '../../../src/data/index.js';
import { type Matrix, matrix } from '../../../src/linalg/index.js';
import { type AnyLayer, type Loss, loadParameters, type Parameters, trainingContext } from '../../../src/nn/index.js';
import { asLoss } from '../../../src/nn/losses/custom.js';
import { type At, supervisedObjective } from '../../../src/objective/index.js';
import type { ArraysOptions } from '../../../src/objective/supervised.js';
import { referenceExecutor } from '../../../src/runtime/index.js';
import {
  generator,
  input,
  leaves,
  type NDArray,
  ndarray,
  ParameterLayout,
  parameters,
  type Tensor,
  type Tree,
} from '../../../src/tensor/index.js';
import { inputName } from '../../../src/tensor/leaf.js';
import { type NetworkName, networks, referenceCase } from '../../networks/reference.js';

export interface SmallOptions {
  readonly layer: AnyLayer;
  readonly loss: Loss;
  /** Shape of the inputs. */
  readonly x: readonly number[];
  /** Shape of the targets, normal or class numbers. */
  readonly y: readonly number[];
  readonly classes?: number;
}

export type ModelOptions = ArraysOptions<Parameters>;

/** The objective of the options at the values of their parameters. */
export function pointOf(options: ModelOptions): At {
  const objective = supervisedObjective(options);
  return objective.at(objective.layout.gather(Object.fromEntries(leaves<NDArray>(options.parameters))));
}

/** A small model in float64 on random data, with parameters away from their initial zeros. */
export function smallModel({ layer, loss, x, y, classes }: SmallOptions): ModelOptions {
  const random = generator(11);
  const normals = (shape: readonly number[], spread = 1): number[] =>
    Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => spread * random.normal());
  const named = leaves<NDArray>(layer.init(random, 'f64')).map(([name, { shape }]) => [
    name,
    ndarray('f64', normals(shape, 0.5), shape),
  ]);
  return {
    executor: referenceExecutor(),
    model: layer.apply as never,
    loss,
    parameters: loadParameters(layer.init(random, 'f64'), Object.fromEntries(named)),
    x: ndarray('f64', normals(x), x),
    y: classes
      ? ndarray(
          'i32',
          normals(y).map(() => random.integer(classes)),
          y,
        )
      : ndarray('f64', normals(y), y),
  };
}

/** One of the PyTorch reference networks in float64, with the eigenvalues of its Hessian in ascending order. */
export function referenceModel(
  name: NetworkName,
  limits: Pick<ModelOptions, 'chunk'> = {},
): { readonly model: At; readonly eigenvalues: Float64Array } {
  const data = referenceCase(name, 'f64');
  const { layer, loss } = networks[name];
  const model = pointOf({
    executor: referenceExecutor(),
    model: layer.apply as never,
    loss,
    parameters: loadParameters(layer.init(generator(0), 'f64'), data.parameters),
    x: data.x,
    y: data.y,
    ...limits,
  });
  return { model, eigenvalues: (data.eigenvalues.data as Float64Array).toSorted() };
}

/** The values of a matrix graph over the whole data set as one batch. */
export async function wholeBatch(
  options: ModelOptions,
  build: (batch: { loss: Tensor; outputs: Tensor; weights: Tree<Tensor> }) => Tensor,
): Promise<Matrix> {
  const weights = parameters(options.parameters, 'w.') as unknown as Tree<Tensor>;
  const x = input('x', options.x.dtype, options.x.shape);
  const y = input('y', options.y.dtype, options.y.shape);
  const outputs = options.model(weights as never, x, trainingContext());
  const program = compile({ result: build({ loss: asLoss(options.loss).value(outputs, y), outputs, weights }) });
  const executable = await options.executor.load(program);
  const feeds: Record<string, NDArray> = { ...weightFeeds(options), x: options.x, y: options.y };
  const { result } = await executable.run(
    Object.fromEntries(executable.program.inputs.map((t) => [inputName(t), feeds[inputName(t)]!])),
  );
  return matrix(result!.shape[0]!, result!.shape[1]!, result!.data as Float64Array);
}

const weightFeeds = (options: ModelOptions): Record<string, NDArray> =>
  Object.fromEntries(leaves<NDArray>(options.parameters).map(([name, array]) => [`w.${name}`, array]));

/** The gradient of each row's loss, from a batch of that row alone. */
export async function rowGradients(options: ModelOptions, targets = options.y): Promise<Float64Array[]> {
  const weights = parameters(options.parameters, 'w.') as unknown as Tree<Tensor>;
  const x = input('x', options.x.dtype, [1, ...options.x.shape.slice(1)]);
  const y = input('y', targets.dtype, [1, ...targets.shape.slice(1)]);
  const loss = asLoss(options.loss).value(options.model(weights as never, x, trainingContext()), y);
  const executable = await options.executor.load(compile({ gradient: grad(loss, weights) }));
  const layout = ParameterLayout.of(options.parameters) as ParameterLayout<'f64'>;
  const gradients: Float64Array[] = [];
  for (let row = 0; row < options.x.shape[0]!; row++) {
    const feeds = { ...weightFeeds(options), x: take(options.x, [row]), y: take(targets, [row]) };
    gradients.push(layout.gather(await executable.run(feeds), 'gradient.'));
  }
  return gradients;
}

/** factor Σᵢ gᵢ gᵢᵀ. */
export function outerProducts(vectors: readonly Float64Array[], factor: number): Matrix {
  const n = vectors[0]!.length;
  const result = matrix(n, n);
  for (const g of vectors) {
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) result.data[i * n + j]! += factor * g[i]! * g[j]!;
  }
  return result;
}

/** ‖A − B‖ / ‖B‖ over all elements. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let [difference, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return Math.sqrt(difference / norm);
}
