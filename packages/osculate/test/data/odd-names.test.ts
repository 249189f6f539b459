import { describe, expect, it } from 'vitest';
import { arrays, readCsv, readNpz, readSafetensors, writeNpz, writeSafetensors } from '../../src/data/index.js';
import { importOnnx, writeParameters } from '../../src/import/index.js';
import { squaredError } from '../../src/nn/index.js';
import { encodeModel, graphOf, model, node, valueInfo } from '../../src/onnx/index.js';
import { fromCheckpoint, toCheckpoint } from '../../src/optim/checkpoint.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { ndarray } from '../../src/tensor/index.js';
import { fitModel, predict } from '../../src/training/index.js';

/** Names that every object of JavaScript has, or that change it when they are set. */
const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'] as const;
const own = (of: object, name: string): unknown => Object.getOwnPropertyDescriptor(of, name)?.value;

describe.each(names)('a name such as %s', (name) => {
  const array = ndarray('f32', [1, 2, 3, 4], [2, 2]);
  const only = Object.fromEntries([[name, array]]);

  it('is that of an array in NPZ and safetensors', () => {
    expect(own(readNpz(writeNpz(only)), name)).toEqual(array);
    expect(own(readSafetensors(writeSafetensors(only, Object.fromEntries([[name, 'v']]))).tensors, name)).toEqual(
      array,
    );
    expect(own(readSafetensors(writeSafetensors(only, Object.fromEntries([[name, 'v']]))).metadata, name)).toBe('v');
  });

  it('is that of a column', () => {
    expect(readCsv(`${name},b\n1,2\n`).names).toEqual([name, 'b']);
    expect(own(readCsv(`${name},b\nx,2\n`, { text: [name] }).text, name)).toEqual(['x']);
    expect(() => readCsv('a,b\n1,2\n', { numbers: [name] })).toThrow(/there is no column/);
  });

  it('is that of a field of rows', async () => {
    const source = arrays(only);
    expect(own(await source.read(Uint32Array.from([1])), name)).toMatchObject({ shape: [1, 2] });
  });

  it('is that of the state of an optimizer', () => {
    const state = Object.fromEntries([
      ['parameters', Float64Array.from([1])],
      ['step', 3],
      [name, Float64Array.from([2, 3])],
    ]);
    const snapshot = { state, generator: [1, 2, 3, 4], seconds: 0, gradientEquivalents: 0, rejected: 0 };
    const file = toCheckpoint({ ...snapshot, rejectedSteps: 0, nonFiniteSteps: 0 } as never);
    expect(own(fromCheckpoint(file, state as never).state, name)).toEqual(Float64Array.from([2, 3]));
  });

  it('is that of inputs, outputs and parameters of an ONNX model, which trains and is written', async () => {
    const graph = graphOf({
      nodes: [node('MatMul', [name, 'toString2'], ['h']), node('Add', ['h', `${name}.b`], [`${name}.out`])],
      inputs: [valueInfo(name, 'f32', ['N', 2])],
      outputs: [valueInfo(`${name}.out`, 'f32', ['N', 2])],
      initializers: { toString2: array, [`${name}.b`]: ndarray('f32', [0, 0]) },
    });
    const imported = importOnnx(encodeModel(model(graph)));
    const rows = { x: [[1, 2]], y: [[1, 0]], loss: squaredError(), progress: false, epochs: 2 } as const;
    const run = await fitModel(imported, { ...rows, executor: referenceExecutor() });
    const again = importOnnx(encodeModel(writeParameters(imported.file, imported, run.parameters)));
    const [a, b] = [await predict(again, [[1, 2]]), await run.predict([[1, 2]])];
    for (const i of [0, 1]) expect(a.data[i]).toBeCloseTo(Number(b.data[i]), 5);
  });
});
