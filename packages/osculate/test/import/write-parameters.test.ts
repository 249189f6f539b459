import { describe, expect, it } from 'vitest';
import { importOnnx, writeParameters } from '../../src/import/index.js';
import { tensor } from '../../src/onnx/attributes.js';
import { decodeModel, encodeModel, graph, graphOf, node, tensorOf } from '../../src/onnx/index.js';
import { mapTree, type NDArray, ndarray, ShapeError, type Tree } from '../../src/tensor/index.js';
import { expectSame, importedOutputs, modelOf, random } from './against-runtime.js';

const x = random([2, 3]);

/** Weights in an initialiser and in a Constant of a branch, and a bias that is not trained. */
function branching() {
  const inner = graphOf({
    nodes: [
      node('Constant', [], ['scale'], { value: tensor(tensorOf('scale', random([3], 4))) }),
      node('Mul', ['h', 'scale'], ['b']),
    ],
    inputs: [],
    outputs: [{ name: 'b' }],
  });
  const other = graphOf({ nodes: [node('Neg', ['h'], ['b'])], inputs: [], outputs: [{ name: 'b' }] });
  return modelOf(
    { x },
    ['y'],
    {
      nodes: [
        node('MatMul', ['x', 'w'], ['p']),
        node('Add', ['p', 'bias'], ['h']),
        node('If', ['yes'], ['y'], { then_branch: graph(inner), else_branch: graph(other) }),
      ],
      initializers: { w: random([3, 3], 2), bias: random([3], 3), yes: ndarray('bool', 1) },
    },
    16,
  );
}

const halved = (tree: Tree<NDArray>): Tree<NDArray> =>
  mapTree(tree, ({ shape, data }) => ({
    dtype: 'f64',
    shape,
    data: Float64Array.from(data as Float32Array, (v) => v / 2),
  }));

describe('writeParameters', () => {
  it('gives a file that computes with the new values, in ONNX Runtime too', async () => {
    const proto = branching();
    const imported = importOnnx(proto, { trainable: /w|scale/ });
    expect(Object.values(imported.sources).sort()).toEqual(['scale', 'w']);
    const written = decodeModel(
      encodeModel(writeParameters(encodeModel(proto), imported, halved(imported.parameters))),
    );
    await expectSame(written, { x });
    const { y } = await importedOutputs(written, { x });
    const bias = random([3], 3).data;
    const old = importOnnx(written, { trainable: /w|scale/ }).parameters as { w: NDArray; scale: NDArray };
    const expected = Array.from({ length: 6 }, (_, k) => {
      const [r, c] = [Math.floor(k / 3), k % 3];
      const product = [0, 1, 2].reduce((s, i) => s + Number(x.data[3 * r + i]) * Number(old.w.data[3 * i + c]), 0);
      return (product + Number(bias[c])) * Number(old.scale.data[c]);
    });
    expect(Number(old.w.data[0])).toBeCloseTo(Number(random([3, 3], 2).data[0]) / 2, 6);
    expected.forEach((e, i) => {
      expect(Number(y!.data[i])).toBeCloseTo(e, 5);
    });
  });

  it('changes nothing else', () => {
    const bytes = encodeModel(branching());
    const imported = importOnnx(bytes);
    expect(encodeModel(writeParameters(bytes, imported, imported.parameters))).toEqual(bytes);
  });

  it('refuses parameters and files that do not fit', () => {
    const proto = branching();
    const imported = importOnnx(proto, { trainable: /w/ });
    expect(() => writeParameters(proto, imported, {})).toThrow(/parameter "w" is missing/);
    expect(() => writeParameters(proto, imported, { w: random([3, 3]), z: x })).toThrow(/no parameter "z"/);
    expect(() => writeParameters(proto, imported, { w: x })).toThrow(ShapeError);
    const other = modelOf({ x }, ['y'], { nodes: [node('Neg', ['x'], ['y'])] }, 16);
    expect(() => writeParameters(other, imported, imported.parameters)).toThrow(/the file has no tensor "w"/);
    const half = {
      ...proto.graph!,
      initializer: proto.graph!.initializer.map((t) =>
        t.name === 'w' ? { ...t, dataType: 10, rawData: new Uint8Array(18) } : t,
      ),
    };
    const small = { ...proto, graph: half };
    expect(() => writeParameters(small, importOnnx(small, { trainable: /w/ }), imported.parameters)).toThrow(
      /half precision/,
    );
  });
});
