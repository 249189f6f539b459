import { linearize, vmap } from '../../autodiff/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant, full } from '../../tensor/leaf.js';
import { ndarray } from '../../tensor/ndarray.js';
import { leaves } from '../../tensor/tree.js';
import type { CurvatureModel, ModelBatch } from './model.js';

/** Elements of all rows' output derivatives that are held at once. */
const HELD = 2 ** 22;

function units(outputs: Tensor): Tensor {
  const n = outputs.size;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * (n + 1)] = 1;
  return constant(ndarray(outputs.dtype as 'f64', data, [n, n])).reshape([n, ...outputs.shape]);
}

/** Σₑ Jᵀe ⊙ JᵀHe over the unit vectors e of a row's outputs, the mean over the rows, for the named parameters. */
function diagonalGraph(model: CurvatureModel, names: ReadonlySet<string>) {
  return ({ weights, x, y, rowOutputs }: ModelBatch): Tensor[] => {
    const chosen = leaves(weights).filter(([name]) => names.has(name));
    const list = chosen.map(([, t]) => t);
    const rows = vmap((one: Tensor, target: Tensor) => {
      const outputs = rowOutputs(one);
      const map = linearize([outputs], list);
      const back = (u: Tensor): Tensor[] =>
        map.transpose([u]).map((t, i) => t ?? full(0, list[i]!.dtype).expand(list[i]!.shape));
      const curved = (u: Tensor): Tensor => model.loss.hessianProduct(outputs, target.reshape([1, ...target.shape]), u);
      const terms = vmap((e: Tensor) => back(e).map((left, i) => left.mul(back(curved(e))[i]!)))(units(outputs));
      return terms.map((t) => t.sum([0]));
    })(x, y);
    return rows.map((t) => t.mean([0]));
  };
}

/**
 * The diagonal of the Gauss-Newton matrix over the whole data set for the named parameters, by name: exact, in one pass, at the cost of
 * two backward passes for every output of a row. The model must treat rows independently (no batch statistics).
 */
export async function ggnDiagonal(
  model: CurvatureModel,
  names: readonly string[],
): Promise<Record<string, Float64Array>> {
  const slots = model.layout.slots.filter(({ name }) => names.includes(name));
  const size = slots.reduce((sum, slot) => sum + slot.size, 0);
  const chunk = Math.max(1, Math.floor(HELD / (size * model.graph(1).outputs.size)));
  const means = await model.mean(`GGN diagonal of ${names.join()}`, diagonalGraph(model, new Set(names)), { chunk });
  return Object.fromEntries(slots.map(({ name }, i) => [name, means[i]!]));
}
