import { describe, expect, it } from 'vitest';
import '../../src/ops/index.js';
import { compile } from '../../src/compile/index.js';
import { type GraphProto, tensorValues } from '../../src/onnx/index.js';
import { noAttrs, unaryOp } from '../../src/ops/elementwise.js';
import { lowerProgram } from '../../src/runtime/ort/lower.js';
import { InputError } from '../../src/tensor/errors.js';
import { apply1, type LowerContext, type Op, type Tensor } from '../../src/tensor/ir.js';
import { constant, input } from '../../src/tensor/leaf.js';
import { ndarray } from '../../src/tensor/ndarray.js';

/** The graph and the values of its initialisers by name. */
function lower(outputs: Record<string, Tensor>) {
  const lowered = lowerProgram(compile(outputs, { optimize: false }));
  const graph = lowered.model.graph!;
  const initializers = new Map(graph.initializer.map((t) => [t.name!, tensorValues(t).array]));
  return { ...lowered, graph, initializers };
}

/** The identity function of any tensor, lowered by `rule`. */
function lowerAs(x: Tensor, rule: (context: LowerContext, name: string, x: Tensor) => string): Tensor {
  const op: Op<typeof noAttrs> = {
    ...unaryOp('custom', { scalar: { fn: (v) => v }, onnx: 'Identity' }),
    lower: (context, node, [name]) => [rule(context, name!, node.inputs[0]!)],
  };
  return apply1(op, [x], noAttrs);
}

const x = input('x', 'f32', [2, 3]);

describe('lowerProgram', () => {
  it('keeps the names and types of inputs and outputs', () => {
    const { graph, inputNames, outputNames } = lower({ y: x.tanh() });
    expect([inputNames, outputNames]).toEqual([['x'], ['y']]);
    expect(graph.node.map((n) => [n.opType, n.input, n.output])).toEqual([['Tanh', ['x'], ['y']]]);
    for (const [value] of [graph.input, graph.output]) {
      expect(value!.type!.tensorType).toEqual({ elemType: 1, shape: { dim: [{ dimValue: 2 }, { dimValue: 3 }] } });
    }
  });

  it('lowers a shared value once', () => {
    const t = x.tanh();
    expect(lower({ y: t.mul(t).add(t) }).graph.node.map((n) => n.opType)).toEqual(['Tanh', 'Mul', 'Add']);
  });

  it('copies only results that are inputs, constants or given twice', () => {
    const t = x.tanh();
    const { graph } = lower({ a: t, b: t, c: x, d: constant([1, 2], 'f32'), e: x.mul(t) });
    expect(graph.node.map((n) => n.opType)).toEqual(['Tanh', 'Mul', 'Identity', 'Identity', 'Identity']);
    expect(graph.node.map((n) => n.output[0])).toEqual(['a', 'e', 'b', 'c', 'd']);
    expect(graph.node[1]!.input).toEqual(['x', 'a']);
  });

  it('copies where a lowering rule hands its input on', () => {
    expect(lower({ y: lowerAs(x, (_, name) => name) }).graph.node.map((n) => [n.opType, n.output])).toEqual([
      ['Identity', ['y']],
    ]);
  });

  it('counts nodes and finds those in float64', () => {
    expect(lower({ y: x.tanh().add(x) })).toMatchObject({ nodes: 2, computesFloat64: false, decomposed: [] });
    const d = input('d', 'f64', []);
    expect(lower({ y: x.tanh(), d }).computesFloat64).toBe(false);
    expect(lower({ y: x.tanh(), d: d.tanh() }).computesFloat64).toBe(true);
  });
});

describe('initialisers', () => {
  it('shares equal scalars and lists of integers, and tells −0 from 0', () => {
    const { initializers } = lower({
      y: lowerAs(x, (context, name) => {
        const zeros = [context.scalar(0, 'f32'), context.scalar(-0, 'f32'), context.constant(ndarray('f32', [0], []))];
        expect(new Set(zeros).size).toBe(2);
        expect(zeros[2]).toBe(zeros[0]);
        expect(context.scalar(0, 'i64')).not.toBe(zeros[0]);
        expect(context.scalar(Number.NaN, 'f32')).toBe(context.scalar(Number.NaN, 'f32'));
        expect(context.ints([1, 2])).toBe(context.ints([1, 2]));
        expect(context.ints([12])).not.toBe(context.ints([1, 2]));
        return name;
      }),
    });
    const values = [...initializers.values()].map((a) => [a.dtype, a.shape, Array.from(a.data as Float32Array)]);
    expect(values).toEqual([
      ['f32', [], [0]],
      ['f32', [], [-0]],
      ['i64', [], [0n]],
      ['f32', [], [Number.NaN]],
      ['i64', [2], [1n, 2n]],
      ['i64', [1], [12n]],
    ]);
  });

  it('keeps 64-bit integers exact and references large arrays in place', () => {
    const big = ndarray('i64', BigInt64Array.of(9007199254740993n), []);
    const weights = ndarray('f32', new Float32Array(1000));
    const { graph, initializers } = lower({ big: constant(big), w: constant(weights).add(constant(weights)) });
    expect([...initializers.values()].map((a) => a.data)).toEqual([big.data, weights.data]);
    expect(graph.initializer[1]!.rawData!.buffer).toBe(weights.data.buffer);
  });

  it('refuses constants beyond 2 GiB', () => {
    const half = (): Tensor => constant(ndarray('f32', new Float32Array(2 ** 28)));
    const outputs = { a: half(), b: half() };
    expect(() => lower(outputs)).toThrow(InputError);
    expect(() => lower(outputs)).toThrow(
      /constant of f32 \[268435456\].*2147483648 bytes.*pass large arrays as inputs/,
    );
  });
});

