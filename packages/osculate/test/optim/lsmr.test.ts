import { describe, expect, it } from 'vitest';
import { conjugateGradients } from '../../src/linalg/krylov/conjugate-gradients.js';
import { functionObjective } from '../../src/objective/index.js';
import { residualProducts } from '../../src/objective/residuals.js';
import {
  fullStep,
  gaussNewton,
  gaussNewtonLsmr,
  levenbergMarquardtLsmr,
  minimize,
  type Optimizer,
} from '../../src/optim/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { constant, generator, InputError } from '../../src/tensor/index.js';
import { rosenbrock, rosenbrockResiduals, rosenbrockStart } from '../objective/functions.js';
import { denseSolve, dot, jacobianByDifferences, relativeError, smallProblem } from '../objective/support.js';
import { path } from './path.js';

const decayed = { weightDecay: 0.02 } as const;

const methods: readonly Optimizer[] = [gaussNewtonLsmr(), levenbergMarquardtLsmr()];

it.each(methods)('$name refuses an objective without residuals', async (method) => {
  const start = Float64Array.of(1, 2);
  const objective = functionObjective((x) => x.mul(x).sum(), start);
  const step = () => method.step(method.init(objective, start), { objective, generator: generator(0) });
  await expect(step()).rejects.toThrow(InputError);
  await expect(step()).rejects.toThrow(/needs residuals/);
});

describe('Gauss-Newton by LSMR', () => {
  it('with full steps: two steps on Rosenbrock, via (1, −3.84)', async () => {
    const method = gaussNewtonLsmr({ search: fullStep, tolerance: 1e-15 });
    const { points } = await path(method, rosenbrock(), rosenbrockStart, 2);
    expect(points[1]![1]).toBeCloseTo(-3.84, 10);
    expect(points[2]![0]).toBeCloseTo(1, 10);
    expect(points[2]![1]).toBeCloseTo(1, 10);
  });

  it('makes the shortest of all best steps where J has no full rank, as the QR factorisation does', async () => {
    const objective = functionObjective((x) => x.sum().sub(1).reshape([1]), Float64Array.of(3, 4, 5), {
      residuals: true,
    });
    const run = async (method: ReturnType<typeof gaussNewton>) =>
      (await path(method, objective, Float64Array.of(3, 4, 5), 1)).points[1]!;
    const step = await run(gaussNewtonLsmr());
    expect(relativeError(step, await run(gaussNewton()))).toBeLessThan(1e-12);
    expect(dot(step, [1, 1, 1])).toBeCloseTo(1, 12);
  });

  it('reaches what conjugate gradients on JᵀJ lose where J has condition 1e8', async () => {
    // J = H·diag(1, …, 1e-8)·H with a reflection H.
    const unit = [1, 2, 3, 4, 5].map((x) => x / Math.sqrt(55));
    const reflection = (i: number, j: number) => (i === j ? 1 : 0) - 2 * unit[i]! * unit[j]!;
    const scales = [1, 1e-2, 1e-4, 1e-6, 1e-8];
    const a = scales.map((_, i) =>
      scales.map((_, j) => scales.reduce((sum, x, k) => sum + x * reflection(i, k) * reflection(k, j), 0)),
    );
    const solution = [1, -2, 3, -4, 5];
    const b = a.map((row) => dot(row, solution));
    const matrix = constant(a, 'f64');
    const objective = functionObjective((x) => matrix.matmul(x).sub(constant(b, 'f64')), new Float64Array(5), {
      residuals: true,
    });
    const method = gaussNewtonLsmr({ search: fullStep, tolerance: 1e-16, maxIterations: 60 });
    const { points } = await path(method, objective, new Float64Array(5), 1);
    const error = relativeError(points[1]!, solution);
    expect(error).toBeLessThan(1e-6);
    const normal = (v: Float64Array): Float64Array => {
      const image = a.map((row) => dot(row, v));
      return v.map((_, j) => a.reduce((sum, row, i) => sum + row[j]! * image[i]!, 0));
    };
    const right = Float64Array.from(solution, (_, j) => a.reduce((sum, row, i) => sum + row[j]! * b[i]!, 0));
    const byNormal = conjugateGradients((v: Float64Array, out: Float64Array) => out.set(normal(v)), right, {
      tolerance: 1e-16,
      maxIterations: 60,
    });
    expect(relativeError(byNormal.solution, solution)).toBeGreaterThan(1000 * error);
  });

  it('makes the steps of the QR factorisation on a net with weight decay', async () => {
    const { objective, start } = smallProblem(decayed);
    const run = (method: ReturnType<typeof gaussNewton>) => path(method, objective, start as Float64Array, 5);
    const [iterative, direct] = [await run(gaussNewtonLsmr({ tolerance: 1e-14 })), await run(gaussNewton())];
    for (let k = 1; k <= 5; k++) expect(relativeError(iterative.points[k]!, direct.points[k]!)).toBeLessThan(1e-7);
  });
});

