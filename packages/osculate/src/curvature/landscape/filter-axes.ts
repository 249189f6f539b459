import { leaves } from '../../tensor/tree.js';
import { kroneckerBlocks, type MatrixBlock, type ModelGraph } from '../kronecker/index.js';
import { graphReaders, type Use, usesOf } from '../kronecker/uses.js';
import type { FilterAxes } from './filter-normalized.js';

type Axes = FilterAxes[string];

/**
 * The leading axes of a shape (or its trailing ones) that count to `count` together, those of length 1 left out: the outputs of a
 * weight may share its array with other axes, as `[1, 4·hidden, inputs]` and `[2, 4·hidden, inputs]` of recurrent weights do.
 */
function axesOf(shape: readonly number[], count: number, trailing: boolean): Axes {
  const order = shape.map((_, i) => (trailing ? shape.length - 1 - i : i));
  const axes: number[] = [];
  for (let seen = 1, i = 0; seen < count; i++) {
    seen *= shape[order[i]!]!;
    if (shape[order[i]!] !== 1) axes.push(order[i]!);
  }
  if (axes.length === 0) return shape.indexOf(1);
  return axes.length === 1 ? axes[0]! : axes.sort((a, b) => a - b);
}

function ofMatrix({ kind, form, weight }: MatrixBlock): Axes {
  if (kind === 'embedding') return axesOf(weight.tensor.shape, form.inputs, false);
  return axesOf(weight.tensor.shape, form.outputs, form.transposed);
}

const products: ReadonlySet<string> = new Set(['matmul', 'conv', 'convTranspose', 'gather']);
const isVector = ({ view, node }: Use): boolean =>
  !products.has(node.op.name) && view.shape.filter((d) => d !== 1).length <= 1;

/** Of a parameter that is no single matrix in a product. */
function ofOther(rank: number, uses: readonly Use[]): Axes {
  if (rank < 2 || uses.every(isVector)) return null;
  if (!uses.every(({ node, operand }) => node.op.name === 'convTranspose' && operand === 1)) return 0;
  // [inputs, outputs of a group, …]: an output of one of several groups has some of the inputs, which no axis counts.
  return uses.every(({ node }) => (node.attrs as { groups: number }).groups === 1) ? 1 : [0, 1];
}

/**
 * Where the filters of each parameter lie, read off the graph: for a matrix in a product its outputs, whether it is kept as
 * `[outputs, inputs]` or transposed (as in most ONNX files), and with axes of length 1 or of directions in front (as recurrent
 * weights in files); for a convolution, transposed or not, the channels it makes (for a transposed one in groups every pair of
 * channels), for an embedding its rows. Null for what is added to the data or multiplied with it along one axis. Errors as
 * `kroneckerBlocks`.
 */
export function filterAxes(graph: ModelGraph): FilterAxes {
  const readers = graphReaders(
    [graph.loss, graph.outputs],
    leaves(graph.weights).map(([, t]) => t),
  );
  const axes: Record<string, Axes> = {};
  for (const block of kroneckerBlocks(graph)) {
    if (block.kind === 'full' || block.kind === 'diagonal') {
      const { name, tensor } = block.parameter;
      axes[name] = ofOther(tensor.rank, usesOf(tensor, readers));
      continue;
    }
    axes[block.weight.name] = ofMatrix(block);
    if (block.bias) axes[block.bias.name] = null;
  }
  return axes;
}
