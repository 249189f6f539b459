import { cholesky, choleskySolve } from '../../linalg/dense/cholesky.js';
import { backwardBlock, factorBlock, forwardBlock } from '../../linalg/dense/small-cholesky.js';
import { conjugateGradients } from '../../linalg/krylov/conjugate-gradients.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';
import type { CheckedProblem } from './block-problem.js';
import type { LinearBlocks } from './linear-blocks.js';

/** How the reduced equations of the cameras are solved. */
export type ReducedSolver = 'cholesky' | 'conjugate-gradients';

interface SchurOptions {
  readonly solver: ReducedSolver;
  /** ‖residual‖ of the reduced equations relative to their right-hand side at which conjugate gradients end. */
  readonly innerTolerance: number;
}

/**
 * The damped normal equations of the blocks, [U + λD², W; Wᵀ, V + λD²]·s = −g, by elimination of the points: the Schur complement
 * S = U + λD² − W(V + λD²)⁻¹Wᵀ of the cameras, then the points by back substitution (Brown 1958; Triggs, McLauchlan, Hartley and
 * Fitzgibbon 2000, section 6). U and V are block-diagonal; W is never held, its blocks are formed from J's where they are needed.
 */
export class SchurSystem {
  readonly gradient: Float64Array;
  /** Norms of J's columns. */
  readonly norms: Float64Array;
  /** Iterations of conjugate gradients so far. */
  innerIterations = 0;
  private readonly cameraGram: Float64Array;
  private readonly pointGram: Float64Array;
  /** Cholesky factors of V + λD². */
  private readonly factors: Float64Array;
  /** Diagonal blocks of U + λD² and then of S. */
  private readonly diagonal: Float64Array;
  private readonly right: Float64Array;
  private readonly reduced: Matrix | null;
  private readonly pointPart: Float64Array;
  private readonly observed: Float64Array;
  /** W·L⁻ᵀ of one point's observations, p×q each. */
  private coupling = new Float64Array(0);

  constructor(
    private readonly problem: CheckedProblem,
    private readonly blocks: LinearBlocks,
    private readonly options: SchurOptions,
  ) {
    const { cameras, points, cameraSize: p, pointSize: q, start } = problem;
    this.gradient = new Float64Array(start.length);
    this.norms = new Float64Array(start.length);
    this.cameraGram = new Float64Array(cameras * p * p);
    this.pointGram = new Float64Array(points * q * q);
    this.factors = new Float64Array(points * q * q);
    this.diagonal = new Float64Array(cameras * p * p);
    this.right = new Float64Array(cameras * p);
    this.reduced = options.solver === 'cholesky' ? matrix(cameras * p, cameras * p) : null;
    this.pointPart = new Float64Array(q);
    this.observed = new Float64Array(blocks.rows);
  }

  /** U, V, g and the columns' norms from the blocks. False unless they are finite. Cost: d(p² + q²) an observation. */
  assemble(): boolean {
    const { cameras, cameraSize: p, pointSize: q, camera, point, observations } = this.problem;
    const { rows: d, residuals } = this.blocks;
    this.cameraGram.fill(0);
    this.pointGram.fill(0);
    this.gradient.fill(0);
    for (let o = 0; o < observations; o++) {
      const c = camera[o]!;
      const i = point[o]!;
      const row = o * d;
      addGram(this.blocks.camera, row * p, d, p, this.cameraGram, c * p * p);
      addGram(this.blocks.point, row * q, d, q, this.pointGram, i * q * q);
      addTransposed(this.blocks.camera, row * p, d, p, residuals, row, this.gradient, c * p);
      addTransposed(this.blocks.point, row * q, d, q, residuals, row, this.gradient, cameras * p + i * q);
    }
    let sum = 0;
    for (let j = 0; j < this.norms.length; j++) {
      const square =
        j < cameras * p ? gramDiagonal(this.cameraGram, j, p) : gramDiagonal(this.pointGram, j - cameras * p, q);
      this.norms[j] = Math.sqrt(square);
      sum += square + Math.abs(this.gradient[j]!);
    }
    return Number.isFinite(sum);
  }

