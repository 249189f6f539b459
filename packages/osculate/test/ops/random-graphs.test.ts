import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { printGraph } from '../../src/compile/print.js';
import { input, topological } from '../../src/tensor/index.js';
import type { OpCase } from './case.js';
import { allOps } from './catalogue.js';
import {
  checkAdjoint,
  checkBatches,
  checkCompiled,
  checkFirst,
  checkSecond,
  checkSymmetry,
  checkThird,
  prepare,
  type Traced,
} from './checks.js';
import { checkExecutor, Executors } from './executors.js';
import { kinkedSteps, randomCases, smoothSteps } from './random-graphs.js';

const allSteps = { ...smoothSteps, ...kinkedSteps };

/** Runs a check on random cases; a failure prints fast-check's seed and the shrunk graph. */
function holds(
  steps: typeof allSteps,
  numRuns: number,
  check: (t: Traced, c: OpCase) => void | Promise<void>,
): Promise<void> {
  return fc.assert(
    fc.asyncProperty(randomCases(steps), async (c) => check(prepare(c), c)),
    { numRuns },
  );
}

describe('random graphs', () => {
  const executors = new Executors();
  afterAll(() => executors.dispose());

  it('are made of every differentiable op, but for the loop that has no reverse mode', async () => {
    const used = new Set<string>();
    for (const step of Object.values(allSteps)) {
      const operands = [input('a', 'f64', [2, 3]), input('b', 'f64', [3])] as const;
      const y = step(...operands, 1);
      const gradient = grad(y.sum(), operands, { unreachable: 'zero' });
      for (const node of topological([y, ...gradient])) used.add(node.op.name);
    }
    const differentiable = (await allOps()).filter(({ op }) => op.differentiable).map(({ op }) => op.name);
    expect(differentiable.filter((name) => !used.has(name))).toEqual(['while']);
  });

  it('JVPs are finite differences, and adjoint to VJPs', () => holds(smoothSteps, 80, checkFirst));
  it('HVPs are finite differences of gradients, and symmetric', () => holds(smoothSteps, 50, checkSecond));
  it('third derivatives are finite differences of HVPs', () => holds(smoothSteps, 30, checkThird));

  it('⟨u, Jv⟩ = ⟨Jᵀu, v⟩ and ⟨w, Hv⟩ = ⟨v, Hw⟩ with kinks too', () =>
    holds(allSteps, 60, (t) => {
      checkAdjoint(t);
      checkSymmetry(t);
    }));

  it('vmap is a loop', () => holds(allSteps, 20, (t, c) => checkBatches(c, t)));
  it('simplify(graph) ≡ graph', () => holds(allSteps, 50, checkCompiled));

  it('compiling twice changes nothing', () =>
    holds(allSteps, 30, ({ forms }) => {
      const once = compile([...forms.y, ...forms.jtu]).outputs;
      expect(printGraph(compile({ ...once }).outputs)).toBe(printGraph(once));
    }));

  it('run as generated code', () =>
    holds(allSteps, 20, async (t, c) =>
      checkExecutor(await executors.get('reference'), c, 'f64', t.at, t.values, 1e-12),
    ));

  it.each([
    ['f32', 1e-5],
    ['f64', 1e-12],
  ] as const)('run on ONNX Runtime in %s', (float, tolerance) =>
    // Smooth steps only: in f32 a value may fall on the other side of a kink.
    holds(smoothSteps, 8, async (t, c) =>
      checkExecutor(await executors.get('ort'), c, float, t.at, t.values, tolerance),
    ),
  );
});
