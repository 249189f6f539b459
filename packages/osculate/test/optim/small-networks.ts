import {
  type AnyLayer,
  conv2d,
  dense,
  flatten,
  maxPool2d,
  relu,
  sequential,
  softmaxCrossEntropy,
  tanh,
  transformerBlock,
} from '../../src/nn/index.js';
import { type Objective, supervisedObjective, type Vector } from '../../src/objective/index.js';
import type { Executor } from '../../src/runtime/index.js';
import { generator, type NDArray, ndarray, type Tensor } from '../../src/tensor/index.js';

export interface SmallNetwork {
  readonly objective: Objective;
  readonly start: Vector;
}

const rows = 64;
const classes = 4;

/** Classes of 64 random inputs of a shape by the largest of 4 fixed random projections. */
function data(shape: readonly number[]): { x: NDArray; y: NDArray } {
  const random = generator(11);
  const size = shape.reduce((a, b) => a * b, 1);
  const x = Float32Array.from({ length: rows * size }, () => random.normal());
  const directions = Array.from({ length: classes }, () => Float64Array.from({ length: size }, () => random.normal()));
  const y = Int32Array.from({ length: rows }, (_, row) => {
    const scores = directions.map((d) => d.reduce((sum, v, i) => sum + v * x[row * size + i]!, 0));
    return scores.indexOf(Math.max(...scores));
  });
  return { x: ndarray('f32', x, [rows, ...shape]), y: ndarray('i32', y, [rows]) };
}

const layers: Readonly<Record<string, { readonly layer: AnyLayer; readonly shape: readonly number[] }>> = {
  perceptron: {
    layer: sequential([dense(8, 16), tanh(), dense(16, 16), tanh(), dense(16, classes)]),
    shape: [8],
  },
  convolution: {
    layer: sequential([
      conv2d(1, 4, 3, { padding: 1 }),
      relu(),
      maxPool2d(2),
      conv2d(4, 6, 3),
      relu(),
      flatten(),
      dense(24, classes),
    ]),
    shape: [1, 8, 8],
  },
  transformer: {
    layer: sequential([
      dense(4, 8),
      transformerBlock(8, 2, { hidden: 16 }),
      (x: Tensor) => x.mean([1]),
      dense(8, classes),
    ]),
    shape: [5, 4],
  },
};

export const networkNames = Object.keys(layers);

/** A small classifier in float32: 64 rows, 4 classes. */
export function smallNetwork(name: string, executor: Executor): SmallNetwork {
  const { layer, shape } = layers[name]!;
  const parameters = layer.init(generator(2), 'f32');
  const loss = softmaxCrossEntropy();
  const objective = supervisedObjective({ executor, model: layer.apply, loss, parameters, ...data(shape) });
  return { objective, start: objective.layout.flat(parameters) };
}
