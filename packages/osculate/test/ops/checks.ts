import { expect } from 'vitest';
import { vjp } from '../../src/autodiff/first-order.js';
import { vmap } from '../../src/autodiff/vmap.js';
import { compile, costOf, printGraph, verify } from '../../src/compile/index.js';
import '../../src/ops/index.js';
import { isFloat } from '../../src/tensor/dtype.js';
import { input, type Tensor } from '../../src/tensor/index.js';
import type { ReferenceBuffer } from '../../src/tensor/ir.js';
import type { OpCase } from './case.js';
import { distance, expectClose, inner, largest } from './closeness.js';
import { build, evaluator, type Forms, floatsOf, interpreter, type Point, pointOf, trace } from './forms.js';
import { arraysOf, sample } from './sample.js';

const batch = 3;

/** A case in float64 with the values of all its forms at its point. */
export interface Traced {
  readonly forms: Forms;
  readonly at: Point;
  readonly values: Readonly<Record<'y' | 'jv' | 'jtu' | 'hv' | 'hw' | 'third', ReferenceBuffer[]>>;
}

/** Traces a case in float64 and evaluates it. */
export function prepare(c: OpCase): Traced {
  const forms = trace(c, 'f64');
  const at = pointOf(c, forms);
  const groups = ['y', 'jv', 'jtu', 'hv', 'hw', 'third'] as const;
  const all = interpreter(
    forms,
    groups.flatMap((g) => forms[g]),
  )(at);
  let next = 0;
  const values = Object.fromEntries(groups.map((g) => [g, forms[g].map(() => all[next++]!)])) as Traced['values'];
  return { forms, at, values };
}

/** A central difference extrapolated to step 0 twice (Romberg): O(h⁶). */
function romberg(f: (h: number) => ReferenceBuffer[], h: number): number[][] {
  const central = (s: number): number[][] => {
    const [a, b] = [f(s), f(-s)];
    return a.map((x, k) => Array.from(x, (v, i) => (v - b[k]![i]!) / (2 * s)));
  };
  const combine = (fine: number[][], coarse: number[][], factor: number): number[][] =>
    fine.map((x, k) => x.map((v, i) => (factor * v - coarse[k]![i]!) / (factor - 1)));
  const [d1, d2, d3] = [central(h), central(h / 2), central(h / 4)];
  return combine(combine(d3, d2, 4), combine(d2, d1, 4), 16);
}

/** Checks exact derivatives of the tensors `of` along `direction` against finite differences, at two steps: the better counts. */
function checkDifferences(
  what: string,
  { forms, at }: Traced,
  of: readonly Tensor[],
  direction: readonly number[][],
  exact: readonly ReferenceBuffer[],
): void {
  const run = interpreter(forms, of);
  const values = run(at);
  const along = (h: number): ReferenceBuffer[] => {
    const x = at.x.map((list, i) => {
      const d = direction[forms.moving.indexOf(i)];
      return d ? list.map((value, k) => value + h * d[k]!) : list;
    });
    return run({ ...at, x });
  };
  const [wide, narrow] = [romberg(along, 2e-3), romberg(along, 2e-4)];
  exact.forEach((e, k) => {
    const best = distance(e, wide[k]!) < distance(e, narrow[k]!) ? wide[k]! : narrow[k]!;
    expectClose(`${what}, output ${k}`, e, best, 1e-7, Math.max(1, largest(values[k]!)));
  });
}

function checkPairing(what: string, a: { sum: number; size: number }, b: { sum: number; size: number }): void {
  expectClose(what, [a.sum], [b.sum], 1e-12, Math.max(a.size, b.size, 0.01));
}

/** All subsets of few inputs; single ones and all of them where there are many. */
function subsets(n: number): boolean[][] {
  const masks = n <= 3 ? Array.from({ length: 2 ** n - 1 }, (_, m) => m + 1) : [];
  if (n > 3) for (let i = 0; i <= n; i++) masks.push(i === n ? 2 ** n - 1 : 2 ** i);
  return masks.map((m) => Array.from({ length: n }, (_, i) => (m & (2 ** i)) !== 0));
}

