import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { importOnnx } from '../../src/import/index.js';
import {
  type GraphProto,
  graph as graphAttribute,
  graphOf,
  type ModelProto,
  type NodeProto,
  node,
  valueInfo,
} from '../../src/onnx/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { input, ndarray } from '../../src/tensor/index.js';
import { expectSame, importedOutputs, modelOf, random } from './against-runtime.js';

const x = random([3]);
const yes = ndarray('bool', 1);

/** A body; inputs of f32 unless they say otherwise. */
function body(inputs: readonly string[], outputs: readonly string[], nodes: readonly NodeProto[]): GraphProto {
  const typed = (name: string) =>
    name.startsWith('i64 ')
      ? valueInfo(name.slice(4), 'i64', [])
      : name.startsWith('bool ')
        ? valueInfo(name.slice(5), 'bool', [])
        : valueInfo(name, 'f32');
  return graphOf({ nodes, inputs: inputs.map(typed), outputs: outputs.map(typed) });
}

/** s ← tanh(s + x), with the step added as an output of every iteration. */
const step = body(
  ['i64 i', 'bool go', 's'],
  ['bool again', 'next', 'row'],
  [
    node('Identity', ['go'], ['again']),
    node('Add', ['s', 'x'], ['sum']),
    node('Tanh', ['sum'], ['next']),
    node('Mul', ['next', 'next'], ['row']),
  ],
);

const loopModel = (trips: number): ModelProto =>
  modelOf(
    { x },
    ['last', 'rows'],
    {
      nodes: [node('Loop', ['trips', 'yes', 'start'], ['last', 'rows'], { body: graphAttribute(step) })],
      initializers: { trips: ndarray('i64', trips), yes, start: ndarray('f32', [0.1, 0.2, 0.3]) },
    },
    16,
  );

describe('Loop', () => {
  it.each([1, 5, 40])('of %i iterations collects its outputs', async (trips) => {
    await expectSame(loopModel(trips), { x });
  });

  it('of many iterations becomes one scan, which has gradients', () => {
    const imported = importOnnx(loopModel(1000));
    expect(imported.outputs[1]!.shape).toEqual([1000, 3]);
    const t = input('x', 'f32', [3]);
    const { last } = imported.call({ start: input('start', 'f32', [3]) }, { x: t });
    expect(grad(last!.sum(), t).shape).toEqual([3]);
  });

  it('ends by a condition that depends on the data', async () => {
    const halve = body(
      ['i64 i', 'bool go', 's'],
      ['bool again', 'next'],
      [
        node('Mul', ['s', 'half'], ['next']),
        node('ReduceMax', ['next'], ['most'], { keepdims: 0 }),
        node('Greater', ['most', 'limit'], ['again']),
      ],
    );
    const proto = modelOf(
      { x },
      ['last'],
      {
        nodes: [node('Loop', ['', 'yes', 'x'], ['last'], { body: graphAttribute(halve) })],
        initializers: { yes, half: ndarray('f32', 0.5), limit: ndarray('f32', 0.01) },
      },
      16,
    );
    await expectSame(proto, { x: ndarray('f32', [0.7, 0.2, 0.9]) });
  });

  it('may change shapes as long as they are known', async () => {
    const grow = body(
      ['i64 i', 'bool go', 's'],
      ['bool again', 'next'],
      [node('Less', ['i', 'two'], ['again']), node('Concat', ['s', 'x'], ['next'], { axis: 0 })],
    );
    const proto = modelOf(
      { x },
      ['last'],
      {
        nodes: [node('Loop', ['trips', 'yes', 'x'], ['last'], { body: graphAttribute(grow) })],
        initializers: { yes, trips: ndarray('i64', 10), two: ndarray('i64', 2) },
      },
      16,
    );
    await expectSame(proto, { x });
    expect((await importedOutputs(proto, { x })).last!.shape).toEqual([12]);
  });
});

describe('Scan', () => {
  it('takes axes and directions of inputs and outputs', async () => {
    const sums = body(
      ['s', 'slice'],
      ['next', 'y'],
      [node('Add', ['s', 'slice'], ['next']), node('Sin', ['next'], ['y'])],
    );
    const proto = modelOf(
      { x, rows: random([3, 4], 2) },
      ['last', 'ys'],
      {
        nodes: [
          node('Scan', ['x', 'rows'], ['last', 'ys'], {
            body: graphAttribute(sums),
            num_scan_inputs: 1,
            scan_input_axes: [1],
            scan_input_directions: [1],
            scan_output_axes: [1],
            scan_output_directions: [1],
          }),
        ],
      },
      16,
    );
    await expectSame(proto, { x, rows: random([3, 4], 2) });
  });
});

