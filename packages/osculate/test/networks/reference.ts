import { readFileSync } from 'node:fs';
import { readSafetensors, type SafetensorsFile } from '../../src/data/index.js';
import {
  batchNorm,
  conv2d,
  dense,
  dropout,
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

/** Networks that are another function in training than in inference. */
export type ContextNetworkName = 'dropout' | 'batch_norm_dense' | 'batch_norm_conv' | 'dropout_batch_norm';

interface Network {
  readonly layer: Layer;
  readonly loss: Loss;
  /** Our dotted name for a PyTorch name. */
  rename(name: string): string;
}

const sameName = (name: string): string => name;

const attentionNames: Record<string, string> = { q: 'query', k: 'key', v: 'value', o: 'output' };

/** The networks of the PyTorch reference files, built from our layers; their weights keep PyTorch's layouts. */
export const networks: Readonly<Record<NetworkName, Network>> = {
  mlp_tanh: {
    layer: sequential([dense(20, 16), tanh(), dense(16, 8), tanh(), dense(8, 5)]),
    loss: softmaxCrossEntropy(),
    rename: sameName,
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
    rename: sameName,
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

/** The networks with dropout or batch normalisation of the reference files. */
export const contextNetworks: Readonly<Record<ContextNetworkName, Network>> = {
  dropout: {
    layer: sequential([dense(5, 8), tanh(), dropout(0.25), dense(8, 6), tanh(), dropout(0.5), dense(6, 3)]),
    loss: softmaxCrossEntropy(),
    rename: sameName,
  },
  batch_norm_dense: {
    layer: sequential([dense(5, 7), batchNorm(7), tanh(), dense(7, 3)]),
    loss: squaredError(),
    rename: sameName,
  },
  batch_norm_conv: {
    layer: sequential([
      conv2d(2, 4, 3, { padding: 1 }),
      batchNorm(4),
      relu(),
      conv2d(4, 3, 3, { stride: 2 }),
      batchNorm(3),
      tanh(),
      flatten(),
      dense(12, 4),
    ]),
    loss: softmaxCrossEntropy(),
    rename: sameName,
  },
  dropout_batch_norm: {
    layer: sequential([
      conv2d(2, 3, 3),
      batchNorm(3),
      relu(),
      dropout(0.25),
      flatten(),
      dense(27, 6),
      batchNorm(6),
      tanh(),
      dropout(0.5),
      dense(6, 4),
    ]),
    loss: softmaxCrossEntropy(),
    rename: sameName,
  },
};

export const contextNetworkNames: readonly ContextNetworkName[] = [
  'dropout',
  'batch_norm_dense',
  'batch_norm_conv',
  'dropout_batch_norm',
];

/** The ONNX model of a reference network, as PyTorch exported it. */
export function referenceOnnx(name: NetworkName): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`reference/${name}.onnx`, import.meta.url)));
}

/** Weights, data and derivatives of a reference network, as `reference/make.py` wrote them. */
export function referenceTensors(name: NetworkName | ContextNetworkName): SafetensorsFile {
  return readSafetensors(new Uint8Array(readFileSync(new URL(`reference/${name}.safetensors`, import.meta.url))));
}

export type Named = Record<string, NDArray>;

/** What PyTorch computed; derivatives by our names. */
interface ReferenceValues {
  readonly output: NDArray;
  readonly loss: number;
  readonly gradient: Named;
  readonly hvp: Named;
  readonly ggnvp: Named;
}

interface ReferenceInputs {
  readonly x: NDArray;
  readonly y: NDArray;
  readonly parameters: Named;
  /** Of the products. */
  readonly direction: Named;
}

interface ReferenceCase extends ReferenceInputs, ReferenceValues {
  readonly eigenvalues: NDArray;
}

/** A network with a context: in training, and in inference by running statistics. */
interface ContextCase extends ReferenceInputs {
  readonly training: ReferenceValues;
  readonly inference: ReferenceValues;
  /** `mask:0`, …, as `[rows, size]`. */
  readonly masks: Named;
  /** `statistics.0.mean`, `statistics.0.variance`, …: what the batch has. */
  readonly batch: Named;
  /** Under the same names. */
  readonly running: Named;
}

/** A reference file with its float arrays in the given dtype (PyTorch computed in float64 from the same f32 weights). */
function readCase(name: NetworkName | ContextNetworkName, dtype: 'f32' | 'f64') {
  const { tensors, metadata } = referenceTensors(name);
  const { rename } = { ...networks, ...contextNetworks }[name];
  const group = (prefix: string, as: 'f32' | 'f64' | null, named = rename): Named =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([key, array]) =>
        key.startsWith(`${prefix}.`) ? [[named(key.slice(prefix.length + 1)), as ? astype(array, as) : array]] : [],
      ),
    );
  const values = (prefix = '', kind = ''): ReferenceValues => ({
    output: tensors[`${prefix}output`]!,
    loss: Number(metadata[`${kind}loss`]),
    gradient: group(`${prefix}grad`, null),
    hvp: group(`${prefix}hvp`, null),
    ggnvp: group(`${prefix}ggnvp`, null),
  });
  const y = tensors.y!;
  const inputs: ReferenceInputs = {
    x: astype(tensors.x!, dtype),
    y: y.dtype === 'i64' ? ndarray('i32', Array.from(y.data as BigInt64Array, Number), y.shape) : astype(y, dtype),
    parameters: group('param', dtype),
    direction: group('v', dtype),
  };
  return { tensors, group, values, inputs };
}

/** The reference of a network without a context. */
export function referenceCase(name: NetworkName, dtype: 'f32' | 'f64'): ReferenceCase {
  const { tensors, values, inputs } = readCase(name, dtype);
  return { ...inputs, ...values(), eigenvalues: tensors.hessian_eigenvalues! };
}

/** The reference of a network with a context. */
export function contextCase(name: ContextNetworkName, dtype: 'f32' | 'f64'): ContextCase {
  const { group, values, inputs } = readCase(name, dtype);
  const rows = inputs.x.shape[0]!;
  const masks = Object.entries(group('mask', dtype, (k) => `mask:${k}`));
  return {
    ...inputs,
    training: values(),
    inference: values('inference.', 'inference_'),
    masks: Object.fromEntries(
      masks.map(([k, { data }]) => [k, ndarray(dtype, Array.from(data, Number), [rows, data.length / rows])]),
    ),
    batch: group('batch', null, (key) => `statistics.${key}`),
    running: group('running', dtype, (key) => `statistics.${key}`),
  };
}