function checkSubset(c: OpCase, { forms, at }: Traced, batched: readonly boolean[]): void {
  const grad = forms.jtu.length > 0;
  const f = (...given: Tensor[]): Tensor[] => {
    let next = 0;
    const x = forms.x.map((t, i) => (batched[i] ? given[next++]! : t));
    const y = build(c, x);
    return grad ? [...y, ...vjp(floatsOf(y), floatsOf(x), [...forms.u], { unreachable: 'zero' })] : [...y];
  };
  const stacked = forms.x.map((t, i) => (batched[i] ? input(`batch of x${i}`, t.dtype, [batch, ...t.shape]) : t));
  const outputs = vmap(f)(...stacked.filter((_, i) => batched[i]));
  const samples = Array.from({ length: batch }, (_, b) => sample(c, b));
  const x = at.x.map((list, i) => (batched[i] ? samples.flatMap((s) => s[i]!) : list));
  const together = evaluator<readonly number[][]>([...stacked, ...forms.u], outputs, (p) => p)([...x, ...at.u]);
  const single = interpreter(forms, [...forms.y, ...forms.jtu]);
  samples.forEach((s, b) => {
    const one = single({ ...at, x: at.x.map((list, i) => (batched[i] ? s[i]! : list)) });
    one.forEach((wanted, k) => {
      const row = together[k]!.slice(b * wanted.length, (b + 1) * wanted.length);
      const mask = batched.map((m) => (m ? 'batched' : 'shared')).join(', ');
      expectClose(`vmap (${mask}), result ${k}, element ${b}`, row, wanted, 1e-12, 1e-12);
    });
  });
}

/** vmap over every subset of the inputs, of values and gradients, gives what a loop gives. */
export function checkBatches(c: OpCase, traced: Traced): void {
  for (const mask of subsets(c.inputs.length)) checkSubset(c, traced, mask);
}

/** The optimised program computes what the traced graph does, and both have a cost and a text. */
export function checkCompiled({ forms, at }: Traced): void {
  const { y, jv, jtu, hv, hw, third } = forms;
  const outputs = { y, jv, jtu, hv, hw, third };
  const inputs = [...forms.x, ...forms.v, ...forms.w, ...forms.u];
  const plain = Object.values(compile(outputs, { optimize: false, inputs }).outputs);
  const optimised = Object.values(compile(outputs, { inputs }).outputs);
  const [a, b] = [interpreter(forms, plain)(at), interpreter(forms, optimised)(at)];
  a.forEach((wanted, k) => {
    expectClose(`optimised output ${k}`, b[k]!, wanted, 1e-12, 1);
  });
  for (const t of [...plain, ...optimised]) expect(t.node.op.flops(t.node), t.node.op.name).toBeGreaterThanOrEqual(0);
  const cost = costOf(plain);
  for (const n of [cost.flops, cost.bytes, cost.peakBytes]) expect(n).toBeGreaterThanOrEqual(0);
  expect(Number.isFinite(cost.flops)).toBe(true);
  const text = printGraph(plain);
  for (const t of plain) expect(text).toContain(` = ${t.node.op.name}`);
}

/** Shapes by the verifier, values by the case's oracle. */
export function checkValues(c: OpCase, { forms, at, values }: Traced): void {
  verify([...forms.y], [...forms.x]);
  const wanted = c.expected?.(...arraysOf(c, [...at.x], 'f64'));
  if (!wanted) return;
  expect(wanted.length, 'number of outputs').toBe(values.y.length);
  wanted.forEach((w, k) => {
    expectClose(`output ${k}`, values.y[k]!, w, isFloat(forms.y[k]!.dtype) ? 1e-13 : 0, 1);
  });
}

/** J·v against finite differences of the outputs, Jᵀ·u against J·v. */
export function checkFirst(t: Traced): void {
  const { forms, at, values } = t;
  verify([...forms.jv, ...forms.jtu], [...forms.x, ...forms.v, ...forms.u]);
  checkDifferences('jvp', t, floatsOf(forms.y), at.v, values.jv);
  if (forms.jtu.length > 0) checkAdjoint(t);
}

export function checkAdjoint({ at, values }: Traced): void {
  checkPairing('⟨u, Jv⟩ = ⟨Jᵀu, v⟩', inner(at.u, values.jv), inner(values.jtu, at.v));
}

/** H·v against finite differences of the gradient, and the symmetry of H. */
export function checkSecond(t: Traced): void {
  const reverse = t.forms.jtu.length > 0;
  checkDifferences('hvp', t, reverse ? t.forms.jtu : t.forms.jv, t.at.v, t.values.hv);
  if (reverse) checkSymmetry(t);
}

export function checkSymmetry({ at, values }: Traced): void {
  checkPairing('⟨w, Hv⟩ = ⟨v, Hw⟩', inner(at.w, values.hv), inner(at.v, values.hw));
}

/** The derivative of H·v against finite differences. */
export function checkThird(t: Traced): void {
  checkDifferences('third derivative', t, t.forms.hv, t.at.v, t.values.third);
}
