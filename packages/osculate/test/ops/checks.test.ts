import { afterAll, describe, expect, it } from 'vitest';
import { type NoAttrs, noAttrs, type UnaryRule, unaryOp } from '../../src/ops/elementwise.js';
import type { Tensor } from '../../src/tensor/index.js';
import { apply1, type Op } from '../../src/tensor/ir.js';
import type { OpCase } from './case.js';
import { checkBatches, checkCompiled, checkFirst, checkSecond, checkThird, checkValues, prepare } from './checks.js';
import { checkExecutor, Executors } from './executors.js';

type Rule = UnaryRule<NoAttrs>;

/** A case of a planted op of one argument. */
function caseOf(rule: Rule, changes: Partial<Op> = {}, name = 'planted'): OpCase {
  const op = Object.assign(unaryOp(name, rule), changes);
  return { name, inputs: [{ shape: [2, 3] }], build: (x) => apply1(op, [x!], noAttrs) };
}

/** x² and its derivatives, but for one that is held fixed where it must not be. */
const square = (jvp: Rule['jvp']): Rule => ({
  ...(jvp && { jvp }),
  scalar: { fn: (x) => x * x, js: (x) => `(${x} * ${x})` },
  onnx: (context, [x]) => context.emit('Mul', [x!, x!]),
});
const right = square((t, x) => t.mul(x).mul(2));
const flat = (x: Tensor): Tensor =>
  apply1(
    unaryOp(
      'flat',
      square((t, y) => t.mul(y.stopGradient()).mul(2)),
    ),
    [x],
    noAttrs,
  );
const cube = (jvp: NonNullable<Rule['jvp']>): OpCase =>
  caseOf({ jvp, scalar: { fn: (x) => x * x * x }, onnx: (context, [x]) => context.emit('Mul', [x!, x!]) });

/** 2x, linear, with its transpose given. */
const doubled = (factor: number): OpCase =>
  caseOf(
    { jvp: (t) => t.mul(2), scalar: { fn: (x) => 2 * x }, onnx: 'Identity' },
    {
      jvp: (node, [t]) => [apply1(node.op as Op<typeof noAttrs>, [t!], noAttrs)],
      transpose: (_, [ct]) => [ct!.mul(factor)],
    },
  );

describe('the checks of the op suite pass a right op and catch', () => {
  const executors = new Executors();
  afterAll(() => executors.dispose());

  it('nothing in a right op', async () => {
    const c: OpCase = { ...caseOf(right), expected: (x) => [Array.from(x.data as Float64Array, (v) => v * v)] };
    const t = prepare(c);
    for (const check of [checkFirst, checkSecond, checkThird, checkCompiled]) check(t);
    checkValues(c, t);
    checkBatches(c, t);
    checkFirst(prepare(doubled(2)));
    for (const kind of ['reference', 'ort'] as const) {
      await checkExecutor(await executors.get(kind), c, 'f64', t.at, t.values, 1e-12);
    }
  });

  it('a wrong value', () => {
    const c: OpCase = { ...caseOf(right), expected: (x) => [Array.from(x.data as Float64Array, (v) => v * v + 1e-12)] };
    expect(() => checkValues(c, prepare(c))).toThrow('output 0: off by');
  });

  it('a wrong JVP', () => {
    expect(() => checkFirst(prepare(caseOf(square((t, x) => t.mul(x).mul(2.000001)))))).toThrow('jvp, output 0');
    expect(() => checkFirst(prepare(caseOf(square(undefined))))).toThrow('jvp, output 0');
  });

  it('a wrong transpose', () => {
    expect(() => checkFirst(prepare(doubled(2.0000000001)))).toThrow('⟨u, Jv⟩ = ⟨Jᵀu, v⟩');
  });

  it('a wrong second derivative', () => {
    const t = prepare(cube((v, x) => v.mul(x).mul(x.stopGradient()).mul(3)));
    checkFirst(t);
    expect(() => checkSecond(t)).toThrow('hvp, output 0');
  });

  it('a wrong third derivative', () => {
    const t = prepare(cube((v, x) => v.mul(flat(x)).mul(3)));
    checkFirst(t);
    checkSecond(t);
    expect(() => checkThird(t)).toThrow('third derivative, output 0');
  });

  it('a wrong batching rule', () => {
    const c = caseOf(right, { batch: (_, [x]) => [x!.mul(x!).flip(0)] });
    expect(() => checkBatches(c, prepare(c))).toThrow('vmap (batched), result 0, element 0');
  });

  it('a wrong simplification', () => {
    const c = caseOf({ linear: true, scalar: { fn: (x) => 2 * x }, onnx: 'Identity' }, {}, 'neg');
    const twice: OpCase = { ...c, build: (x) => c.build(c.build(x!) as Tensor) };
    expect(() => checkCompiled(prepare(twice))).toThrow('optimised output 0: off by');
  });

  it('wrong generated code', async () => {
    const c = caseOf({ ...right, scalar: { fn: (x) => x * x, js: (x) => `(${x} * ${x} + 1e-12)` } });
    const t = prepare(c);
    const executor = await executors.get('reference');
    await expect(checkExecutor(executor, c, 'f64', t.at, t.values, 1e-13)).rejects.toThrow('f64: y.0: off by');
  });

  it.each(['f32', 'f64'] as const)('a wrong lowering in %s', async (float) => {
    const c = caseOf({ ...right, onnx: 'Abs' });
    const t = prepare(c);
    const executor = await executors.get('ort');
    await expect(checkExecutor(executor, c, float, t.at, t.values, 1e-5)).rejects.toThrow(`${float}: y.0: off by`);
  });
});
