import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fromLeaves,
  InputError,
  input,
  leaves,
  mapTree,
  type NDArray,
  ndarray,
  ParameterLayout,
  parameters,
  Tensor,
  type Tree,
} from '../../src/tensor/index.js';

describe('trees', () => {
  const tree = { encoder: [{ weight: 1, bias: 2 }, { weight: 3 }], head: 4 };

  it('names leaves by their path, in insertion order', () => {
    expect(leaves<number>(tree)).toEqual([
      ['encoder.0.weight', 1],
      ['encoder.0.bias', 2],
      ['encoder.1.weight', 3],
      ['head', 4],
    ]);
    expect(leaves<number>(tree, 'p.')[3]).toEqual(['p.head', 4]);
    expect(leaves<number>(tree, 'p')[0]).toEqual(['pencoder.0.weight', 1]);
  });

  it('calls a lone leaf "value"', () => {
    expect(leaves(5)).toEqual([['value', 5]]);
    expect(leaves(5, 'x.')).toEqual([['x.value', 5]]);
  });

  it('takes arrays with shape and tensors as leaves, not as branches', () => {
    const a = ndarray('f64', [1, 2]);
    const t = input('t', 'f64', [2]);
    const nested: Tree<NDArray | Tensor> = { a, t };
    expect(leaves(nested)).toEqual([
      ['a', a],
      ['t', t],
    ]);
  });

  it('maps every leaf and keeps the nesting', () => {
    expect(mapTree(tree as Tree<number>, (x, name) => `${name}=${x}`)).toEqual({
      encoder: [{ weight: 'encoder.0.weight=1', bias: 'encoder.0.bias=2' }, { weight: 'encoder.1.weight=3' }],
      head: 'head=4',
    });
    expect(mapTree(5 as Tree<number>, (x, name) => `${name}${x}`)).toBe('value5');
  });

  it('refuses keys that would make two paths equal', () => {
    expect(() => leaves({ 'a.b': 1, a: { b: 2 } })).toThrow(InputError);
    expect(() => leaves({ layer: { '': 1 } })).toThrow('the key "" under "layer"');
  });

  it('makes named inputs of a tree', () => {
    const symbols = parameters({ layer: { weight: ndarray('f32', [[1, 2]]) } }, 'p.');
    expect(symbols.layer.weight).toBeInstanceOf(Tensor);
    expect(symbols.layer.weight.shape).toEqual([1, 2]);
    expect(symbols.layer.weight.node.attrs).toMatchObject({ name: 'p.layer.weight', dtype: 'f32' });
  });
});

describe('fromLeaves', () => {
  const names = fc.constantFrom('a', 'b', 'weight', '0', 'constructor');
  const { tree: trees } = fc.letrec<{ tree: Tree<number>; branch: Tree<number> }>((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, fc.integer(), tie('branch')),
    branch: fc.oneof(
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      fc.dictionary(names, tie('tree'), { minKeys: 1, noNullPrototype: true }),
    ),
  }));

  it('is the inverse of leaves, with any prefix', () => {
    const prefixes = fc.constantFrom('', 'w.', 'gradient.', 'x');
    fc.assert(
      fc.property(trees, prefixes, (tree, prefix) => {
        const named = Object.fromEntries(leaves(tree, prefix));
        expect(fromLeaves(tree, { ...named, ...(prefix === '' ? {} : { other: 0 }) }, prefix)).toEqual(tree);
      }),
    );
  });

  it('leads from a flat vector to the tree, over the same memory', () => {
    const tree = { layers: [{ w: ndarray('f64', [[1, 2, 3]]) }], b: ndarray('f64', 4) };
    const layout = ParameterLayout.of(tree);
    const flat = layout.flat(tree);
    const back = fromLeaves(tree, layout.views(flat, 'p.'), 'p.');
    expect(back).toEqual(tree);
    flat[2] = 9;
    expect(back.layers[0]!.w.data[2]).toBe(9);
  });

  it.each([
    ['a missing leaf', { a: ndarray('f64', 1) }, 'there is no leaf "b"'],
    ['a leaf of no place', { a: ndarray('f64', 1), b: ndarray('f64', 1), c: ndarray('f64', 1) }, 'no place for "c"'],
    ['another shape', { a: ndarray('f64', 1), b: ndarray('f64', [1]) }, '"b" is f64 [1], the tree\'s leaf f64 []'],
    ['another dtype', { a: ndarray('f32', 1), b: ndarray('f64', 1) }, '"a" is f32 [], the tree\'s leaf f64 []'],
  ])('refuses %s', (_, named, message) => {
    const make = () => fromLeaves({ a: ndarray('f64', 0), b: ndarray('f64', 0) }, named as Record<string, NDArray>);
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });
});

