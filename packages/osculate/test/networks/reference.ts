import { readFileSync } from 'node:fs';
import { readSafetensors, type SafetensorsFile } from '../../src/data/index.js';
import {
  conv2d,
  dense,
  flatten,
  type Layer,
  type Loss,
  layerNorm,
  lstm,
  maxPool2d,
  relu,
  sequential,
  softmaxCrossEntropy,
  squaredError,
  tanh,
  transformerBlock,
} from '../../src/nn/index.js';
import { astype, type NDArray, ndarray } from '../../src/tensor/index.js';

export type NetworkName = 'mlp_tanh' | 'cnn_relu_maxpool' | 'lstm_last' | 'transformer_block';

interface Network {
  readonly layer: Layer;
  readonly loss: Loss;
  /** Our dotted name for a PyTorch name. */
  rename(name: string): string;
}

const attentionNames: Record<string, string> = { q: 'query', k: 'key', v: 'value', o: 'output' };

/** The networks of the PyTorch reference files, built from our layers; their weights keep PyTorch's layouts. */
export const networks: Readonly<Record<NetworkName, Network>> = {
  mlp_tanh: {
    layer: sequential([dense(20, 16), tanh(), dense(16, 8), tanh(), dense(8, 5)]),
    loss: softmaxCrossEntropy(),
    rename: (name) => name,
  },
  cnn_relu_maxpool: {
    layer: sequential({
      c1: conv2d(1, 6, 3, { padding: 1 }),
      a1: relu(),
      pool: maxPool2d(2),
      c2: conv2d(6, 8, 3, { padding: 1, stride: 2 }),
      a2: relu(),
      flat: flatten(),
      l: dense(72, 5),
    }),
    loss: softmaxCrossEntropy(),
    rename: (name) => name,
  },
  lstm_last: {
    layer: sequential({ r: lstm(5, 6, { output: 'last' }), l: dense(6, 3) }),
    loss: squaredError(),
    rename: (name) => name.replace('_l0', ''),
  },
  transformer_block: {
    layer: sequential([transformerBlock(12, 2, { hidden: 24, activation: 'gelu' }), layerNorm(12), dense(12, 7)]),
    loss: softmaxCrossEntropy(),
    rename: (name) =>
      name
        .replace(/^0\.n([12])\./, '0.norm$1.')
        .replace(/^0\.a\.(.)\./, (_, part: string) => `0.attention.${attentionNames[part]}.`)
        .replace('0.f1.', '0.up.')
        .replace('0.f2.', '0.down.'),
  },
};

export const networkNames = Object.keys(networks) as NetworkName[];

/** The ONNX model of a reference network, as PyTorch exported it. */
export function referenceOnnx(name: NetworkName): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`reference/${name}.onnx`, import.meta.url)));
}

/** Weights, data and derivatives of a reference network, as `reference/make.py` wrote them. */
export function referenceTensors(name: NetworkName): SafetensorsFile {
  return readSafetensors(new Uint8Array(readFileSync(new URL(`reference/${name}.safetensors`, import.meta.url))));
}

export interface ReferenceCase {
  readonly x: NDArray;
  readonly y: NDArray;
  readonly output: NDArray;
  readonly loss: number;
  /** By our names. */
  readonly parameters: Record<string, NDArray>;
  readonly gradient: Record<string, NDArray>;
  readonly direction: Record<string, NDArray>;
  readonly hvp: Record<string, NDArray>;
  readonly ggnvp: Record<string, NDArray>;
  readonly eigenvalues: NDArray;
}

/** A reference file with its float arrays in the given dtype (PyTorch computed in float64 from the same f32 weights). */
export function referenceCase(name: NetworkName, dtype: 'f32' | 'f64'): ReferenceCase {
  const { tensors, metadata } = referenceTensors(name);
  const group = (prefix: string, as: 'f32' | 'f64' | null): Record<string, NDArray> =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([key, array]) =>
        key.startsWith(`${prefix}.`)
          ? [[networks[name].rename(key.slice(prefix.length + 1)), as ? astype(array, as) : array]]
          : [],
      ),
    );
  const y = tensors.y!;
  return {
    x: astype(tensors.x!, dtype),
    y: y.dtype === 'i64' ? ndarray('i32', Array.from(y.data as BigInt64Array, Number), y.shape) : astype(y, dtype),
    output: tensors.output!,
    loss: Number(metadata.loss),
    parameters: group('param', dtype),
    gradient: group('grad', null),
    direction: group('v', dtype),
    hvp: group('hvp', null),
    ggnvp: group('ggnvp', null),
    eigenvalues: tensors.hessian_eigenvalues!,
  };
}
