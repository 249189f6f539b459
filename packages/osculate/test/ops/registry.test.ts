import { beforeAll, describe, expect, it } from 'vitest';
import { jvpGraph } from '../../src/autodiff/graph-transforms.js';
import { bodiesOf } from '../../src/compile/verify.js';
import { tanhOp } from '../../src/ops/trigonometry.js';
import { dependents } from '../../src/tensor/graph.js';
import {
  DTypeError,
  InputError,
  input,
  type Op,
  ShapeError,
  type Tensor,
  topological,
} from '../../src/tensor/index.js';
import type { Node } from '../../src/tensor/ir.js';
import { isConstant, isInput } from '../../src/tensor/leaf.js';
import type { OpCase } from './case.js';
import { allCases, allOps, type Entry } from './catalogue.js';
import { build, floatsOf, placeholder } from './forms.js';

/** The function that applies an op has the op's name; `while` is a reserved word. */
const functionOf = (name: string): string => (name === 'while' ? 'whileLoop' : name);

/** What an op lacks by itself. */
function problemsOf({ file, export: exported, beside, op }: Entry): string[] {
  const problems: string[] = [];
  if (exported !== `${op.name}Op`) problems.push(`${file}: op "${op.name}" is exported as ${exported}`);
  const apply = functionOf(op.name);
  if (!beside.includes(apply)) problems.push(`${file}: does not export the function ${apply} beside its op`);
  for (const rule of ['infer', 'jvp', 'batch', 'lower', 'flops'] as const) {
    if (typeof op[rule] !== 'function') problems.push(`${op.name}: no ${rule} rule`);
  }
  if (typeof op.differentiable !== 'boolean') problems.push(`${op.name}: does not say whether it is differentiable`);
  const kinds = ['elementwise', 'view', 'strided', 'reduce', 'kernel'];
  if (!kinds.includes(op.reference?.kind)) problems.push(`${op.name}: no reference kernel`);
  return problems;
}

/** The computing nodes that tensors reach, bodies of structured ops included. */
function nodesOf(outputs: readonly Tensor[]): Node[] {
  const own = topological(outputs).filter((n) => !isInput(n.outputs[0]!) && !isConstant(n.outputs[0]!));
  return own.flatMap((n) => [n, ...bodiesOf(n).flatMap((body) => nodesOf(body.outputs))]);
}

/** The ops of the tangent graph of a case. */
function tangentOps(c: OpCase, x: readonly Tensor[], y: readonly Tensor[]): Op[] {
  const [fx, fy] = [floatsOf(x), floatsOf(y)];
  if (c.smooth === 0 || fx.length === 0 || fy.length === 0) return [];
  const v = fx.map((t, i) => input(`v${i}`, t.dtype, t.shape));
  const tangents = jvpGraph(fy, fx, v).filter((t) => t !== null);
  const linear = dependents(tangents, v);
  return nodesOf(tangents)
    .filter((n) => n.outputs.some((t) => linear.has(t)))
    .map((n) => n.op);
}

/** The inputs of a node, each in turn replaced by one that may not fit. */
function mutations(node: Node): Tensor[][] {
  return node.inputs.flatMap((t, i) => {
    const others = [
      input('mutant', t.dtype === 'bool' ? 'f64' : 'bool', t.shape),
      input('mutant', t.dtype, [...t.shape, 7]),
      input('mutant', t.dtype, t.shape.slice(1)),
      input(
        'mutant',
        t.dtype,
        t.shape.map((d) => d + 1),
      ),
    ];
    return others.map((other) => node.inputs.map((x, k) => (k === i ? other : x)));
  });
}

/** What is wrong with how a shape rule refuses inputs: an error that is not typed, or a message without op or shape. */
function refusals(node: Node): string[] {
  const problems: string[] = [];
  for (const inputs of mutations(node)) {
    try {
      node.op.infer(inputs, node.attrs);
    } catch (error) {
      const typed = [ShapeError, DTypeError, InputError].some((Type) => error instanceof Type);
      const { message } = error as Error;
      if (!typed) problems.push(`${node.op.name}: throws ${(error as Error).constructor.name} "${message}"`);
      else if (!message.toLowerCase().includes(node.op.name.toLowerCase()) || !/\[[\d, ]*\]/.test(message))
        problems.push(`${node.op.name}: the message names no op or no shape: "${message}"`);
    }
  }
  return problems;
}

