import { euclideanNorm, matrix, symmetricEigen } from '../../linalg/index.js';
import { axpy, dot, scale } from '../../linalg/krylov/vectors.js';
import { InputError } from '../../tensor/errors.js';
import type { Generator } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { projectOut } from './orthonormal.js';
import { drawProbe } from './probes.js';
import type { Eigenpairs, SpectrumEnd } from './ritz-pairs.js';

interface Settings {
  readonly generator: Generator;
  readonly count: number;
  readonly which: SpectrumEnd;
  readonly tolerance: number;
  readonly maxApplications: number;
  /** Vectors that are kept at most, above `count`. */
  readonly basis: number;
}

/** Below this fraction of ‖A v‖ what remains after orthogonalisation is rounding error. */
const NEGLIGIBLE = 2 ** -48;
/** A pass that leaves more than this fraction of a vector has left it orthogonal to working precision (Daniel et al. 1976). */
const ENOUGH = Math.SQRT1_2;
/** Elements of all vectors that are combined at once. */
const STRIP = 512;

/** V, H = VᵀA V, and the next vector with its coupling to the last: A V = V H + coupling · next · eᵀ. */
class Basis {
  readonly vectors: Float64Array[] = [];
  readonly projected: Float64Array;
  next: Float64Array;
  coupling = 0;
  /** What the recurrence says of the next product's parts along the vectors. */
  private readonly expected: Float64Array;

  constructor(
    private readonly operator: LinearOperator,
    private readonly limit: number,
    private readonly random: Generator,
  ) {
    this.projected = new Float64Array(limit * limit);
    this.expected = new Float64Array(limit);
    this.next = this.fresh();
  }

  /** One product: takes the next vector in, and finds the one after it. */
  async grow(): Promise<void> {
    const w = await this.operator.apply(this.next);
    const length = euclideanNorm(w);
    if (!(length < Infinity)) throw new InputError(`eigenpairs: a product with "${this.operator.name}" is not finite`);
    const j = this.vectors.push(this.next) - 1;
    const left = this.takeOut(w, j);
    this.expected.fill(0);
    this.coupling = left > NEGLIGIBLE * length ? left : 0;
    if (this.coupling > 0) {
      scale(1 / left, w);
      this.next = w;
      this.expected[j] = left;
    } else if (this.vectors.length < this.operator.size) this.next = this.fresh();
  }

  /**
   * Takes out of w, the product with vector j, its parts along the basis; they are column j of the projected matrix. The recurrence
   * tells most of them beforehand, so one pass over the basis corrects rounding alone; another follows where that took much away.
   */
  private takeOut(w: Float64Array, j: number): number {
    const column = this.expected.slice();
    for (const [i, v] of this.vectors.entries()) if (column[i] !== 0) axpy(-column[i]!, v, w);
    column[j]! += dot(this.vectors[j]!, w);
    axpy(-column[j]!, this.vectors[j]!, w);
    let before = Infinity;
    let left = euclideanNorm(w);
    for (let pass = 0; pass < 3 && left < ENOUGH * before; pass++) {
      for (const [i, v] of this.vectors.entries()) {
        const along = dot(v, w);
        column[i]! += along;
        axpy(-along, v, w);
      }
      before = left;
      left = euclideanNorm(w);
    }
    for (let i = 0; i <= j; i++) {
      this.projected[i * this.limit + j] = column[i]!;
      this.projected[j * this.limit + i] = column[i]!;
    }
    return left;
  }

  /** Ritz pairs with the wanted first. */
  ritz(which: SpectrumEnd) {
    const size = this.vectors.length;
    const h = matrix(size, size);
    for (let i = 0; i < size; i++) {
      h.data.set(this.projected.subarray(i * this.limit, i * this.limit + size), i * size);
    }
    const { values, vectors } = symmetricEigen(h);
    const order = Array.from(values.keys());
    if (which === 'largest') order.reverse();
    if (which === 'magnitude') order.sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!));
    return {
      values: Float64Array.from(order, (k) => values[k]!),
      coefficients: order.map((k) => Float64Array.from({ length: size }, (_, i) => vectors.data[i * size + k]!)),
      spread: Math.max(Math.abs(values[0]!), Math.abs(values[size - 1]!)),
    };
  }

  /** Replaces the vectors by combinations of them, in place. */
  combine(coefficients: readonly Float64Array[]): void {
    const strip = new Float64Array(STRIP);
    const old = this.vectors.map(() => new Float64Array(STRIP));
    for (let from = 0; from < this.operator.size; from += STRIP) {
      const size = Math.min(STRIP, this.operator.size - from);
      this.vectors.forEach((v, i) => void old[i]!.set(v.subarray(from, from + size)));
      coefficients.forEach((c, k) => {
        strip.fill(0);
        old.forEach((part, i) => void axpy(c[i]!, part, strip));
        this.vectors[k]!.set(strip.subarray(0, size), from);
      });
    }
    this.vectors.length = coefficients.length;
  }

  /** Goes on with the given Ritz pairs as the basis. */
  restart(values: Float64Array, coefficients: readonly Float64Array[]): void {
    const last = this.vectors.length - 1;
    this.combine(coefficients);
    this.projected.fill(0);
    this.expected.fill(0);
    coefficients.forEach((c, k) => {
      this.projected[k * (this.limit + 1)] = values[k]!;
      this.expected[k] = this.coupling * c[last]!;
    });
  }

  /** A random unit vector orthogonal to the basis. */
  private fresh(): Float64Array {
    const v = projectOut(this.vectors, drawProbe(this.operator.size, 'normal', this.random));
    scale(1 / euclideanNorm(v), v);
    return v;
  }
}

/**
 * Extreme eigenpairs by Lanczos with thick restarts (Wu and Simon 2000) and full reorthogonalisation: when the basis is full it is
 * replaced by its best Ritz vectors, which lose nothing of what was found. Keeps `basis` vectors and two more.
 */
export async function thickRestartLanczos(operator: LinearOperator, settings: Settings): Promise<Eigenpairs> {
  const { count, which, tolerance, maxApplications } = settings;
  const limit = Math.min(settings.basis, operator.size);
  const basis = new Basis(operator, limit, settings.generator);
  for (let applications = 1; ; applications++) {
    await basis.grow();
    const size = basis.vectors.length;
    const spent = applications >= maxApplications;
    if (size < count || (size < limit && basis.coupling === 0 && !spent)) continue;
    const { values, coefficients, spread } = basis.ritz(which);
    const residuals = Float64Array.from(coefficients.slice(0, count), (c) => basis.coupling * Math.abs(c[size - 1]!));
    const converged = residuals.every((r) => r <= tolerance * spread);
    if (converged || spent) {
      basis.combine(coefficients.slice(0, count));
      const status = converged ? 'converged' : 'budget';
      return { status, values: values.slice(0, count), vectors: basis.vectors, residuals, applications };
    }
    if (size < limit) continue;
    const kept = Math.min(limit - 1, count + Math.floor((limit - count) / 2));
    basis.restart(values, coefficients.slice(0, kept));
  }
}
