import { describe, expect, it } from 'vitest';
import { ggn } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { allRows, type Batch } from '../../src/objective/index.js';
import { weightsOf } from '../../src/objective/matrices.js';
import { hessianFree } from '../../src/optim/index.js';
import { dampedSolve } from '../../src/optim/newton/damped-solve.js';
import { cgAdvance, cgStart, cgStatus } from '../../src/optim/newton/truncated-cg.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { constant, full, generator, type NDArray, ndarray, type Tensor, type Tree } from '../../src/tensor/index.js';
import { inputName } from '../../src/tensor/leaf.js';
import { denseSolve, dot, relativeError, smallProblem } from '../objective/support.js';

const run = async (outputs: Tree<Tensor>, feeds: Record<string, NDArray>) => {
  const program = compile(outputs);
  const known = new Set(program.inputs.map(inputName));
  const used = Object.fromEntries(Object.entries(feeds).filter(([name]) => known.has(name)));
  return (await referenceExecutor().load(program)).run(used);
};

/** A symmetric matrix with the given eigenvalues, rotated at random. */
function matrixWith(eigenvalues: readonly number[], seed: number): number[] {
  const n = eigenvalues.length;
  const random = generator(seed);
  const q: number[][] = [];
  while (q.length < n) {
    const v = Array.from({ length: n }, () => random.normal());
    for (const u of q) {
      const along = dot(u, v);
      for (let i = 0; i < n; i++) v[i]! -= along * u[i]!;
    }
    const norm = Math.sqrt(dot(v, v));
    q.push(v.map((x) => x / norm));
  }
  return Array.from({ length: n * n }, (_, k) =>
    eigenvalues.reduce((sum, e, j) => sum + e * q[j]![Math.floor(k / n)]! * q[j]![k % n]!, 0),
  );
}

async function cg(a: readonly number[], b: readonly number[], truncation = { maxIterations: 250, tolerance: 5e-4 }) {
  const n = b.length;
  const matrix = constant(ndarray('f64', [...a], [n, n]));
  const apply = (v: Tensor): Tensor => matrix.matmul(v);
  const rhs = constant([...b], 'f64');
  const inverse = full(1, 'f64').expand([n]);
  const start = cgStart(apply, rhs, full(0, 'f64').expand([n]), inverse, truncation);
  const end = cgAdvance(apply, rhs, inverse, start, full(truncation.maxIterations, 'f64'), truncation);
  const { x, i, status, history } = await run({ x: end.x, i: end.i, status: end.status, history: end.history }, {});
  return {
    x: Array.from(x!.data as Float64Array),
    iterations: Number(i!.data[0]),
    status: cgStatus[Number(status!.data[0])],
    history: Array.from(history!.data as Float64Array),
  };
}

/** Martens's truncated CG in plain JavaScript: the iteration at which it stops. */
function stopsAt(a: readonly number[], b: readonly number[], tolerance: number): number {
  const n = b.length;
  const times = (v: readonly number[]) => b.map((_, i) => dot(a.slice(i * n, (i + 1) * n), v));
  const x = b.map(() => 0);
  const r = b.map((v) => -v);
  let p = [...b];
  const phi = [0];
  for (let i = 1; ; i++) {
    const ap = times(p);
    const rr = dot(r, r);
    const alpha = rr / dot(p, ap);
    for (let j = 0; j < n; j++) {
      x[j]! += alpha * p[j]!;
      r[j]! += alpha * ap[j]!;
    }
    const beta = dot(r, r) / rr;
    p = r.map((v, j) => beta * p[j]! - v);
    phi.push(
      0.5 *
        dot(
          x,
          r.map((v, j) => v - b[j]!),
        ),
    );
    const k = Math.max(10, Math.ceil(0.1 * i));
    if (i > k && phi[i - k]! < 0 && (phi[i]! - phi[i - k]!) / phi[i]! < tolerance * k) return i;
  }
}