describe('registry', () => {
  let entries: Entry[];
  let cases: OpCase[];
  let traced: { nodes: Node[]; tangent: Op[] }[];

  beforeAll(async () => {
    [entries, cases] = await Promise.all([allOps(), allCases()]);
    traced = cases.map((c) => {
      const x = c.inputs.map((spec, i) => placeholder(`x${i}`, spec, 'f64'));
      const y = build(c, x);
      return { nodes: nodesOf(y), tangent: tangentOps(c, x, y) };
    });
  });

  it('finds the ops and the cases', () => {
    expect(entries.length).toBeGreaterThan(60);
    expect(cases.length).toBeGreaterThan(100);
  });

  it('every op has every rule, the name of its export, and its function in the same file', () => {
    expect(entries.flatMap(problemsOf)).toEqual([]);
  });

  it('names are unique', () => {
    const names = entries.map(({ op }) => op.name);
    expect(names.filter((n, i) => names.indexOf(n) !== i)).toEqual([]);
    const ops = new Set(entries.map(({ op }) => op));
    expect(ops.size).toBe(entries.length);
  });

  it('every op occurs in a case', () => {
    const used = new Set(traced.flatMap(({ nodes }) => nodes.map((n) => n.op.name)));
    expect(entries.map(({ op }) => op.name).filter((n) => !used.has(n))).toEqual([]);
  });

  it('every op in a case is a registered one', () => {
    const known = new Set(entries.map(({ op }) => op));
    const unknown = traced.flatMap(({ nodes }) => nodes.filter((n) => !known.has(n.op)));
    expect([...new Set(unknown.map((n) => n.op.name))]).toEqual([]);
  });

  it('an op has a transpose exactly when it occurs in the tangents of a case', () => {
    const linear = new Set(traced.flatMap(({ tangent }) => tangent.map((op) => op.name)));
    const having = new Set(entries.flatMap(({ op }) => (op.transpose ? [op.name] : [])));
    expect({
      lacking: [...linear].filter((n) => !having.has(n)),
      unused: [...having].filter((n) => !linear.has(n)),
    }).toEqual({ lacking: [], unused: [] });
  });

  it('shape rules refuse inputs with typed errors that name the op and a shape', () => {
    const problems = traced.flatMap(({ nodes }) => nodes.flatMap(refusals));
    expect([...new Set(problems)]).toEqual([]);
  });

  const entry: Entry = {
    file: 'trigonometry',
    export: 'tanhOp',
    beside: ['tanhOp', 'tanh'],
    op: tanhOp as unknown as Op,
  };

  it.each([
    ['infer', 'tanh: no infer rule'],
    ['jvp', 'tanh: no jvp rule'],
    ['batch', 'tanh: no batch rule'],
    ['lower', 'tanh: no lower rule'],
    ['flops', 'tanh: no flops rule'],
    ['reference', 'tanh: no reference kernel'],
    ['differentiable', 'tanh: does not say whether it is differentiable'],
  ])('reports a planted op without %s', (rule, problem) => {
    const planted = { ...tanhOp, [rule]: undefined } as unknown as Op;
    expect(problemsOf({ ...entry, op: planted })).toEqual([problem]);
  });

  it('reports a planted op apart from its function or under the wrong name', () => {
    expect(problemsOf(entry)).toEqual([]);
    expect(problemsOf({ ...entry, beside: ['tanhOp', 'tan'] })).toEqual([
      'trigonometry: does not export the function tanh beside its op',
    ]);
    expect(problemsOf({ ...entry, export: 'tanOp' })).toEqual(['trigonometry: op "tanh" is exported as tanOp']);
  });

  it('reports a planted shape rule that refuses without saying what', () => {
    const vague = (error: Error): Op => ({
      ...(tanhOp as unknown as Op),
      infer: ([x]) => {
        if (x!.dtype === 'bool') throw error;
        return [x!];
      },
    });
    const node = (op: Op): Node => ({ op, inputs: [input('x', 'f64', [2])], attrs: {}, outputs: [] }) as never;
    expect(refusals(node(vague(new TypeError('bad'))))).toEqual(['tanh: throws TypeError "bad"']);
    expect(refusals(node(vague(new ShapeError('bad'))))).toEqual(['tanh: the message names no op or no shape: "bad"']);
    expect(refusals(node(vague(new ShapeError('tanh of "x" (f64 [2])'))))).toEqual([]);
  });
});
