import { afterAll, describe, expect, it } from 'vitest';
import { vjp } from '../../src/autodiff/first-order.js';
import { vmap } from '../../src/autodiff/vmap.js';
import { compile, costOf, printGraph, verify } from '../../src/compile/index.js';
import { isFloat } from '../../src/tensor/dtype.js';
import { input, type Tensor } from '../../src/tensor/index.js';
import type { ReferenceBuffer } from '../../src/tensor/ir.js';
import '../../src/ops/index.js';
import type { OpCase } from './case.js';
import { distance, expectClose, inner, largest } from './closeness.js';
import { checkExecutor, Executors } from './executors.js';
import { build, evaluator, type Forms, floatsOf, interpreter, type Point, pointOf, trace } from './forms.js';
import { arraysOf, sample, seedOf } from './sample.js';

const batch = 3;

/** A case in float64 with the values of all its forms at its point. */
interface Traced {
  readonly forms: Forms;
  readonly at: Point;
  readonly values: Readonly<Record<'y' | 'jv' | 'jtu' | 'hv' | 'hw' | 'third', ReferenceBuffer[]>>;
}

function prepare(c: OpCase): Traced {
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
  expectClose(what, [a.sum], [b.sum], 1e-12, Math.max(a.size, b.size, Number.MIN_VALUE));
}

/** All subsets of few inputs; single ones and all of them where there are many. */
function subsets(n: number): boolean[][] {
  const masks = n <= 3 ? Array.from({ length: 2 ** n - 1 }, (_, m) => m + 1) : [];
  if (n > 3) for (let i = 0; i <= n; i++) masks.push(i === n ? 2 ** n - 1 : 2 ** i);
  return masks.map((m) => Array.from({ length: n }, (_, i) => (m & (2 ** i)) !== 0));
}

function checkBatch(c: OpCase, { forms, at }: Traced, batched: readonly boolean[]): void {
  const grad = forms.order >= 1;
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

function checkCompiled({ forms, at }: Traced): void {
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

function checkValues(c: OpCase, { forms, at, values }: Traced): void {
  verify([...forms.y], [...forms.x]);
  const wanted = c.expected?.(...arraysOf(c, [...at.x], 'f64'));
  if (!wanted) return;
  expect(wanted.length, 'number of outputs').toBe(values.y.length);
  wanted.forEach((w, k) => {
    expectClose(`output ${k}`, values.y[k]!, w, isFloat(forms.y[k]!.dtype) ? 1e-13 : 0, 1);
  });
}

function describeDerivatives(order: number, traced: () => Traced): void {
  it.runIf(order >= 1)('first derivative', () => {
    const t = traced();
    const { forms, at, values } = t;
    verify([...forms.jv, ...forms.jtu], [...forms.x, ...forms.v, ...forms.u]);
    checkDifferences('jvp', t, floatsOf(forms.y), at.v, values.jv);
    checkPairing('⟨u, Jv⟩ = ⟨Jᵀu, v⟩', inner(at.u, values.jv), inner(values.jtu, at.v));
  });
  it.runIf(order >= 2)('second derivative', () => {
    const t = traced();
    const { forms, at, values } = t;
    checkDifferences('hvp', t, forms.jtu, at.v, values.hv);
    checkPairing('⟨w, Hv⟩ = ⟨v, Hw⟩', inner(at.w, values.hv), inner(at.v, values.hw));
  });
  it.runIf(order >= 3)('third derivative', () => {
    const t = traced();
    checkDifferences('third', t, t.forms.hv, t.at.w, t.values.third);
  });
}

/** Largest relative error that the executors are allowed: the interpreter's loops in another order, and ONNX Runtime's kernels. */
const tolerances = { reference: 1e-13, f32: 1e-5, f64: 1e-12 };

function describeExecutors(c: OpCase, traced: () => Traced, executors: Executors): void {
  it('runs as generated code', async () => {
    const { at, values } = traced();
    await checkExecutor(await executors.get('reference'), c, 'f64', at, values, tolerances.reference);
  });
  it.each(['f32', 'f64'] as const)('runs on ONNX Runtime in %s', async (float) => {
    const { at, values } = traced();
    const tolerance = c.tolerance?.[float] ?? tolerances[float];
    await checkExecutor(await executors.get('ort'), c, float, at, values, tolerance);
  });
}

function describeCase(c: OpCase, executors: Executors): void {
  let cache: Traced | undefined;
  const traced = (): Traced => {
    cache ??= prepare(c);
    return cache;
  };
  const differentiable = c.inputs.some(({ dtype = 'float' }) => dtype === 'float');
  it('values', () => checkValues(c, traced()));
  describeDerivatives(differentiable ? (c.smooth ?? 3) : 0, traced);
  it('batches', () => {
    for (const mask of subsets(c.inputs.length)) checkBatch(c, traced(), mask);
  });
  it('compiles to the same values', () => checkCompiled(traced()));
  describeExecutors(c, traced, executors);
}

/** Checks every case in every way that applies: values, derivatives of all orders, batching, passes, executors. */
export function opSuite(cases: readonly OpCase[]): void {
  const executors = new Executors();
  afterAll(() => executors.dispose());
  for (const c of cases) describe(`${c.name} (seed ${seedOf(c)})`, () => describeCase(c, executors));
}
