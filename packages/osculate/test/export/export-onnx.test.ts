import { describe, expect, it } from 'vitest';
import { type ExportOptions, exportOnnx } from '../../src/export/index.js';
import { importOnnx, writeParameters } from '../../src/import/index.js';
import * as nn from '../../src/nn/index.js';
import { encodeModel, type ModelProto, type ValueInfoProto } from '../../src/onnx/index.js';
import { concat } from '../../src/ops/index.js';
import {
  full,
  generator,
  InputError,
  leaves,
  ndarray,
  ShapeError,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.js';
import { runtimeOutputs } from '../import/against-runtime.js';
import { random } from '../nn/apply.js';

const dims = ({ type }: ValueInfoProto): (number | string | undefined)[] =>
  type!.tensorType!.shape!.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam);

const types = ({ graph }: ModelProto): string[] =>
  graph!.node.map(({ opType = '' }) => opType).filter((t) => t !== 'Constant');

const network = nn.sequential([nn.dense(3, 4), nn.tanh(), nn.dense(4, 2)]);
const parameters = network.init(generator(1));

describe('the file', () => {
  it('names parameters by their path, and states opset, producer, names and shapes', () => {
    const inputs = { pixels: { shape: ['N', 3] } };
    const model = exportOnnx(network, {
      parameters,
      inputs,
      output: 'logits',
      opset: 21,
      name: 'digits',
      metadata: { epochs: '3' },
    });
    const graph = model.graph!;
    expect(graph.initializer.map((t) => `${t.name} [${t.dims}]`)).toEqual([
      '0.weight [4,3]',
      '0.bias [4]',
      '2.weight [2,4]',
      '2.bias [2]',
    ]);
    expect(types(model)).toEqual(['Gemm', 'Tanh', 'Gemm']);
    expect(graph.input.map(({ name }) => name)).toEqual(['pixels']);
    expect([dims(graph.input[0]!), dims(graph.output[0]!)]).toEqual([
      ['N', 3],
      ['N', 2],
    ]);
    expect([graph.name, graph.output[0]!.name, model.producerName]).toEqual(['digits', 'logits', 'osculate']);
    expect(model.opsetImport).toEqual([{ domain: '', version: 21 }]);
    expect(model.metadataProps).toEqual([{ key: 'epochs', value: '3' }]);
  });

  it('holds a function of several inputs with several outputs', async () => {
    const weights = { scale: ndarray('f32', [2, 3]) };
    const model = exportOnnx(({ scale }, { a, b }) => ({ sum: a!.mul(scale).add(b!), both: { product: a!.mul(b!) } }), {
      parameters: weights,
      inputs: { a: { shape: [2] }, b: { shape: ['M', 2] } },
    });
    expect(model.graph!.output.map((o) => [o.name, ...dims(o)])).toEqual([
      ['sum', 'M', 2],
      ['both.product', 'M', 2],
    ]);
    const feeds = { a: ndarray('f32', [1, 10]), b: ndarray('f32', [[5, 6]]) };
    const results = await runtimeOutputs(model, feeds);
    expect(Array.from(results.sum!.data as Float32Array)).toEqual([7, 36]);
    expect(Array.from(results['both.product']!.data as Float32Array)).toEqual([5, 60]);
  });

  it('exports an imported model again, and takes trained values like any file', async () => {
    const inputs = { x: { shape: [2, 3] } };
    const file = encodeModel(exportOnnx(network, { parameters, inputs }));
    const imported = importOnnx(file);
    const again = exportOnnx((w, given) => imported.call(w, given), { parameters: imported.parameters, inputs });
    expect(types(again)).toEqual(['Gemm', 'Tanh', 'Gemm']);
    const changed = writeParameters(file, imported, {
      ...(imported.parameters as object),
      2: { weight: random([2, 4], 9, 'f32'), bias: ndarray('f32', [7, 8]) },
    });
    const own = Object.fromEntries(leaves(importOnnx(changed).parameters));
    expect(toNumbers(own['2.bias']!)).toEqual([7, 8]);
    expect(own['0.weight']).toEqual(Object.fromEntries(leaves(parameters))['0.weight']);
  });
});

