/** The models of the benchmarks, the same as in peer_torch.py. */
import { ggnvp, grad, hvp } from 'osculate';
import { compile } from 'osculate/compile';
import {
  conv2d,
  dense,
  flatten,
  lstm,
  maxPool2d,
  multiHeadAttention,
  relu,
  sequential,
  softmaxCrossEntropy,
  squaredError,
  tanh,
  transformerBlock,
} from 'osculate/nn';
import { generator, input, inputName, leaves, mapTree, parameters } from 'osculate/tensor';

/**
 * @typedef {{ layer: import('osculate/nn').Layer<any>, loss: import('osculate/nn').Loss, x: number[], y: number[], classes: boolean }} Case
 * @typedef {'gradient' | 'hvp' | 'ggnvp'} Kind
 */

/** @type {Record<string, Case>} */
export const cases = {
  mlp: {
    layer: sequential([dense(784, 256), tanh(), dense(256, 128), tanh(), dense(128, 10)]),
    loss: softmaxCrossEntropy(),
    x: [256, 784],
    y: [256],
    classes: true,
  },
  cnn: {
    layer: sequential([
      conv2d(1, 16, 3, { padding: 1 }),
      relu(),
      maxPool2d(2),
      conv2d(16, 32, 3, { padding: 1 }),
      relu(),
      maxPool2d(2),
      flatten(),
      dense(1568, 10),
    ]),
    loss: softmaxCrossEntropy(),
    x: [64, 1, 28, 28],
    y: [64],
    classes: true,
  },
  attention: {
    layer: multiHeadAttention(128, 4),
    loss: squaredError(),
    x: [16, 64, 128],
    y: [16, 64, 128],
    classes: false,
  },
  lstm: {
    layer: sequential([lstm(64, 128, { output: 'last' }), dense(128, 10)]),
    loss: softmaxCrossEntropy(),
    x: [32, 50, 64],
    y: [32],
    classes: true,
  },
  block: {
    layer: transformerBlock(128, 4),
    loss: squaredError(),
    x: [16, 64, 128],
    y: [16, 64, 128],
    classes: false,
  },
};

/** @type {Kind[]} */
export const kinds = ['gradient', 'hvp', 'ggnvp'];

/** The program of a derivative and values for its inputs. @param {Case} problem @param {Kind} kind */
export function derivative({ layer, loss, x, y, classes }, kind) {
  const random = generator(1);
  const tree = layer.init(random);
  const weights = parameters(tree, 'w.');
  const v = parameters(tree, 'v.');
  const inputX = input('x', 'f32', x);
  const inputY = input('y', classes ? 'i32' : 'f32', y);
  const outputs = layer.apply(weights, inputX);
  const value = loss.value(outputs, inputY);
  const outcome = {
    gradient: () => grad(value, weights),
    hvp: () => hvp(value, weights, v),
    ggnvp: () => ggnvp(value, outputs, weights, v),
  }[kind]();
  const size = (/** @type {number[]} */ shape) => shape.reduce((a, b) => a * b, 1);
  const normal = (/** @type {number} */ n) => Float32Array.from({ length: n }, () => random.normal());
  const direction = mapTree(tree, (leaf) => ({ ...leaf, data: normal(leaf.data.length) }));
  /** @type {Record<string, any>} */
  const feeds = {
    x: normal(size(x)),
    y: classes ? Int32Array.from({ length: size(y) }, () => random.integer(10)) : normal(size(y)),
  };
  for (const [name, array] of leaves(tree)) feeds[`w.${name}`] = array;
  for (const [name, array] of leaves(direction)) feeds[`v.${name}`] = array;
  const program = compile(outcome);
  const known = new Set(program.inputs.map(inputName));
  return { program, feeds: Object.fromEntries(Object.entries(feeds).filter(([name]) => known.has(name))) };
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