  /** The step s for λ and D into `step`. False where the equations are not positive definite, to rounding. */
  solve(damping: number, scale: Float64Array, step: Float64Array): boolean {
    const { cameras, cameraSize: p } = this.problem;
    if (!this.eliminate(damping, scale)) return false;
    const solution = this.reduced ? this.solveDense(this.reduced) : this.solveIteratively(damping, scale);
    if (solution === null) return false;
    step.set(solution.subarray(0, cameras * p));
    this.substitute(step);
    return true;
  }

  /** ‖J·s‖². */
  squaredProduct(step: Float64Array): number {
    const { cameras, cameraSize: p, pointSize: q, camera, point, observations } = this.problem;
    const { rows: d } = this.blocks;
    const { observed } = this;
    let square = 0;
    for (let o = 0; o < observations; o++) {
      setProduct(this.blocks.camera, o * d * p, d, p, step, camera[o]! * p, observed);
      addProduct(this.blocks.point, o * d * q, d, q, step, cameras * p + point[o]! * q, observed, 0);
      for (let i = 0; i < d; i++) square += observed[i]! ** 2;
    }
    return square;
  }

  /** Factors of all points, the right-hand side −g_c + W(V + λD²)⁻¹g_p, and S: whole, or its diagonal blocks. */
  private eliminate(damping: number, scale: Float64Array): boolean {
    const { cameras, points, cameraSize: p, pointSize: q, first } = this.problem;
    const { factors, diagonal, reduced } = this;
    factors.set(this.pointGram);
    dampDiagonal(factors, q, damping, scale.subarray(cameras * p));
    diagonal.set(this.cameraGram);
    dampDiagonal(diagonal, p, damping, scale);
    for (let j = 0; j < cameras * p; j++) this.right[j] = -this.gradient[j]!;
    reduced?.data.fill(0);
    for (let i = 0; i < points; i++) {
      if (!factorBlock(factors, i * q * q, q)) return false;
      const [from, to] = [first[i]!, first[i + 1]!];
      this.couple(i, from, to);
      if (reduced) this.subtractPairs(reduced.data, from, to);
      else this.subtractDiagonal(from, to);
    }
    return true;
  }

  /** W·L⁻ᵀ for the observations of a point, and their part of the right-hand side. */
  private couple(i: number, from: number, to: number): void {
    const { cameras, cameraSize: p, pointSize: q, camera } = this.problem;
    const { rows: d, camera: a, point: b } = this.blocks;
    const { factors, pointPart } = this;
    if (this.coupling.length < (to - from) * p * q) this.coupling = new Float64Array((to - from) * p * q);
    const { coupling } = this;
    const gradientAt = cameras * p + i * q;
    for (let c = 0; c < q; c++) pointPart[c] = this.gradient[gradientAt + c]!;
    forwardBlock(factors, i * q * q, q, pointPart, 0);
    for (let o = from; o < to; o++) {
      for (let r = 0; r < p; r++) {
        const at = ((o - from) * p + r) * q;
        for (let c = 0; c < q; c++) {
          let sum = 0;
          for (let l = o * d; l < (o + 1) * d; l++) sum += a[l * p + r]! * b[l * q + c]!;
          coupling[at + c] = sum;
        }
        // Row r of W·L⁻ᵀ is L⁻¹ times row r of W.
        forwardBlock(factors, i * q * q, q, coupling, at);
      }
      addProduct(coupling, (o - from) * p * q, p, q, pointPart, 0, this.right, camera[o]! * p);
    }
  }

