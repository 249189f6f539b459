import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { type ImportOptions, importOnnx } from '../../src/import/index.js';
import { trainingContext } from '../../src/nn/index.js';
import { float } from '../../src/onnx/attributes.js';
import { encodeModel, graph, graphOf, type ModelProto, model, node, valueInfo } from '../../src/onnx/index.js';
import {
  DTypeError,
  generator,
  InputError,
  input,
  leaves,
  ndarray,
  parameters,
  ShapeError,
  type Tensor,
  type Tree,
} from '../../src/tensor/index.js';
import { expectSame, importedOutputs, modelOf, random } from './against-runtime.js';

const w = random([3, 2], 2);
const b = random([2], 3);
const x = random([4, 3]);

/** x·W + b for a batch of any size. */
function linear(): ModelProto {
  const graph = graphOf({
    nodes: [node('MatMul', ['x', 'layer.weight'], ['product']), node('Add', ['product', 'layer.bias'], ['y'])],
    inputs: [valueInfo('x', 'f32', ['batch', 3])],
    outputs: [valueInfo('y', 'f32', ['batch', 2])],
    initializers: { 'layer.weight': w, 'layer.bias': b },
  });
  return model(graph);
}

describe('importOnnx', () => {
  it('gives parameters as a tree, inputs and outputs with bound sizes', () => {
    const imported = importOnnx(encodeModel(linear()), { dimensions: { batch: 4 } });
    expect(imported.parameters).toEqual({ layer: { weight: w, bias: b } });
    expect(imported.sources).toEqual({ 'layer.weight': 'layer.weight', 'layer.bias': 'layer.bias' });
    expect(imported.inputs).toEqual([{ name: 'x', dtype: 'f32', shape: [4, 3] }]);
    expect(imported.outputs).toEqual([{ name: 'y', dtype: 'f32', shape: [4, 2] }]);
  });

  it('can be called for another batch, and in double precision', () => {
    const imported = importOnnx(linear(), { dimensions: { batch: 4 } });
    const wide = { layer: { weight: input('w', 'f64', [3, 2]), bias: input('b', 'f64', [2]) } };
    const { y } = imported.call(wide, { x: input('x', 'f64', [7, 3]) });
    expect([y!.dtype, y!.shape]).toEqual(['f64', [7, 2]]);
    expect(grad(y!.sum(), wide.layer.weight).dtype).toBe('f64');
  });

  it('makes those tensors parameters that the pattern names', async () => {
    const imported = importOnnx(linear(), { dimensions: { batch: 4 }, trainable: /weight$/ });
    expect(leaves(imported.parameters).map(([name]) => name)).toEqual(['layer.weight']);
    const none = importOnnx(linear(), { dimensions: { batch: 4 }, trainable: () => false });
    expect(leaves(none.parameters)).toEqual([]);
    const all = await importedOutputs(linear(), { x }, { dimensions: { batch: 4 } });
    expect(await importedOutputs(linear(), { x }, { dimensions: { batch: 4 }, trainable: () => false })).toEqual(all);
  });

  it('names leaves apart where the names of a file cannot be nested', () => {
    const names = ['a', 'a.b', 'c..d'];
    const nodes = names.map((name, i) => node('Add', [i === 0 ? 'x' : `s${i - 1}`, name], [`s${i}`]));
    const initializers = Object.fromEntries(names.map((name, i) => [name, random([3], i)]));
    const imported = importOnnx(modelOf({ x }, ['s2'], { nodes, initializers }, 16));
    const found = leaves(imported.parameters).map(([name]) => name);
    expect(found.map((name) => imported.sources[name])).toEqual(['a', 'a.b', 'c..d']);
    expect(new Set(found).size).toBe(3);
  });

  it('reads external data through the option, once', () => {
    const proto = linear();
    const [stored, rest] = [proto.graph!.initializer[0]!, proto.graph!.initializer.slice(1)];
    const { rawData, ...described } = stored;
    const entry = {
      ...described,
      dataLocation: 1,
      externalData: [
        { key: 'location', value: 'weights.bin' },
        { key: 'offset', value: '8' },
        { key: 'length', value: '24' },
      ],
    };
    const external = { ...proto, graph: { ...proto.graph!, initializer: [entry, ...rest] } };
    expect(() => importOnnx(external, { dimensions: { batch: 4 } })).toThrow(/weights\.bin/);
    let reads = 0;
    const options: ImportOptions = {
      dimensions: { batch: 4 },
      external: ({ location, offset, length }) => {
        reads++;
        expect([location, offset, length]).toEqual(['weights.bin', 8, 24]);
        return rawData!;
      },
    };
    const imported = importOnnx(external, options);
    expect(imported.parameters).toEqual({ layer: { weight: w, bias: b } });
    imported.call(parameters(imported.parameters) as Tree<Tensor>, { x: input('x', 'f32', [4, 3]) });
    expect(reads).toBe(1);
    const fixed = importOnnx(external, { ...options, trainable: () => false });
    fixed.call({}, { x: input('x', 'f32', [4, 3]) });
    expect(reads).toBe(2);
  });

  it('resolves chains of shapes at import', async () => {
    const nodes = [
      node('Shape', ['x'], ['shape']),
      node('Gather', ['shape', 'zero'], ['rows']),
      node('Unsqueeze', ['rows', 'axis'], ['rows1']),
      node('Concat', ['rows1', 'rest'], ['target'], { axis: 0 }),
      node('ConstantOfShape', ['target'], ['zeros']),
      node('Range', ['zero', 'rows', 'one'], ['counted']),
      node('Cast', ['counted'], ['numbers'], { to: 1 }),
      node('Unsqueeze', ['numbers', 'one1'], ['column']),
      node('Add', ['zeros', 'column'], ['y']),
    ];
    const initializers = {
      zero: ndarray('i64', 0),
      one: ndarray('i64', 1),
      axis: ndarray('i64', [0]),
      one1: ndarray('i64', [1]),
      rest: ndarray('i64', [2]),
    };
    const { y } = await importedOutputs(modelOf({ x }, ['y'], { nodes, initializers }, 16), { x });
    expect(y).toEqual(
      ndarray('f32', [
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ]),
    );
  });
});