describe('If', () => {
  const branch = (op: string, name: string): GraphProto => body([], [name], [node(op, ['x'], [name])]);
  const choose = (other: GraphProto): ModelProto =>
    modelOf(
      { x, flag: yes },
      ['y'],
      {
        nodes: [
          node('If', ['flag'], ['y'], {
            then_branch: graphAttribute(branch('Exp', 'a')),
            else_branch: graphAttribute(other),
          }),
        ],
      },
      16,
    );

  it.each([0, 1])('takes a branch by a condition fixed to %i', async (flag) => {
    await expectSame(choose(branch('Neg', 'b')), { x }, { values: { flag: ndarray('bool', flag) } });
  });

  it.each([0, 1])('selects by a condition that is an input, here %i', async (flag) => {
    await expectSame(choose(branch('Neg', 'b')), { x, flag: ndarray('bool', flag) });
  });

  it('does not ask the branch that is not taken whether it is supported', () => {
    const values = { flag: yes };
    expect(importOnnx(choose(branch('ImageDecoder', 'b')), { values }).outputs).toHaveLength(1);
    expect(() => importOnnx(choose(branch('ImageDecoder', 'b')))).toThrow(
      /ImageDecoder at y\/else_branch\/b: this op is not supported/,
    );
  });

  it('refuses branches of different shapes under an unknown condition', () => {
    expect(() => importOnnx(choose(branch('Shape', 'b')))).toThrow(
      /If at y: its condition depends on inputs .* options\.values/,
    );
  });
});

describe('functions of the model', () => {
  const scaled = {
    name: 'Scaled',
    domain: 'local',
    input: ['a'],
    output: ['b'],
    attribute: ['slope'],
    node: [
      { ...node('LeakyRelu', ['a'], ['c']), attribute: [{ name: 'alpha', refAttrName: 'slope', type: 1 }] },
      node('Neg', ['c'], ['b']),
    ],
    opsetImport: [{ domain: '', version: 16 }],
  };

  it('are inlined, their attributes bound', async () => {
    const base = modelOf(
      { x },
      ['y'],
      {
        nodes: [{ ...node('Scaled', ['x'], ['y']), domain: 'local', attribute: [{ name: 'slope', f: 0.5, type: 1 }] }],
      },
      16,
    );
    const proto = { ...base, functions: [scaled], opsetImport: [...base.opsetImport, { domain: 'local', version: 1 }] };
    await expectSame(proto, { x });
  });

  it('that call themselves are refused', () => {
    const endless = { ...scaled, node: [{ ...node('Scaled', ['a'], ['b']), domain: 'local' }] };
    const base = modelOf({ x }, ['y'], { nodes: [{ ...node('Scaled', ['x'], ['y']), domain: 'local' }] }, 16);
    expect(() => importOnnx({ ...base, functions: [endless] })).toThrow(/nested more than 64 deep/);
  });

  it('that unfold to more nodes than any real model are refused', () => {
    const twice = (name: string, inner: string) => ({
      ...scaled,
      name,
      node: [
        { ...node(inner, ['a'], ['c']), domain: 'local' },
        { ...node(inner, ['c'], ['b']), domain: 'local' },
      ],
    });
    const levels = Array.from({ length: 30 }, (_, i) => twice(`F${i}`, `F${i + 1}`));
    const base = modelOf({ x }, ['y'], { nodes: [{ ...node('F0', ['x'], ['y']), domain: 'local' }] }, 16);
    expect(() => importOnnx({ ...base, functions: [...levels, { ...scaled, name: 'F30' }] })).toThrow(
      /unfolds to more than 200000 nodes/,
    );
  });
});

describe('gradients through bodies', () => {
  it('of an unrolled and of a scanned loop equal those by hand', async () => {
    const gradientOf = async (trips: number): Promise<number[]> => {
      const imported = importOnnx(loopModel(trips));
      const t = input('x', 'f64', [3]);
      const { last, rows } = imported.call({ start: input('start', 'f64', [3]) }, { x: t });
      const executable = await referenceExecutor().load(compile({ gradient: grad(last!.sum().add(rows!.sum()), t) }));
      const results = await executable.run({
        x: Float64Array.of(0.1, -0.2, 0.3),
        start: Float64Array.of(0.1, 0.2, 0.3),
      });
      return Array.from(results.gradient!.data as Float64Array);
    };
    // Up to 16 iterations are unrolled, more are scanned; 17 steps by hand differ from 16 by one.
    const [short, long] = [await gradientOf(16), await gradientOf(17)];
    const byHand = (trips: number): number[] =>
      [0.1, -0.2, 0.3].map((v, i) => {
        let [s, ds, sum] = [[0.1, 0.2, 0.3][i]!, 0, 0];
        for (let k = 0; k < trips; k++) {
          const y = Math.tanh(s + v);
          ds = (1 - y * y) * (ds + 1);
          s = y;
          sum += 2 * y * ds;
        }
        return sum + ds;
      });
    short.forEach((g, i) => {
      expect(g).toBeCloseTo(byHand(16)[i]!, 6);
    });
    long.forEach((g, i) => {
      expect(g).toBeCloseTo(byHand(17)[i]!, 6);
    });
  });
});
