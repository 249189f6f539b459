import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../src/export/index.js';
import { importOnnx } from '../../src/import/index.js';
import * as nn from '../../src/nn/index.js';
import { decodeModel, encodeModel, type GraphProto, type ModelProto } from '../../src/onnx/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import {
  generator,
  leaves,
  mapTree,
  type NDArray,
  input as placeholder,
  parameters as placeholders,
  type Tree,
  toNumbers,
  zeros,
} from '../../src/tensor/index.js';
import { type Named, outputsOf, runtimeOutputs } from '../import/against-runtime.js';
import { outputOf, random } from '../nn/apply.js';
import { type ExportCase, layerCases, notLayers } from './cases.js';

const cases = Object.entries(layerCases).flatMap(([layer, list]) =>
  Object.entries(list).map(([name, given]) => [`${layer}: ${name}`, given] as const),
);

type Float = 'f32' | 'f64';

/** A case in one precision: random parameters and running statistics. */
function prepared({ layer, ids }: ExportCase, dtype: Float) {
  const any = layer as nn.Layer;
  let k = 1;
  const parameters = mapTree<NDArray, NDArray>(any.init(generator(0), dtype), ({ shape }) => random(shape, k++, dtype));
  const input = (shape: readonly number[]): NDArray => {
    if (ids === undefined) return random(shape, 50, dtype);
    const array = zeros('i64', shape);
    const draw = generator(3);
    return { ...array, data: array.data.map(() => BigInt(Math.floor(draw.uniform() * ids))) };
  };
  return { layer: any, parameters, input };
}

/** Positive running statistics for every batch normalisation of a layer. */
function statisticsOf(layer: nn.Layer, parameters: Tree<NDArray>, x: NDArray): Record<string, NDArray> {
  const context = nn.inferenceContext();
  layer.apply(placeholders(parameters) as never, placeholder('x', x.dtype, x.shape), context);
  return Object.fromEntries(
    context.statistics.flatMap(({ mean, variance }, i) => {
      const noise = random(variance.shape, 70 + i, variance.dtype as Float);
      const positive = { ...noise, data: noise.data.map((v) => Math.fround(0.5 + v * v)) };
      return [
        [`statistics.${i}.mean`, random(mean.shape, 80 + i, mean.dtype as Float)],
        [`statistics.${i}.variance`, positive as NDArray],
      ];
    }),
  );
}

/** Largest difference, relative to the largest element. */
function difference(actual: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [worst, scale] = [0, 0];
  expect(actual.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    worst = Math.max(worst, Math.abs(actual[i]! - wanted[i]!));
    scale = Math.max(scale, Math.abs(wanted[i]!));
  }
  return scale === 0 ? worst : worst / scale;
}

const nodesOf = (graph: GraphProto): GraphProto['node'] =>
  graph.node.flatMap((n) => [n, ...n.attribute.flatMap(({ g }) => (g ? nodesOf(g) : []))]);

function expectClean(model: ModelProto, { ops }: ExportCase): void {
  const graph = model.graph!;
  const nodes = nodesOf(graph);
  const types = nodes.map(({ opType }) => opType);
  expect(types).toEqual(expect.arrayContaining([...ops]));
  expect(nodes.every(({ domain }) => domain === undefined)).toBe(true);
  expect(new Set(nodes.map(({ name }) => name)).size).toBe(nodes.length);
  const contents = graph.node.map((n) =>
    JSON.stringify([n.opType, n.input, n.attribute.map((a) => ({ ...a, t: a.t && { ...a.t, name: '' } }))], (_, v) =>
      typeof v === 'bigint' ? String(v) : v,
    ),
  );
  expect(new Set(contents).size, 'duplicated nodes').toBe(contents.length);
}

describe.each(cases)('%s', (_, given) => {
  it.each([
    ['f32', 1e-6],
    ['f64', 1e-12],
  ] as const)('in %s gives the same numbers in ONNX Runtime and when imported', async (dtype, tolerance) => {
    const { layer, parameters, input } = prepared(given, dtype);
    const x = input(given.shape);
    const statistics = statisticsOf(layer, parameters, x);
    const inputs = { x: { shape: given.shape, dtype: x.dtype } };
    const file = encodeModel(exportOnnx(layer, { parameters, inputs, statistics, output: 'y' }));
    if (dtype === 'f32') expectClean(decodeModel(file), given);
    const wanted = await outputOf(layer, parameters as never, x, nn.inferenceContext(), statistics);
    const run = (await runtimeOutputs(file, { x })).y!;
    expect(run.dims).toEqual(wanted.shape);
    const limit = dtype === 'f64' ? (given.tolerance ?? tolerance) : tolerance;
    expect(difference(run.data as Float32Array, wanted.data as Float32Array)).toBeLessThan(limit);
    const imported = importOnnx(file);
    const again = (await outputsOf(imported, { x }, referenceExecutor())).y!;
    expect(difference(toNumbers(again), toNumbers(wanted))).toBeLessThan(limit);
    expect(Object.fromEntries(leaves(imported.parameters))).toEqual(Object.fromEntries(leaves(parameters)));
  });

  it('for any size of the batch', async () => {
    const { layer, parameters, input } = prepared(given, 'f32');
    const statistics = statisticsOf(layer, parameters, input(given.shape));
    const [, ...rest] = given.shape;
    const dtype = given.ids === undefined ? 'f32' : 'i64';
    const model = exportOnnx(layer, { parameters, inputs: { x: { shape: ['N', ...rest], dtype } }, statistics });
    expectClean(model, given);
    const file = encodeModel(model);
    for (const size of [1, 3]) {
      const x = input([size, ...rest]);
      const wanted = await outputOf(layer, parameters as never, x, nn.inferenceContext(), statistics);
      const run = (await runtimeOutputs(file, { x } as Named)).output!;
      expect(run.dims).toEqual(wanted.shape);
      expect(difference(run.data as Float32Array, wanted.data as Float32Array)).toBeLessThan(1e-6);
      const imported = importOnnx(file, { dimensions: { N: size } });
      const again = (await outputsOf(imported, { x }, referenceExecutor())).output!;
      expect(difference(toNumbers(again), toNumbers(wanted))).toBeLessThan(1e-6);
    }
  });
});

it('has a case for every layer of osculate/nn', () => {
  const exported = Object.entries(nn).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
  expect([...Object.keys(layerCases), ...notLayers].sort()).toEqual(exported.sort());
});