  /** S −= Z·Zᵀ over all pairs of a point's observations, in the lower block triangle. */
  private subtractPairs(s: Float64Array, from: number, to: number): void {
    const { cameras, cameraSize: p, pointSize: q, camera } = this.problem;
    const width = cameras * p;
    for (let o = from; o < to; o++) {
      const row = camera[o]! * p;
      for (let other = from; other < to; other++) {
        const column = camera[other]! * p;
        if (column > row) continue;
        subtractOuter(this.coupling, (o - from) * p * q, (other - from) * p * q, p, q, s, row * width + column, width);
      }
    }
  }

  /** The diagonal blocks alone. */
  private subtractDiagonal(from: number, to: number): void {
    const { cameraSize: p, pointSize: q, camera } = this.problem;
    for (let o = from; o < to; o++) {
      for (let other = from; other < to; other++) {
        if (camera[other] !== camera[o]) continue;
        const at = camera[o]! * p * p;
        subtractOuter(this.coupling, (o - from) * p * q, (other - from) * p * q, p, q, this.diagonal, at, p);
      }
    }
  }

  private solveDense(s: Matrix): Float64Array | null {
    const { cameras, cameraSize: p } = this.problem;
    for (let c = 0; c < cameras; c++) {
      for (let r = 0; r < p; r++) {
        const row = (c * p + r) * cameras * p + c * p;
        for (let l = 0; l < p; l++) s.data[row + l]! += this.diagonal[(c * p + r) * p + l]!;
      }
    }
    const result = cholesky(s);
    return result.status === 'ok' ? choleskySolve(result.factor, this.right) : null;
  }

  /** Conjugate gradients on S, preconditioned by its diagonal blocks; S·x costs some 4d(p + q) an observation. */
  private solveIteratively(damping: number, scale: Float64Array): Float64Array | null {
    const { cameras, cameraSize: p } = this.problem;
    const { diagonal } = this;
    for (let c = 0; c < cameras; c++) if (!factorBlock(diagonal, c * p * p, p)) return null;
    const precondition = (v: Float64Array, out: Float64Array): void => {
      out.set(v);
      for (let c = 0; c < cameras; c++) {
        forwardBlock(diagonal, c * p * p, p, out, c * p);
        backwardBlock(diagonal, c * p * p, p, out, c * p);
      }
    };
    const apply = (v: Float64Array, out: Float64Array): void => {
      for (let j = 0; j < v.length; j++) out[j] = damping * scale[j]! ** 2 * v[j]!;
      this.multiplyReduced(v, out);
    };
    const { innerTolerance: tolerance } = this.options;
    const { status, solution, iterations } = conjugateGradients(apply, this.right, {
      precondition,
      tolerance,
      maxIterations: Math.max(100, 2 * cameras * p),
    });
    this.innerIterations += iterations;
    return status === 'converged' || status === 'budget' ? solution : null;
  }

  /** out += (U − W(V + λD²)⁻¹Wᵀ)·x, one point after the other. */
  private multiplyReduced(x: Float64Array, out: Float64Array): void {
    const { points, cameraSize: p, pointSize: q, camera, first } = this.problem;
    const { rows: d, camera: a, point: b } = this.blocks;
    const { pointPart, observed, factors } = this;
    for (let i = 0; i < points; i++) {
      for (let c = 0; c < q; c++) pointPart[c] = 0;
      for (let o = first[i]!; o < first[i + 1]!; o++) {
        setProduct(a, o * d * p, d, p, x, camera[o]! * p, observed);
        addTransposed(a, o * d * p, d, p, observed, 0, out, camera[o]! * p);
        addTransposed(b, o * d * q, d, q, observed, 0, pointPart, 0);
      }
      forwardBlock(factors, i * q * q, q, pointPart, 0);
      backwardBlock(factors, i * q * q, q, pointPart, 0);
      for (let c = 0; c < q; c++) pointPart[c] = -pointPart[c]!;
      for (let o = first[i]!; o < first[i + 1]!; o++) {
        setProduct(b, o * d * q, d, q, pointPart, 0, observed);
        addTransposed(a, o * d * p, d, p, observed, 0, out, camera[o]! * p);
      }
    }
  }