describe('an open size', () => {
  it('stands in sums and multiples of it, and is computed where nothing infers it', async () => {
    const model = exportOnnx(
      (_, { x }) => {
        const rows = x!.shape[0]!;
        return {
          twice: concat([x!, x!], 0),
          extended: concat([x!, full(0, 'f32').expand([1, 2])], 0),
          flat: x!.reshape([2 * rows]),
          spread: full(1, 'f32').expand([2 * rows + 1, rows]),
          kept: x!.slice([0, 0], [rows - 1, 2]),
        };
      },
      { parameters: {}, inputs: { x: { shape: ['N', 2] } } },
    );
    expect(Object.fromEntries(model.graph!.output.map((o) => [o.name, dims(o)]))).toEqual({
      twice: ['2*N', 2],
      extended: ['N + 1', 2],
      flat: ['2*N'],
      spread: ['2*N + 1', 'N'],
      kept: ['N - 1', 2],
    });
    const results = await runtimeOutputs(model, {
      x: ndarray('f32', [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ]),
    });
    expect(Object.fromEntries(Object.entries(results).map(([name, t]) => [name, t.dims]))).toEqual({
      twice: [8, 2],
      extended: [5, 2],
      flat: [8],
      spread: [9, 4],
      kept: [3, 2],
    });
    expect(Array.from(results.kept!.data as Float32Array)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('may be the length of a sequence', async () => {
    const layer = nn.sequential([nn.transformerBlock(4, 2), nn.lstm(4, 3)]);
    const weights = layer.init(generator(2));
    const exported = (length: string | number) =>
      exportOnnx(layer, { parameters: weights, inputs: { x: { shape: [2, length, 4] } } });
    const x = random([2, 6, 4], 5, 'f32');
    const [open, fixed] = [await runtimeOutputs(exported('T'), { x }), await runtimeOutputs(exported(6), { x })];
    expect(open.output!.dims).toEqual([2, 6, 3]);
    expect(open.output!.data).toEqual(fixed.output!.data);
  });

  it.each([
    ['a constant of another size', (x: Tensor) => x.add(full(1, 'f32', x.shape))],
    ['other numbers', (x: Tensor) => x.mul(1 / x.shape[0]!)],
    ['other nodes', (x: Tensor) => (x.shape[0]! > 10 ? x.exp() : x)],
  ])('is refused where the model has %s at another size', (_, f) => {
    const options = { parameters: {}, inputs: { x: { shape: ['N', 2] } } };
    const layer: nn.Layer<Record<string, never>> = { init: () => ({}), apply: (_weights, x) => f(x) };
    expect(() => exportOnnx(layer, options)).toThrow(InputError);
    expect(() => exportOnnx(layer, options)).toThrow(/depends on the size "N".*export it with a number/);
  });
});

describe('errors', () => {
  const norm = nn.batchNorm(3);
  const x = { shape: [2, 3] };
  const refused = (layer: nn.AnyLayer, options: Partial<ExportOptions>) => () =>
    exportOnnx(layer as nn.Layer, { parameters, inputs: { x }, ...options });

  it.each([
    ['two inputs of a layer', refused(network, { inputs: { x, y: x } }), /a layer takes one input, but 2 .*x, y/],
    ['two open sizes', refused(network, { inputs: { x: { shape: ['N', 'C'] } } }), /"N" and "C" are both left open/],
    ['an input named like a parameter', refused(network, { inputs: { '0.bias': x } }), /"0.bias" has the name of a p/],
    [
      'missing statistics',
      refused(norm, { parameters: norm.init(generator(0)) }),
      /needs "statistics.0.mean".*options.statistics/,
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(InputError);
    expect(call).toThrow(message);
  });

  it('statistics of another shape', () => {
    const statistics = { 'statistics.0.mean': ndarray('f32', [1, 2]), 'statistics.0.variance': ndarray('f32', [1, 2]) };
    const call = refused(norm, { parameters: norm.init(generator(0)), statistics });
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(/"statistics.0.mean"\] is f32 \[2\], but the model takes .*\[3\]/);
  });

  it('parameters beyond 2 GiB', () => {
    const half = ndarray('f32', new Float32Array(2 ** 28));
    const call = () => exportOnnx(({ a, b }) => a.add(b), { parameters: { a: half, b: half }, inputs: {} });
    expect(call).toThrow(InputError);
    expect(call).toThrow(/parameters take 2147483648 bytes.*2 GiB/);
  });
});