describe('training mode', () => {
  const proto = modelOf(
    { x },
    ['y'],
    {
      nodes: [
        node('BatchNormalization', ['x', 'gain', 'bias', 'mean', 'variance'], ['n'], { epsilon: float(1e-3) }),
        node('Dropout', ['n', 'ratio'], ['y']),
      ],
      initializers: {
        gain: random([3], 4),
        bias: random([3], 5),
        mean: random([3], 6),
        variance: ndarray('f32', [1, 2, 3]),
        ratio: ndarray('f32', 0.25),
      },
    },
    16,
  );

  it('does not train running statistics unless asked to', () => {
    expect(leaves(importOnnx(proto).parameters).map(([name]) => name)).toEqual(['gain', 'bias']);
    expect(leaves(importOnnx(proto, { trainable: /mean|gain/ }).parameters).map(([name]) => name)).toEqual([
      'gain',
      'mean',
    ]);
  });

  it('takes masks from the context and reports the statistics of the batch', () => {
    const imported = importOnnx(proto, { mode: 'training' });
    const context = trainingContext();
    const { y } = imported.call(
      parameters(imported.parameters) as Tree<Tensor>,
      { x: input('x', 'f32', [4, 3]) },
      context,
    );
    expect(context.masks.map(({ keep, tensor }) => [keep, tensor.shape])).toEqual([[0.75, [4, 3]]]);
    expect(context.statistics.map(({ mean }) => mean.shape)).toEqual([[3]]);
    expect(compile({ y: y! }).inputs).toHaveLength(4);
  });

  it('is what a BatchNormalization before version 14 asks for by its outputs', async () => {
    const statistics = ['mean_new', 'variance_new', 'mean_saved', 'variance_saved'];
    const old = modelOf(
      { x },
      // ONNX Runtime saves a reciprocal deviation in place of the variance.
      ['y', ...statistics.slice(0, 3)],
      {
        nodes: [node('BatchNormalization', ['x', 'gain', 'bias', 'mean', 'variance'], ['y', ...statistics])],
        initializers: {
          gain: random([3], 4),
          bias: random([3], 5),
          mean: random([3], 6),
          variance: ndarray('f32', [1, 2, 3]),
        },
      },
      9,
    );
    await expectSame(old, { x });
  });

  it('normalises by the batch', async () => {
    const plain = modelOf(
      { x },
      ['y'],
      {
        nodes: [node('BatchNormalization', ['x', 'gain', 'bias', 'mean', 'variance'], ['y'])],
        initializers: {
          gain: ndarray('f32', [1, 1, 1]),
          bias: ndarray('f32', [0, 0, 0]),
          mean: random([3], 6),
          variance: ndarray('f32', [1, 2, 3]),
        },
      },
      16,
    );
    const { y } = await importedOutputs(plain, { x }, { mode: 'training' });
    for (let c = 0; c < 3; c++) {
      const column = [0, 1, 2, 3].map((r) => Number(y!.data[3 * r + c]));
      expect(column.reduce((s, v) => s + v, 0)).toBeCloseTo(0, 5);
      expect(column.reduce((s, v) => s + v * v, 0) / 4).toBeCloseTo(1, 3);
    }
  });
});