  /** The points' part of the step from the cameras' part. */
  private substitute(step: Float64Array): void {
    const { cameras, points, cameraSize: p, pointSize: q, camera, first } = this.problem;
    const { rows: d, camera: a, point: b } = this.blocks;
    const { observed, factors } = this;
    for (let i = 0; i < points; i++) {
      const at = cameras * p + i * q;
      for (let c = at; c < at + q; c++) step[c] = this.gradient[c]!;
      for (let o = first[i]!; o < first[i + 1]!; o++) {
        setProduct(a, o * d * p, d, p, step, camera[o]! * p, observed);
        addTransposed(b, o * d * q, d, q, observed, 0, step, at);
      }
      forwardBlock(factors, i * q * q, q, step, at);
      backwardBlock(factors, i * q * q, q, step, at);
      for (let c = at; c < at + q; c++) step[c] = -step[c]!;
    }
  }
}

/** out −= A·Bᵀ for two p×q blocks of `z`, into a p×p block at `at` of a matrix with rows of `width`. */
function subtractOuter(
  z: Float64Array,
  a: number,
  b: number,
  p: number,
  q: number,
  out: Float64Array,
  at: number,
  width: number,
): void {
  for (let r = 0; r < p; r++) {
    const left = a + r * q;
    const row = at + r * width;
    for (let c = 0; c < p; c++) {
      const right = b + c * q;
      let sum = 0;
      for (let l = 0; l < q; l++) sum += z[left + l]! * z[right + l]!;
      out[row + c]! -= sum;
    }
  }
}

/** Diagonal element j of the Gram matrix whose blocks of n×n lie one after the other. */
function gramDiagonal(gram: Float64Array, j: number, n: number): number {
  const within = j % n;
  return gram[(j - within) * n + within * (n + 1)]!;
}

/** Adds λD² to the diagonals of blocks of n×n. */
function dampDiagonal(blocks: Float64Array, n: number, damping: number, scale: Float64Array): void {
  for (let at = 0, j = 0; at < blocks.length; at += n * n)
    for (let i = 0; i < n; i++) blocks[at + i * (n + 1)]! += damping * scale[j++]! ** 2;
}

/** out += AᵀA of a rows×n block, n×n. */
function addGram(a: Float64Array, at: number, rows: number, n: number, out: Float64Array, to: number): void {
  for (let r = 0; r < rows; r++) {
    const row = at + r * n;
    for (let i = 0; i < n; i++) {
      const factor = a[row + i]!;
      if (factor === 0) continue;
      for (let j = 0; j < n; j++) out[to + i * n + j]! += factor * a[row + j]!;
    }
  }
}

/** out += Aᵀx of a rows×n block. */
function addTransposed(
  a: Float64Array,
  at: number,
  rows: number,
  n: number,
  x: Float64Array,
  from: number,
  out: Float64Array,
  to: number,
): void {
  for (let r = 0; r < rows; r++) {
    const factor = x[from + r]!;
    for (let j = 0; j < n; j++) out[to + j]! += factor * a[at + r * n + j]!;
  }
}

/** out += Ax of a rows×n block. */
function addProduct(
  a: Float64Array,
  at: number,
  rows: number,
  n: number,
  x: Float64Array,
  from: number,
  out: Float64Array,
  to: number,
): void {
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a[at + r * n + j]! * x[from + j]!;
    out[to + r]! += sum;
  }
}

/** out = Ax of a rows×n block. */
function setProduct(
  a: Float64Array,
  at: number,
  rows: number,
  n: number,
  x: Float64Array,
  from: number,
  out: Float64Array,
): void {
  for (let r = 0; r < rows; r++) out[r] = 0;
  addProduct(a, at, rows, n, x, from, out, 0);
}
