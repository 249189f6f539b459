import { describe, expect, test } from 'vitest';
import { type CheckedProblem, checkProblem } from '../../../src/fit/blocks/block-problem.js';
import { LinearBlocks } from '../../../src/fit/blocks/linear-blocks.js';
import { observationProgram } from '../../../src/fit/blocks/observation-program.js';
import { type ReducedSolver, SchurSystem } from '../../../src/fit/blocks/schur.js';
import { type LossName, robustLoss } from '../../../src/fit/robust.js';
import { matrix, solveLeastSquares } from '../../../src/linalg/index.js';
import { CAMERA, project, reprojection, scene } from './scene.js';

const CAMERAS = 5;

/** Five cameras and 60 points, one of them seen twice by a camera, and a camera and a point without observations. */
function smallProblem(): CheckedProblem {
  const { problem } = scene({ cameras: CAMERAS, points: 60, views: 3, noise: 0.5 });
  const { camera, point, data } = problem.observations as unknown as Record<string, number[]>;
  const cameras = [...Array.from(problem.cameras), ...Array.from(problem.cameras).slice(0, CAMERA)];
  const points = [...Array.from(problem.points), 0.1, 0.2, 0.3];
  return checkProblem({
    ...problem,
    cameras,
    points,
    observations: {
      camera: [...camera!, camera![0]!],
      point: [...point!, point![0]!],
      data: [...data!, data![0]! + 1, data![1]! - 1],
    },
  });
}

const problem = smallProblem();
const sizes = { camera: CAMERA, point: 3, data: 2 };
// A batch that the number of observations is not a multiple of.
const program = observationProgram(reprojection, sizes, 32);
const n = problem.start.length;
const m = problem.observations * 2;

function linearized(loss: LossName = 'linear') {
  const blocks = new LinearBlocks(problem, program, robustLoss(loss, 3));
  const residuals = new Float64Array(m);
  blocks.evaluate(problem.start, residuals);
  blocks.linearize(problem.start, residuals);
  return { blocks, residuals };
}

/** J of the blocks, row-major m×n. */
function dense(blocks: LinearBlocks): Float64Array {
  const j = new Float64Array(m * n);
  for (let o = 0; o < problem.observations; o++) {
    for (let i = o * 2; i < o * 2 + 2; i++) {
      for (let k = 0; k < CAMERA; k++) j[i * n + problem.camera[o]! * CAMERA + k]! += blocks.camera[i * CAMERA + k]!;
      for (let k = 0; k < 3; k++)
        j[i * n + problem.cameras * CAMERA + problem.point[o]! * 3 + k]! += blocks.point[i * 3 + k]!;
    }
  }
  return j;
}

/** Residuals in plain numbers. */
function residualsAt(x: Float64Array): Float64Array {
  const result = new Float64Array(m);
  for (let o = 0; o < problem.observations; o++) {
    const [c, i] = [problem.camera[o]! * CAMERA, problem.cameras * CAMERA + problem.point[o]! * 3];
    const [u, v] = project(x.subarray(c, c + CAMERA), x.subarray(i, i + 3));
    result.set([u - problem.data[o * 2]!, v - problem.data[o * 2 + 1]!], o * 2);
  }
  return result;
}