describe('errors', () => {
  it('lists all nodes that cannot be imported, with places and reasons', () => {
    const proto = modelOf(
      { x },
      ['y'],
      {
        nodes: [
          node('StringSplit', ['x'], ['q', 's']),
          node('Neg', ['q'], ['n']),
          { ...node('Mystery', ['n'], ['m']), domain: 'custom', name: 'third' },
          node('RandomNormalLike', ['x'], ['r']),
          node('Add', ['m', 'r'], ['y']),
        ],
      },
      16,
    );
    expect(() => importOnnx(proto)).toThrow(InputError);
    expect(() => importOnnx(proto)).toThrow(
      [
        'importOnnx: 3 places of the model cannot be imported:',
        '- StringSplit at q: it handles text; only numbers are supported',
        "- custom.Mystery at third: ops of the domain 'custom' are not supported",
        '- RandomNormalLike at r: it draws random numbers; make the noise an input of the model',
      ].join('\n'),
    );
  });

  it('looks for unknown ops in bodies that could not be traced', () => {
    const inner = graphOf({ nodes: [node('Hashing', ['q'], ['b'])], inputs: [], outputs: [{ name: 'b' }] });
    const proto = modelOf(
      { x },
      ['y'],
      {
        nodes: [
          node('Mystery', ['x', 'x'], ['q']),
          node('If', ['q'], ['y'], { then_branch: graph(inner), else_branch: graph(inner) }),
        ],
      },
      16,
    );
    expect(() => importOnnx(proto)).toThrow(/3 places.*- Hashing at y\/then_branch\/b: this op is not supported/s);
  });

  it('leaves out what no output needs', () => {
    const nodes = [node('Neg', ['x'], ['y']), node('Bernoulli', ['x'], ['unused'])];
    expect(importOnnx(modelOf({ x }, ['y'], { nodes }, 16)).outputs).toHaveLength(1);
  });

  it('takes an open number of rows as any, and names inputs with other open sizes', () => {
    const { inputs, outputs } = importOnnx(linear());
    expect([inputs[0]!.shape, outputs[0]!.shape]).toEqual([
      [2, 3],
      [2, 2],
    ]);
    const wide = graphOf({
      nodes: [node('Neg', ['x'], ['y'])],
      inputs: [valueInfo('x', 'f32', ['batch', 'width'])],
      outputs: [valueInfo('y', 'f32', ['batch', 'width'])],
    });
    expect(() => importOnnx(model(wide))).toThrow(
      /sizes are open in input 'x' \[batch, width\]; give named ones by options\.dimensions/,
    );
  });

  it('refuses what is neither a path nor a file', () => {
    expect(() => importOnnx(null as never)).toThrow(/path of a file/);
    expect(() => importOnnx(3 as never)).toThrow(/path of a file/);
  });

  it('refuses shapes that contradict the file, unknown names and old versions', () => {
    expect(() => importOnnx(linear(), { inputShapes: { x: [4, 5] } })).toThrow(ShapeError);
    expect(() => importOnnx(linear(), { inputShapes: { z: [4, 5] } })).toThrow(/no input 'z'; it has x/);
    expect(() => importOnnx(modelOf({ x }, ['y'], { nodes: [node('Neg', ['x'], ['y'])] }, 6))).toThrow(
      /version 6 .* 7 to 28/,
    );
    expect(() => importOnnx({ opsetImport: [] })).toThrow(/no graph/);
    expect(() => importOnnx(Uint8Array.of(255, 255))).toThrow(InputError);
  });

  it('refuses a shape that depends on the data, and says what to fix', () => {
    const nodes = [node('Reshape', ['x', 'shape'], ['y'])];
    const proto = modelOf({ x, shape: ndarray('i64', [12]) }, ['y'], { nodes }, 16);
    expect(() => importOnnx(proto)).toThrow(
      /Reshape at y: shape \('shape'\) depends on the model's inputs, .* options\.values/,
    );
    expect(importOnnx(proto, { values: { shape: ndarray('i64', [12]) } }).outputs[0]!.shape).toEqual([12]);
  });

  it('refuses inputs that are not tensors or of a strange element type', () => {
    const base = linear();
    const typed = (type: object): ModelProto => ({ ...base, graph: { ...base.graph!, input: [{ name: 'x', type }] } });
    expect(() => importOnnx(typed({ sequenceType: {} }), { inputShapes: { x: [4, 3] } })).toThrow(DTypeError);
    expect(() => importOnnx(typed({ tensorType: { elemType: 8 } }), { inputShapes: { x: [4, 3] } })).toThrow(
      /element type string/,
    );
  });

  it('a call checks names and dtypes', () => {
    const imported = importOnnx(linear(), { dimensions: { batch: 4 } });
    const t = input('x', 'f32', [4, 3]);
    const weights = parameters(imported.parameters) as Tree<Tensor>;
    expect(() => imported.call(weights, {})).toThrow(/input 'x' is missing/);
    expect(() => imported.call(weights, { x: t, z: t })).toThrow(/no input 'z'/);
    expect(() => imported.call({}, { x: t })).toThrow(/parameter 'layer.weight' is missing/);
    expect(() => imported.call(weights, { x: input('x', 'f64', [4, 3]) })).toThrow(DTypeError);
    expect(() => imported.call(weights, { x: input('x', 'f32', [4, 5]) })).toThrow(/MatMul at product: /);
  });

  it('does not crash on damaged files', () => {
    const random = generator(5);
    const bytes = encodeModel(linear());
    let accepted = 0;
    for (let k = 0; k < 3000; k++) {
      const damaged = bytes.slice();
      for (let i = 0; i < 3; i++)
        damaged[Math.floor(random.uniform() * damaged.length)] = Math.floor(random.uniform() * 256);
      try {
        importOnnx(damaged, { dimensions: { batch: 4 } });
        accepted++;
      } catch (error) {
        expect([InputError, ShapeError, DTypeError].some((type) => error instanceof type)).toBe(true);
      }
    }
    expect(accepted).toBeGreaterThan(0);
  });
});
