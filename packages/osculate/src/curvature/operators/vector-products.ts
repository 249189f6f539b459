import { vmap } from '../../autodiff/index.js';
import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import { type NDArray, zeros } from '../../tensor/ndarray.js';
import type { ParameterLayout } from '../../tensor/parameters.js';
import { mapTree, type Tree } from '../../tensor/tree.js';
import { type LinearOperator, linearOperator, type OperatorParts, type SingleProduct } from './linear-operator.js';
import type { CurvatureModel, ModelBatch, StreamOptions } from './model.js';

/** The graph of one product with a vector in the nesting of the weights, a mean over the batch. */
export type ProductGraph = (batch: ModelBatch, v: Tree<Tensor>) => Tree<Tensor>;

const PREFIX = 'vectors';

/** The product for several vectors: one by itself, more with a leading axis that shares the forward pass. */
function buildFor(graph: ProductGraph, count: number) {
  return (batch: ModelBatch): Tree<Tensor> => {
    const vectors = mapTree(batch.weights, (t: Tensor, name) =>
      input(`${PREFIX}.${name}`, t.dtype, count === 1 ? t.shape : [count, ...t.shape]),
    );
    if (count === 1) return { [PREFIX]: graph(batch, vectors) };
    return { [PREFIX]: vmap((v: Tree<Tensor>) => graph(batch, v))(vectors) };
  };
}

/** Vectors as arrays for each parameter, stacked when there are several. */
function feedsOf(layout: ParameterLayout, vectors: readonly Float64Array[]): Record<string, NDArray> {
  const count = vectors.length;
  return Object.fromEntries(
    layout.slots.map(({ name, shape, offset, size }) => {
      const array = zeros(layout.dtype, count === 1 ? shape : [count, ...shape]);
      vectors.forEach((v, k) => void array.data.set(v.subarray(offset, offset + size), k * size));
      return [`${PREFIX}.${name}`, array];
    }),
  );
}

/**
 * Products of several vectors with a matrix that is a mean over the data set, given by the graph of its product on a batch. At most
 * `model.vectors` of them run at once.
 */
export async function vectorProducts(
  model: CurvatureModel,
  name: string,
  graph: ProductGraph,
  vectors: readonly Float64Array[],
  options: StreamOptions = {},
): Promise<Float64Array[]> {
  const results: Float64Array[] = [];
  for (let from = 0; from < vectors.length; ) {
    const left = vectors.length - from;
    const count = left >= model.vectors ? model.vectors : 1;
    const group = vectors.slice(from, from + count);
    const feeds = { ...options.feeds, ...feedsOf(model.layout, group) };
    const means = await model.mean(`${name}/${count}`, buildFor(graph, count), {
      varying: `${PREFIX}.`,
      ...options,
      feeds,
    });
    for (let k = 0; k < count; k++) results.push(collect(model.layout, name, means, k));
    from += count;
  }
  return results;
}

/** The matrix of a product's graph as an operator: its mean over the data set of the model. */
export function productsOperator(
  model: CurvatureModel,
  name: string,
  graph: ProductGraph,
  more: Pick<OperatorParts, 'diagonal'> = {},
): LinearOperator {
  return linearOperator({
    name,
    size: model.layout.size,
    applyBatch: (vectors) => vectorProducts(model, name, graph, vectors),
    ...(model.layout.dtype === 'f32' && { applySingle: singleProduct(model, name, graph) }),
    ...more,
  });
}

/**
 * The product of one vector in single precision, for a model in single precision: the engine reads the vector in place, and each element of
 * the product is written once a batch.
 */
function singleProduct(model: CurvatureModel, name: string, graph: ProductGraph): SingleProduct {
  const { layout, rows: total } = model;
  const build = buildFor(graph, 1);
  return async (v, into) => {
    const feeds = layout.views(v, `${PREFIX}.`);
    await model.stream(`${name}/1`, build, { feeds, varying: `${PREFIX}.` }, (results, from, rows) => {
      for (const { name: parameter, offset, size } of layout.slots) {
        const part = results[`${PREFIX}.${parameter}`]!.data as Float32Array;
        if (rows === total) into.set(part, offset);
        else if (from === 0) for (let i = 0; i < size; i++) into[offset + i] = (rows / total) * part[i]!;
        else for (let i = 0; i < size; i++) into[offset + i] = into[offset + i]! + (rows / total) * part[i]!;
      }
    });
  };
}

/** The k-th product as a flat vector. */
function collect(layout: ParameterLayout, what: string, means: Record<string, Float64Array>, k: number): Float64Array {
  const flat = new Float64Array(layout.size);
  for (const { name, offset, size } of layout.slots) {
    flat.set(means[`${PREFIX}.${name}`]!.subarray(k * size, (k + 1) * size), offset);
  }
  const bad = flat.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return flat;
  const slot = layout.slots.find(({ offset, size }) => bad < offset + size)!;
  throw new InputError(
    `${what}: the product is ${flat[bad]} at element ${bad - slot.offset} of parameter "${slot.name}"; check that the data, the parameters and the vector are finite`,
  );
}
