import { describe, expect, it } from 'vitest';
import { hvp } from '../../src/autodiff/index.js';
import { compile, costOf, printGraph, verify } from '../../src/compile/index.js';
import { Identities, nodeKey } from '../../src/compile/key.js';
import { addOp } from '../../src/ops/binary.js';
import { scan, whileLoop } from '../../src/ops/index.js';
import { matmulOp } from '../../src/ops/matmul.js';
import { constant, full, InputError, input, topological } from '../../src/tensor/index.js';
import { Node, Tensor } from '../../src/tensor/ir.js';
import { directionsLike, mlp } from '../autodiff/models.js';
import { valueAt } from '../support/values.js';

const x = input('x', 'f64', [2, 3]);
const w = input('w', 'f64', [3, 4]);

describe('compile', () => {
  it('names outputs by their path and takes the inputs that they read', () => {
    const program = compile({ value: x.sum(), layers: [{ out: x.matmul(w) }] });
    expect(Object.keys(program.outputs)).toEqual(['value', 'layers.0.out']);
    expect(program.inputs).toEqual([x, w]);
    expect(Object.keys(compile(x.sum()).outputs)).toEqual(['value']);
  });

  it('keeps inputs that a simplification made superfluous, and those declared', () => {
    expect(compile(x.mul(0).sum().mul(1)).inputs).toEqual([x]);
    expect(compile(x.sum(), { inputs: [w] }).inputs).toEqual([w, x]);
  });

  it('merges common subexpressions, attributes included', () => {
    const program = compile([x.tanh().add(x.tanh()), x.sum(0).add(x.sum(0)), x.sum(1)]);
    const names = topological(Object.values(program.outputs)).map((n) => n.op.name);
    expect(names.filter((n) => n === 'tanh')).toHaveLength(1);
    expect(names.filter((n) => n === 'sum')).toHaveLength(2);
  });

  it('merges equal constants, but tells 0 from −0', () => {
    const program = compile([x.div(0), x.div(-0), x.div(0)]);
    const constants = topological(Object.values(program.outputs)).filter((n) => n.op.name === 'constant');
    expect(constants).toHaveLength(2);
    expect(valueAt(program.outputs['0']!, { x: [1, 1, 1, 1, 1, 1] })[0]).toBe(Number.POSITIVE_INFINITY);
    expect(valueAt(program.outputs['1']!, { x: [1, 1, 1, 1, 1, 1] })[0]).toBe(Number.NEGATIVE_INFINITY);
  });

  it('drops what the outputs do not reach', () => {
    const both = hvp(x.mul(x).sum(), x, x);
    expect(topological(Object.values(compile(both).outputs)).map((n) => n.op.name)).not.toContain('sum');
  });

  it('is idempotent', () => {
    const net = mlp([3, 4, 2], 5);
    const once = compile(hvp(net.loss, net.parameters, directionsLike(net.parameters, 'v.')));
    const twice = compile({ ...once.outputs });
    expect(printGraph(twice.outputs)).toBe(printGraph(once.outputs));
  });

  it('keeps the graph as it was traced when asked', () => {
    const t = x.add(0);
    expect(compile(t, { optimize: false }).outputs.value).toBe(t);
  });

  it('gives the same program for the same outputs, names and options', () => {
    const [a, b] = [x.sum(), x.mul(2)];
    const program = compile({ a, b });
    expect(compile({ a, b })).toBe(program);
    expect(compile({ a, c: b })).not.toBe(program);
    expect(compile({ a })).not.toBe(program);
    expect(compile({ a, b }, { optimize: false })).not.toBe(program);
    expect(compile({ a, b }, { inputs: [w] })).not.toBe(program);
    expect(Object.isFrozen(program) && Object.isFrozen(program.outputs)).toBe(true);
  });

  it('goes through a chain of 20,000 nodes', () => {
    let t = x;
    for (let i = 0; i < 20_000; i++) t = t.add(x);
    expect(valueAt(compile(t).outputs.value!, { x: [1, 2, 3, 4, 5, 6] })[5]).toBe(6 * 20_001);
  });

  it('refuses a program without outputs', () => {
    expect(() => compile({})).toThrow(InputError);
    expect(() => compile({})).toThrow('compile: there are no outputs');
  });

  it('refuses two inputs of one name', () => {
    const other = input('x', 'f64', [2, 3]);
    expect(() => compile(x.add(other))).toThrow(InputError);
    expect(() => compile(x.add(other))).toThrow('two different inputs are named "x"; rename one');
  });
});