describe('Levenberg-Marquardt by LSMR', () => {
  it('solves (JᵀJ + λI)·p = −Jᵀr, λ from the norms of the start', async () => {
    const { objective, start } = smallProblem(decayed);
    const at = start as Float64Array;
    const method = levenbergMarquardtLsmr({ damping: 0.5, tolerance: 1e-14 });
    const { points, reports } = await path(method, objective, at, 1);
    const columns = await jacobianByDifferences(objective, at);
    const { residuals } = await residualProducts(objective, at);
    const right = columns.map((c) => -dot(c, residuals));
    const lambda = (0.5 * dot(right, right)) / dot(residuals, residuals);
    expect(reports[0]!.details.trials).toBe(1);
    expect(reports[0]!.details.damping).toBeCloseTo(lambda, 8);
    const matrix = columns.flatMap((c, i) => columns.map((d, j) => dot(c, d) + (i === j ? lambda : 0)));
    const step = denseSolve(matrix, right);
    expect(
      relativeError(
        points[1]!.map((x, i) => x - at[i]!),
        step,
      ),
    ).toBeLessThan(1e-7);
  });

  it('predicts the decrease of a linear problem exactly, and quarters λ', async () => {
    const { objective, start } = smallProblem({ linear: true, weightDecay: 0.1 });
    const { reports } = await path(levenbergMarquardtLsmr(), objective, start as Float64Array, 2);
    expect(reports[0]!.details.rho).toBeCloseTo(1, 9);
    expect(reports[1]!.details.damping! / reports[0]!.details.damping!).toBeCloseTo(0.25, 12);
  });

  it('does not depend on the units of the residuals', async () => {
    const run = async (unit: number) => {
      const objective = functionObjective(
        (x) => {
          const [a, b] = [x.slice([0], [1]), x.slice([1], [2])];
          return b
            .sub(a.mul(a))
            .mul(10 * unit)
            .add(a.neg().add(1).mul(unit));
        },
        rosenbrockStart,
        { residuals: true },
      );
      return (await path(levenbergMarquardtLsmr({ tolerance: 1e-12 }), objective, rosenbrockStart, 4)).points;
    };
    const [plain, scaled] = [await run(1), await run(1e4)];
    plain.forEach((x, k) => {
      expect(relativeError(scaled[k]!, x)).toBeLessThan(1e-6);
    });
  });

  it('finds the minimum of Rosenbrock’s function, and stays there', async () => {
    const result = await minimize(rosenbrock(), rosenbrockStart, {
      method: levenbergMarquardtLsmr(),
      tolerance: 1e-10,
    });
    expect(result.f).toBeLessThan(1e-20);
    const stay = await minimize(rosenbrock(), Float64Array.of(1, 1), {
      method: levenbergMarquardtLsmr(),
      tolerance: -1,
    });
    expect([stay.status, ...stay.x]).toEqual(['stalled', 1, 1]);
  });

  it('works in float32 on ONNX Runtime, and solves no further than the products are known', async () => {
    const start = Float32Array.from(rosenbrockStart);
    const objective = functionObjective(rosenbrockResiduals, start, {
      residuals: true,
      executor: await ortExecutor(),
    });
    const method = levenbergMarquardtLsmr();
    let state = method.init(objective, start);
    for (let k = 0; k < 40; k++) {
      const result = await method.step(state, { objective, generator: generator(k) });
      if (result.report.accepted) expect(result.report.details.lsmrIterations).toBeLessThan(20);
      state = result.state;
    }
    expect(await objective.value(state.parameters, [0])).toBeLessThan(1e-8);
    await objective.dispose();
  });

  it.each([0, -1, Number.NaN])('refuses the damping %f', (damping) => {
    expect(() => levenbergMarquardtLsmr({ damping })).toThrow(InputError);
  });
});
