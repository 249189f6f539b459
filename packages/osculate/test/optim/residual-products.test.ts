import { describe, expect, it } from 'vitest';
import { conjugateGradients } from '../../src/linalg/krylov/conjugate-gradients.js';
import { residualProducts } from '../../src/optim/curvature-sources/residual-products.js';
import {
  allRows,
  finish,
  fullStep,
  functionObjective,
  gaussNewton,
  gaussNewtonLsmr,
  levenbergMarquardtLsmr,
  minimize,
  type Objective,
} from '../../src/optim/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { constant, generator, InputError } from '../../src/tensor/index.js';
import { path, rosenbrock, rosenbrockResiduals, rosenbrockStart } from './functions.js';
import { denseSolve, dot, relativeError, smallProblem } from './support.js';

const decayed = { weightDecay: 0.02 } as const;

/** J by central differences of the residuals. */
async function differences(objective: Objective, at: Float64Array): Promise<Float64Array[]> {
  const columns = Array.from(at, async (_, j) => {
    const moved = (h: number) =>
      residualProducts(
        objective,
        at.map((x, i) => (i === j ? x + h : x)),
      );
    const [up, down] = [await moved(1e-5), await moved(-1e-5)];
    return up.residuals.map((r, i) => (r - down.residuals[i]!) / 2e-5);
  });
  return Promise.all(columns);
}

describe('products with the Jacobian of residuals', () => {
  it('are those of central differences, in chunks and with weight decay', async () => {
    const { objective, start } = smallProblem({ ...decayed, chunk: 7 });
    const at = start as Float64Array;
    const { value, gradient, residuals, apply, applyTranspose } = await residualProducts(objective, at);
    const truth = await objective.valueAndGradient(at, allRows(24));
    expect(value).toBeCloseTo(truth.value, 12);
    expect(relativeError(gradient, truth.gradient)).toBeLessThan(1e-12);
    const random = generator(3);
    const [v, u] = [at.map(() => random.normal()), residuals.map(() => random.normal())];
    const columns = await differences(objective, at);
    const image = residuals.map((_, i) => columns.reduce((sum, c, j) => sum + c[i]! * v[j]!, 0));
    expect(relativeError(await apply(v), image)).toBeLessThan(1e-8);
    const pulled = columns.map((c) => dot(c, u));
    expect(relativeError(await applyTranspose(u), pulled)).toBeLessThan(1e-8);
  });

  it('are the same with and without chunks', async () => {
    const [whole, parts] = [smallProblem(decayed), smallProblem({ ...decayed, chunk: 5 })];
    const [a, b] = [
      await residualProducts(whole.objective, whole.start),
      await residualProducts(parts.objective, whole.start),
    ];
    const random = generator(4);
    const v = Float64Array.from(whole.start, () => random.normal());
    expect(relativeError(await b.apply(v), await a.apply(v))).toBeLessThan(1e-13);
    expect(relativeError(await b.applyTranspose(b.residuals), await a.applyTranspose(a.residuals))).toBeLessThan(1e-13);
  });

  it.each([gaussNewtonLsmr(), levenbergMarquardtLsmr()])('$name refuses an objective without residuals', async (m) => {
    const objective = functionObjective((x) => x.mul(x).sum(), Float64Array.of(1, 2));
    const context = { objective, generator: generator(0) };
    await expect(m.step(m.init(Float64Array.of(1, 2)), context as never)).rejects.toThrow(InputError);
    await expect(m.step(m.init(Float64Array.of(1, 2)), context as never)).rejects.toThrow(/needs residuals/);
  });
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
    const columns = await differences(objective, at);
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
    const result = await finish(
      minimize(rosenbrock(), rosenbrockStart, levenbergMarquardtLsmr(), { tolerance: 1e-10 }),
    );
    expect(result.f).toBeLessThan(1e-20);
    const stay = await finish(
      minimize(rosenbrock(), Float64Array.of(1, 1), levenbergMarquardtLsmr(), { tolerance: -1 }),
    );
    expect([stay.status, ...stay.x]).toEqual(['stalled', 1, 1]);
  });

  it('works in float32 on ONNX Runtime, and solves no further than the products are known', async () => {
    const start = Float32Array.from(rosenbrockStart);
    const objective = functionObjective(rosenbrockResiduals, start, {
      residuals: true,
      executor: await ortExecutor(),
    });
    const method = levenbergMarquardtLsmr();
    let state = method.init(start);
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
