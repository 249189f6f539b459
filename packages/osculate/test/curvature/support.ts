import { flatten } from '../../src/autodiff/dense.js';
import { ggn } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { type Block, kroneckerBlocks, kroneckerFactors } from '../../src/curvature/index.js';
import type { FactorOptions } from '../../src/curvature/kronecker/factors.js';
import type { AnyLayer, Loss } from '../../src/nn/index.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import {
  type DType,
  generator,
  input,
  leaves,
  type NDArray,
  parameters,
  type Tensor,
  type Tree,
  zeros,
} from '../../src/tensor/index.js';

/** A model on one batch in float64, with values for all of its inputs. */
export interface Case {
  readonly weights: Tree<Tensor>;
  readonly outputs: Tensor;
  readonly loss: Tensor;
  readonly normalizer: number;
  readonly feeds: Readonly<Record<string, NDArray>>;
}

export interface CaseOptions {
  readonly x: readonly number[];
  readonly loss: Loss;
  /** Token numbers below this instead of normal inputs. */
  readonly vocabulary?: number;
  /** Class targets for the last axis of the outputs. */
  readonly classes?: boolean;
  readonly seed?: number;
}

export function makeCase(layer: AnyLayer, options: CaseOptions): Case {
  const random = generator(options.seed ?? 3);
  const tree = layer.init(random, 'f64');
  const weights = parameters(tree, 'w.') as unknown as Tree<Tensor>;
  const x = input('x', options.vocabulary ? 'i32' : 'f64', options.x);
  const outputs = layer.apply(weights as never, x);
  const y = options.classes ? input('y', 'i32', outputs.shape.slice(0, -1)) : input('y', 'f64', outputs.shape);
  const filled = (dtype: DType, shape: readonly number[], draw: () => number): NDArray => {
    const array = zeros(dtype as 'f64', shape);
    for (let i = 0; i < array.data.length; i++) array.data[i] = draw();
    return array;
  };
  const classes = outputs.shape.at(-1)!;
  const feeds: Record<string, NDArray> = {
    x: filled(x.dtype, x.shape, () => (options.vocabulary ? random.integer(options.vocabulary) : random.normal())),
    y: filled(y.dtype, y.shape, () => (options.classes ? random.integer(classes) : random.normal())),
  };
  // Biases and gains away from their initial zeros and ones.
  for (const [name, leaf] of leaves<NDArray>(tree)) {
    feeds[`w.${name}`] = filled(leaf.dtype, leaf.shape, () => random.normal() * 0.6 + 0.1);
  }
  return {
    weights,
    outputs,
    loss: options.loss.value(outputs, y),
    normalizer: options.loss.normalizer(outputs),
    feeds,
  };
}

type Feeds = Readonly<Record<string, NDArray>>;

/** A tree of tensors on the reference executor, to be run for values that may have more names than it reads. */
export async function prepare(
  tree: Tree<Tensor>,
  executor: Executor = referenceExecutor(),
): Promise<(feeds: Feeds) => Promise<Record<string, NDArray>>> {
  const program = compile(tree);
  const names = new Set(program.inputs.map((t) => (t.node.attrs as { name: string }).name));
  const executable = await executor.load(program);
  return (feeds) => executable.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => names.has(name))));
}

/** The values of a tree of tensors. */
export async function evaluate(tree: Tree<Tensor>, feeds: Feeds): Promise<Record<string, NDArray>> {
  return (await prepare(tree))(feeds);
}

interface Placed {
  /** Position in the flat vector of all parameters. */
  readonly at: number;
  readonly row: number;
  readonly column: number;
}

function offsets(weights: Tree<Tensor>): Map<string, number> {
  let offset = 0;
  return new Map(
    leaves(weights).map(([name, t]) => {
      offset += t.size;
      return [name, offset - t.size];
    }),
  );
}

/** Where each element of a block's matrix W (with the bias as its last column) lies in the flat vector. */
export function places(block: Block, weights: Tree<Tensor>): Placed[] {
  const starts = offsets(weights);
  if (block.kind === 'full' || block.kind === 'diagonal') {
    const { name, tensor } = block.parameter;
    return Array.from({ length: tensor.size }, (_, i) => ({ at: starts.get(name)! + i, row: i, column: 0 }));
  }
  const { outputs, inputs, transposed } = block.form;
  const placed: Placed[] = [];
  for (let row = 0; row < outputs; row++) {
    for (let column = 0; column < inputs; column++) {
      const index = transposed ? column * outputs + row : row * inputs + column;
      placed.push({ at: starts.get(block.weight.name)! + index, row, column });
    }
    if (block.bias) placed.push({ at: starts.get(block.bias.name)! + row, row, column: inputs });
  }
  return placed;
}

export interface Comparison {
  readonly block: Block;
  /** ‖approximation − GGN block‖ / ‖GGN block‖ in the Frobenius norm. */
  readonly error: number;
  readonly input: Float64Array | null;
  readonly output: Float64Array;
}

const element = (factor: Float64Array, size: number, i: number, j: number): number =>
  factor.length === size * size ? factor[i * size + j]! : i === j ? factor[i]! : 0;

/** Every block of K-FAC against the dense Gauss-Newton matrix. */
export async function compareWithGgn(
  problem: Case,
  options: Omit<FactorOptions, 'normalizer'> = {},
): Promise<Comparison[]> {
  const blocks = kroneckerBlocks(problem);
  const factors = kroneckerFactors(problem, blocks, { estimate: 'exact', ...options, normalizer: problem.normalizer });
  const tree: Record<string, Tensor> = { dense: ggn(problem.loss, problem.outputs, problem.weights) };
  factors.forEach(({ input: a, output }, i) => {
    if (a) tree[`a${i}`] = a;
    tree[`g${i}`] = output;
  });
  const values = await evaluate(tree, problem.feeds);
  const dense = values.dense!.data as Float64Array;
  const n = flatten(leaves(problem.weights).map(([, t]) => t)).size;
  return blocks.map((block, i) => {
    const a = (values[`a${i}`]?.data ?? null) as Float64Array | null;
    const g = values[`g${i}`]!.data as Float64Array;
    const list = places(block, problem.weights);
    const [columns, rows] = [Math.max(...list.map((p) => p.column)) + 1, Math.max(...list.map((p) => p.row)) + 1];
    let [difference, norm] = [0, 0];
    for (const p of list) {
      for (const q of list) {
        const truth = dense[p.at * n + q.at]!;
        const approximation = (a ? element(a, columns, p.column, q.column) : 1) * element(g, rows, p.row, q.row);
        const counted = block.kind !== 'diagonal' || p.row === q.row;
        if (counted) difference += (approximation - truth) ** 2;
        if (counted) norm += truth ** 2;
      }
    }
    return { block, error: Math.sqrt(difference / norm), input: a, output: g };
  });
}