describe('nodeKey', () => {
  const key = (op: string, attrs: object, inputs: readonly Tensor[] = []): string =>
    nodeKey({ op: { ...addOp, name: op } as never, attrs }, inputs, new Identities());

  it('tells attributes apart', () => {
    const keys = [
      key('a', { v: 0 }),
      key('a', { v: -0 }),
      key('a', { v: Number.NaN }),
      key('a', { v: null }),
      key('a', { v: '0' }),
      key('a', { v: [0, 1] }),
      key('a', { v: [[0], 1] }),
      key('a', { v: { p: 0 } }),
      key('a', { w: 0 }),
      key('a', { v: true }),
      key('b', { v: 0 }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('tells inputs apart, and their order', () => {
    const ids = new Identities();
    const op = { ...addOp, name: 'sub' } as never;
    const keyOf = (...inputs: Tensor[]): string => nodeKey({ op, attrs: {} }, inputs, ids);
    expect(new Set([keyOf(x, w), keyOf(w, x), keyOf(x, x), keyOf(x)]).size).toBe(4);
    expect(keyOf(x, w)).toBe(keyOf(x, w));
  });

  it('takes the operands of a commutative op in any order', () => {
    const ids = new Identities();
    const keyOf = (...inputs: Tensor[]): string => nodeKey({ op: addOp as never, attrs: {} }, inputs, ids);
    expect(keyOf(x, w)).toBe(keyOf(w, x));
    expect(keyOf(x, w)).not.toBe(keyOf(x, x));
  });

  it('compares large constants by identity, small ones by value and dtype', () => {
    const ids = new Identities();
    const keyOf = (t: Tensor): string => nodeKey(t.node, [], ids);
    const big = full(1, 'f64', [100]);
    expect(keyOf(big)).not.toBe(keyOf(full(1, 'f64', [100])));
    expect(keyOf(big)).toBe(keyOf(big));
    expect(keyOf(constant([1, 2], 'f64'))).toBe(keyOf(constant([1, 2], 'f64')));
    expect(keyOf(constant([1, 2], 'f64'))).not.toBe(keyOf(constant([1, 2], 'f32')));
    expect(keyOf(constant([1, 2], 'f64'))).not.toBe(keyOf(constant([[1, 2]], 'f64')));
  });
});

describe('verify', () => {
  const sum = x.add(x);
  /** A node whose declared outputs its shape rule does not give. */
  const planted = (...avals: { shape: number[]; dtype: 'f64' | 'f32' }[]): Node =>
    new Node(addOp as never, [x, x], {}, avals);

  it('accepts a sound graph', () => {
    expect(() => verify([sum.matmul(w)], [x, w])).not.toThrow();
  });

  it.each([
    ['wrong shape', () => verify(planted({ shape: [2, 4], dtype: 'f64' }).outputs, [x]), 'should be f64 [2, 3]'],
    ['wrong dtype', () => verify(planted({ shape: [2, 3], dtype: 'f32' }).outputs, [x]), 'should be f64 [2, 3]'],
    [
      'wrong number of outputs',
      () => verify(planted({ shape: [2, 3], dtype: 'f64' }, { shape: [], dtype: 'f64' }).outputs, [x]),
      'add has 2 outputs, its shape rule gives 1',
    ],
    ['undeclared input', () => verify([sum], []), 'the graph reads "x" (f64 [2, 3]), which is not one of its inputs'],
    [
      'operands that do not fit',
      () => verify(new Node(matmulOp as never, [x, x], { transA: false, transB: false }, [sum]).outputs, [x]),
      'inner dimensions 3 and 2 differ',
    ],
    [
      'broken body of a structured op',
      () =>
        verify(
          [
            new Tensor(
              new Node({ ...addOp, infer: () => [sum] } as never, [x], { body: { inputs: [], outputs: [sum] } }, [sum]),
              0,
              sum.shape,
              'f64',
            ),
          ],
          [x],
        ),
      'which is not one of its inputs',
    ],
  ])('catches: %s', (_, f, message) => {
    expect(f).toThrow(message);
  });
});

describe('printGraph', () => {
  it('prints one node a line', () => {
    const t = x
      .matmul(w)
      .add(constant([1, 2, 3, 4], 'f64'))
      .sum(0);
    expect(printGraph({ y: t })).toBe(
      [
        '%0: f64 [2, 3] = input "x"',
        '%1: f64 [3, 4] = input "w"',
        '%2: f64 [2, 4] = matmul(%0, %1, transA: false, transB: false)',
        '%3: f64 [4] = constant 1, 2, 3, 4',
        '%4: f64 [2, 4] = add(%2, %3)',
        '%5: f64 [4] = sum(%4, axes: [0])',
        'return y = %5',
      ].join('\n'),
    );
  });

  it('shortens long constants and lists plain outputs', () => {
    const text = printGraph([full(2, 'i64', [9]), x]);
    expect(text).toContain('%0: i64 [9] = constant 2, 2, 2, 2, 2, 2, …');
    expect(text).toContain('return %0, %1');
  });
});

describe('costOf', () => {
  it('counts a known graph', () => {
    const h = x.matmul(w);
    const cost = costOf([h.tanh().sum()]);
    expect(cost.flops).toBe(2 * 2 * 3 * 4 + 8 + 8);
    expect(cost.nodes).toBe(3);
    expect(cost.bytes).toBe(8 * (6 + 12 + 8 + (8 + 8) + (8 + 1)));
    // The product and its tanh are alive together; the inputs are not counted.
    expect(cost.peakBytes).toBe(8 * 16);
    expect(cost.flopsPerIteration).toBe(0);
  });

  it('counts the body of a scan once a step, that of a loop of unknown length apart', () => {
    const zero = full(0, 'f64', [3]);
    const looped = scan(([c], [row]) => ({ carry: [c!.add(row!).tanh()], y: [] }), [zero], [x]).carry[0]!;
    expect(costOf([looped])).toMatchObject({ flops: 2 * (3 + 3), flopsPerIteration: 0 });
    const [open] = whileLoop(
      ([c]) => c!.sum().less(1),
      ([c]) => [c!.add(1).tanh()],
      [x.sum(0)],
    );
    expect(costOf([open!])).toMatchObject({ flops: 6, flopsPerIteration: 3 + 1 + 3 + 3 });
  });

  it('counts what is shared once, and takes named outputs', () => {
    const t = x.tanh();
    expect(costOf({ a: t, b: t.add(t) }).flops).toBe(12);
    expect(costOf([x, constant(1, 'f64')])).toMatchObject({ flops: 0, bytes: 0, peakBytes: 0, nodes: 0 });
  });
});