describe('LinearBlocks', () => {
  test('residuals are those of the plain projection', () => {
    const { residuals } = linearized();
    const expected = residualsAt(problem.start);
    residuals.forEach((r, i) => {
      expect(r).toBeCloseTo(expected[i]!, 9);
    });
  });

  test('blocks are the differences of the plain projection', () => {
    const j = dense(linearized().blocks);
    for (let column = 0; column < n; column++) {
      const h = 1e-5;
      const moved = (by: number): Float64Array =>
        residualsAt(problem.start.map((x, k) => (k === column ? x + by : x)) as Float64Array);
      const [up, down] = [moved(h), moved(-h)];
      let [error, size] = [0, 1];
      for (let i = 0; i < m; i++) {
        error = Math.max(error, Math.abs((up[i]! - down[i]!) / (2 * h) - j[i * n + column]!));
        size = Math.max(size, Math.abs(j[i * n + column]!));
      }
      expect(error / size).toBeLessThan(1e-7);
    }
  });

  test.each<LossName>(['huber', 'cauchy'])('%s: gradient and curvature of the cost along the residuals', (loss) => {
    const plain = linearized();
    const { blocks } = linearized(loss);
    const [j, r, jr] = [dense(plain.blocks), plain.residuals, dense(blocks)];
    // cost(r + t·J·p), whose derivatives the model must have where the curvature is positive: exactly for a linear residual.
    const p = Float64Array.from({ length: n }, (_, k) => Math.sin(7 * k) * (k % CAMERA === 6 ? 1 : 1e-3));
    const along = (matrix: Float64Array): Float64Array =>
      Float64Array.from({ length: m }, (_, i) => p.reduce((sum, x, k) => sum + matrix[i * n + k]! * x, 0));
    const [jp, modelled] = [along(j), along(jr)];
    for (let o = 0; o < problem.observations; o++) {
      const cost = (t: number): number => {
        const norm = Math.hypot(r[2 * o]! + t * jp[2 * o]!, r[2 * o + 1]! + t * jp[2 * o + 1]!) / 3;
        if (loss === 'cauchy') return 4.5 * Math.log1p(norm ** 2);
        return 4.5 * (norm <= 1 ? norm ** 2 : 2 * norm - 1);
      };
      const size = jp[2 * o]! ** 2 + jp[2 * o + 1]! ** 2;
      const h = 1e-3 / (1 + Math.sqrt(size));
      const slope = (cost(h) - cost(-h)) / (2 * h);
      const curvature = (cost(h) - 2 * cost(0) + cost(-h)) / h ** 2;
      const [a, b] = [modelled[2 * o]!, modelled[2 * o + 1]!];
      const [ra, rb] = [blocks.residuals[2 * o]!, blocks.residuals[2 * o + 1]!];
      expect(Math.abs(a * ra + b * rb - slope)).toBeLessThan(1e-5 * (1 + Math.sqrt(size)));
      // Never less curvature than there is: where the loss bends down along r, a share of ρ' takes its place.
      expect(a * a + b * b).toBeGreaterThan(curvature - 1e-4 * (1 + size));
      const norm = Math.hypot(r[2 * o]!, r[2 * o + 1]!) / 3;
      if (norm < 0.9) expect(Math.abs(a * a + b * b - curvature)).toBeLessThan(1e-4 * (1 + size));
    }
  });
});

describe('SchurSystem', () => {
  test.each<[ReducedSolver, LossName, number]>([
    ['cholesky', 'linear', 1e-3],
    ['cholesky', 'linear', 1],
    ['cholesky', 'cauchy', 1e-3],
    ['conjugate-gradients', 'linear', 1e-3],
  ])('%s, %s, λ = %d: the step of the dense damped problem by QR', (solver, loss, damping) => {
    const { blocks } = linearized(loss);
    const system = new SchurSystem(problem, blocks, { solver, innerTolerance: 1e-13 });
    expect(system.assemble()).toBe(true);
    const scale = system.norms.map((x) => x || 1) as Float64Array;
    const step = new Float64Array(n);
    expect(system.solve(damping, scale, step)).toBe(true);
    const j = dense(blocks);
    const augmented = matrix(m + n, n);
    augmented.data.set(j);
    for (let k = 0; k < n; k++) augmented.data[(m + k) * n + k] = Math.sqrt(damping) * scale[k]!;
    const right = new Float64Array(m + n);
    blocks.residuals.forEach((x, i) => {
      right[i] = -x;
    });
    const { solution } = solveLeastSquares(augmented, right);
    const length = (x: ArrayLike<number>): number => Math.hypot(...Array.from(x, (s, k) => s * scale[k]!));
    expect(length(step.map((s, k) => s - solution[k]!)) / length(solution)).toBeLessThan(1e-9);

    const image = Array.from({ length: m }, (_, i) => step.reduce((sum, s, k) => sum + j[i * n + k]! * s, 0));
    expect(system.squaredProduct(step) / image.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 12);
    for (let k = 0; k < n; k++) {
      const column = Array.from({ length: m }, (_, i) => j[i * n + k]!);
      const gradient = column.reduce((sum, x, i) => sum + x * blocks.residuals[i]!, 0);
      expect(Math.abs(system.gradient[k]! - gradient)).toBeLessThan(1e-9 * (1 + Math.abs(gradient)));
      expect(system.norms[k]).toBeCloseTo(Math.hypot(...column), 9);
    }
  });

  test('without damping what the data leave open has no step', () => {
    const { blocks } = linearized();
    const system = new SchurSystem(problem, blocks, { solver: 'cholesky', innerTolerance: 1e-6 });
    system.assemble();
    expect(system.solve(0, system.norms, new Float64Array(n))).toBe(false);
  });
});