describe('expressions', () => {
  it('are simplified, take the given names and are reported', () => {
    const y = lowerAs(x, (context, name, t) => context.expression([t.mul(1).add(0).tanh()], [t], [name])[0]!);
    const { graph, decomposed } = lower({ y });
    expect(graph.node.map((n) => [n.opType, n.input])).toEqual([['Tanh', ['x']]]);
    expect(decomposed).toEqual(['custom in f32']);
  });

  it('do not look behind their placeholders', () => {
    // reshape of reshape is one reshape of the inner operand, were it not for the placeholder between them
    const inner = x.reshape([3, 2]);
    const y = lowerAs(inner, (context, name, t) => {
      const [flat] = context.expression([t.reshape([6])], [t], [name]);
      return context.emit('Reshape', [flat!, context.ints([3, 2])]);
    });
    const { graph } = lower({ y });
    expect(graph.node.map((n) => n.opType)).toEqual(['Reshape', 'Reshape', 'Reshape']);
    expect(graph.node[1]!.input[0]).toBe(graph.node[0]!.output[0]);
  });

  it('may give placeholders and constants back', () => {
    const y = lowerAs(x, (context, name, t) => {
      const [same, one] = context.expression([t, constant(1, 'f32')], [t], [name]);
      expect(same).toBe('x');
      return context.emit('Mul', [same!, one!]);
    });
    expect(lower({ y }).graph.node.map((n) => n.opType)).toEqual(['Mul']);
  });
});

describe('subgraphs', () => {
  const names = (graph: GraphProto): string[] => [
    ...graph.input.map((v) => v.name!),
    ...graph.node.flatMap((n) => n.output),
  ];

  it('capture outer values, share the initialisers, and have names of their own', () => {
    let body: GraphProto | undefined;
    const y = lowerAs(x.tanh(), (context, name, t) => {
      const lowered = context.subgraph((sub) => {
        const carry = sub.input('f32', [2, 3]);
        const inside = input('inside', t.dtype, t.shape);
        const outside = input('outside', t.dtype, t.shape);
        const [sum] = sub.expression([inside.add(outside).mul(2)], [inside, outside], [carry, name]);
        sub.output(sum!, 'f32', [2, 3]);
        sub.output(sum!, 'f32', [2, 3]);
        sub.output(name, 'f32', [2, 3]);
        sub.output(carry, 'f32', [2, 3]);
      });
      body = lowered.lowered as GraphProto;
      return name;
    });
    const { graph, nodes, decomposed } = lower({ t: y, u: y });
    expect(body!.initializer).toEqual([]);
    expect(graph.initializer.length).toBe(1);
    expect(body!.node.map((n) => n.opType)).toEqual(['Add', 'Mul', 'Identity', 'Identity', 'Identity']);
    expect(new Set(body!.output.map((v) => v.name)).size).toBe(4);
    const all = [...names(graph), ...names(body!)];
    expect(new Set(all).size).toBe(all.length);
    expect(nodes).toBe(7);
    expect(decomposed).toEqual([]);
  });

  it('follow a captured value that becomes an output of the model', () => {
    const y = lowerAs(x.tanh(), (context, name) => {
      const then = context.subgraph((sub) => sub.output(sub.emit('Neg', [name]), 'f32', [2, 3]));
      return context.emit('If', [context.scalar(1, 'bool')], {
        then_branch: { graph: then },
        else_branch: { graph: then },
      });
    });
    const { graph } = lower({ hidden: y.node.inputs[0]!, y });
    expect(graph.node.map((n) => n.output[0])).toEqual(['hidden', 'y']);
    expect(graph.node[1]!.attribute[0]!.g!.node[0]!.input).toEqual(['hidden']);
  });
});
