import { afterAll, describe, it } from 'vitest';
import type { OpCase } from './case.js';
import {
  checkBatches,
  checkCompiled,
  checkFirst,
  checkSecond,
  checkThird,
  checkValues,
  prepare,
  type Traced,
} from './checks.js';
import { checkExecutor, Executors } from './executors.js';
import { seedOf } from './sample.js';

function describeDerivatives(order: number, traced: () => Traced): void {
  if (order >= 1) it('first derivative', () => checkFirst(traced()));
  if (order >= 2) it('second derivative', () => checkSecond(traced()));
  if (order >= 3) it('third derivative', () => checkThird(traced()));
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
  it('batches', () => checkBatches(c, traced()));
  it('compiles to the same values', () => checkCompiled(traced()));
  describeExecutors(c, traced, executors);
}

/** Checks every case in every way that applies: values, derivatives of all orders, batching, passes, executors. */
export function opSuite(cases: readonly OpCase[]): void {
  const executors = new Executors();
  afterAll(() => executors.dispose());
  for (const c of cases) describe(`${c.name} (seed ${seedOf(c)})`, () => describeCase(c, executors));
}