describe('ParameterLayout', () => {
  const tree = { w: ndarray('f64', [[1, 2, 3]]), b: ndarray('f64', 4), none: ndarray('f64', [], [0, 2]) };
  const layout = ParameterLayout.of(tree);

  it('lays leaves out one after the other', () => {
    expect(layout.size).toBe(4);
    expect(layout.dtype).toBe('f64');
    expect(layout.slots.map(({ name, offset, size }) => [name, offset, size])).toEqual([
      ['w', 0, 3],
      ['b', 3, 1],
      ['none', 4, 0],
    ]);
  });

  it('gives views that share memory with the flat vector', () => {
    const flat = layout.zeros();
    const views = layout.views(flat, 'p.');
    flat[1] = 7;
    expect(views['p.w']!.data[1]).toBe(7);
    views['p.b']!.data[0] = 9;
    expect(flat[3]).toBe(9);
    expect(views['p.w']!.shape).toEqual([1, 3]);
  });

  it('takes views as the vector that they lie in, and copies what lies elsewhere', () => {
    const buffer = Float64Array.of(0, 1, 2, 3, 4, 5);
    const flat = buffer.subarray(1, 5);
    const views = fromLeaves(tree, layout.views(flat));
    expect(layout.vector(views)).toEqual(Float64Array.of(1, 2, 3, 4));
    expect(layout.vector(views).buffer).toBe(buffer.buffer);
    const swapped = { ...views, b: ndarray('f64', 8) };
    expect(layout.vector(swapped)).toEqual(Float64Array.of(1, 2, 3, 8));
    const shifted = ParameterLayout.of({ a: tree.b, c: tree.b });
    const pair = shifted.views(Float64Array.of(6, 7));
    expect(shifted.vector({ a: pair.c!, c: pair.a! })).toEqual(Float64Array.of(7, 6));
    expect(() => shifted.vector({ a: pair.a! })).toThrow('there is no array "c"');
  });

  it('gathers named arrays into a flat vector, and is undone by views', () => {
    const flat = layout.gather({ 'g.w': tree.w, 'g.b': tree.b, 'g.none': tree.none }, 'g.');
    expect(flat).toEqual(Float64Array.of(1, 2, 3, 4));
    expect(layout.gather(layout.views(flat))).toEqual(flat);
    const into = layout.zeros();
    expect(layout.gather(tree, '', into)).toBe(into);
  });

  it.each([
    ['empty tree', () => ParameterLayout.of({}), 'the tree has no leaves'],
    ['integers', () => ParameterLayout.of({ i: ndarray('i32', [1]) }), '"i" is i32'],
    [
      'mixed floats',
      () => ParameterLayout.of({ a: ndarray('f64', [1]), b: ndarray('f32', [1]) }),
      '"b" is f32, "a" is f64; all must be f32 or all f64',
    ],
    ['wrong length', () => layout.views(new Float64Array(3)), 'the vector has 3 elements, the parameters 4'],
    ['missing array', () => layout.gather({ w: tree.w }), 'there is no array "b"'],
    [
      'wrong shape',
      () => layout.gather({ ...tree, w: ndarray('f64', [1, 2, 3]) }),
      '"w" is f64 [3], the parameter f64 [1, 3]',
    ],
  ])('refuses: %s', (_, f, message) => {
    expect(f).toThrow(InputError);
    expect(f).toThrow(message);
  });
});