describe('truncated CG on the engine', () => {
  const eigenvalues = Array.from({ length: 40 }, (_, i) => 10 ** (i / 10));
  const a = matrixWith(eigenvalues, 1);
  const b = Array.from({ length: 40 }, (_, i) => Math.sin(i + 1));

  it('stops where Martens’s rule says', async () => {
    for (const tolerance of [5e-4, 5e-3, 5e-6]) {
      const { iterations, status } = await cg(a, b, { maxIterations: 250, tolerance });
      expect(status).toBe('converged');
      expect(iterations).toBe(stopsAt(a, b, tolerance));
    }
  });

  it('solves the system when it is not stopped before', async () => {
    const { x, history } = await cg(a, b, { maxIterations: 120, tolerance: 0 });
    const exact = denseSolve(a, b);
    expect(relativeError(x, exact)).toBeLessThan(1e-8);
    expect(Math.min(...history)).toBeCloseTo(-0.5 * dot(exact, b), 8);
  });

  it('stops before a direction of negative curvature', async () => {
    const indefinite = matrixWith([5, 4, 3, 2, -1], 2);
    const { x, status, iterations } = await cg(indefinite, [1, 2, 3, 4, 5]);
    expect(status).toBe('non-positive curvature');
    expect(iterations).toBeLessThan(5);
    expect(x.every(Number.isFinite)).toBe(true);
  });

  it('reports what is not finite', async () => {
    expect((await cg([Number.NaN, 0, 0, 1], [1, 1])).status).not.toBe('converged');
  });
});

describe('damped Gauss-Newton system', () => {
  it('has the solution of the dense system', async () => {
    const { objective, start } = smallProblem();
    const dense = (batch: Batch) => ({ g: ggn(batch.loss, batch.outputs, weightsOf(batch)) });
    const { g } = await objective.run('dense', dense, start, allRows(24));
    const n = start.length;
    const damped = Array.from(g!.data as Float64Array, (v, k) => v + (Math.floor(k / n) === k % n ? 0.05 : 0));
    const b = start.map((_, i) => Math.cos(3 * i));
    const system = {
      parameters: start,
      rows: allRows(24),
      b,
      damping: 0.05,
      inverse: b.slice().fill(1),
      start: b.slice().fill(0),
    };
    const { iterates, iterations } = await dampedSolve(objective, system, { maxIterations: 200, tolerance: 1e-14 });
    expect(relativeError(iterates.at(-1)!.x, denseSolve(damped, b))).toBeLessThan(1e-6);
    const kept = iterates.map((i) => i.iteration);
    expect(kept.slice(0, 5)).toEqual([5, 7, 8, 11, 14]);
    expect(kept.at(-1)).toBe(iterations);
  });
});

describe('Hessian-free', () => {
  const context = (problem: ReturnType<typeof smallProblem>) => ({
    objective: problem.objective,
    generator: generator(1),
  });

  it('reaches the least-squares solution of a linear model in a few steps', async () => {
    const problem = smallProblem({ linear: true });
    const optimizer = hessianFree({ damping: 1e-3, tolerance: 1e-10 });
    let state = optimizer.init(problem.objective, problem.start);
    for (let k = 0; k < 12; k++) state = (await optimizer.step(state, context(problem))).state;
    const { gradient } = await problem.objective.valueAndGradient(state.parameters, allRows(24));
    expect(Math.sqrt(dot(gradient, gradient))).toBeLessThan(1e-6);
  });

  it('decreases the loss of a nonlinear model at every accepted step, and follows the rule for the damping', async () => {
    const problem = smallProblem();
    const optimizer = hessianFree({ damping: 1 });
    let state = optimizer.init(problem.objective, problem.start);
    const losses: number[] = [];
    for (let k = 0; k < 15; k++) {
      const before = state.damping;
      const { state: next, report } = await optimizer.step(state, context(problem));
      losses.push(report.loss);
      const { rho } = report.details;
      if (report.accepted) {
        const factor = rho! < 0.25 ? 1.5 : rho! > 0.75 ? 2 / 3 : 1;
        expect(next.damping).toBeCloseTo(before * factor, 12);
      }
      state = next;
    }
    losses.slice(1).forEach((loss, k) => {
      expect(loss).toBeLessThanOrEqual(losses[k]!);
    });
    expect(losses.at(-1)!).toBeLessThan(0.2 * losses[0]!);
  });

  it('is pure and repeatable', async () => {
    const problem = smallProblem();
    const optimizer = hessianFree({ curvatureRows: 10 });
    const first = (await optimizer.step(optimizer.init(problem.objective, problem.start), context(problem))).state;
    const copy = structuredClone(first);
    const a = await optimizer.step(first, context(problem));
    expect(first).toEqual(copy);
    expect(await optimizer.step(first, context(problem))).toEqual(a);
  });

  it('rejects a step whose loss is not finite, and raises the damping', async () => {
    const problem = smallProblem({ poison: Number.NaN });
    const optimizer = hessianFree({ damping: 45 });
    const { state, report } = await optimizer.step(optimizer.init(problem.objective, problem.start), context(problem));
    expect([report.accepted, state.damping]).toEqual([false, 67.5]);
    expect(state.parameters).toEqual(problem.start);
  });
});
