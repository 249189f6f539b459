import { matrix, symmetricEigen } from '../../linalg/index.js';
import { combine, type LongVector, partsAlong, takeOut } from '../../linalg/krylov/long-vectors.js';
import { InputError } from '../../tensor/errors.js';
import type { Generator } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { drawProbe } from './estimate.js';

/** Which eigenpairs, the wanted one first: 'magnitude' by |λ|. */
export type SpectrumEnd = 'largest' | 'smallest' | 'magnitude';

/** Eigenvalues with their eigenvectors, and how well they are known. */
export interface Eigenpairs {
  /** 'budget': the products are used up, and `residuals` say how good the pairs are. 'stalled': rounding keeps them from the tolerance. */
  readonly status: 'converged' | 'budget' | 'stalled';
  /** The eigenvalues, the wanted one first. */
  readonly values: Float64Array;
  /** Orthonormal, in the order of the values. */
  readonly vectors: readonly Float64Array[];
  /** ‖A x − λ x‖ of each pair, as the method tracks it: there is an eigenvalue within that, and the rounding of the products, of λ. */
  readonly residuals: Float64Array;
  /** Products of the operator with single vectors that it took. */
  readonly applications: number;
}

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
const negligible = { single: 2 ** -20, double: 2 ** -48 };
/** A pass that leaves more than this fraction of a vector has left it orthogonal to working precision (Daniel et al. 1976). */
const enough = Math.SQRT1_2;
/** What vectors in single precision allow, as products do that are computed in it. */
const singleAccuracy = 1e-6;

/** V, H = VᵀA V, and the next vector with its coupling to the last: A V = V H + coupling · next · eᵀ. */
class Basis {
  readonly vectors: LongVector[] = [];
  readonly projected: Float64Array;
  next: LongVector;
  coupling = 0;
  /** What the recurrence says of the next product's parts along the vectors. */
  private readonly expected: Float64Array;
  /** Vectors that are no longer needed, for the next products. */
  private readonly spare: LongVector[] = [];

  constructor(
    private readonly operator: LinearOperator,
    private readonly limit: number,
    private readonly random: Generator,
    private readonly single: boolean,
  ) {
    this.projected = new Float64Array(limit * limit);
    this.expected = new Float64Array(limit);
    this.next = this.fresh();
  }

  /** One product: takes the next vector in, and finds the one after it. */
  async grow(): Promise<void> {
    const w = await this.product(this.next);
    const j = this.vectors.push(this.next) - 1;
    const parts = partsAlong([this.next, w], w);
    const [along, square] = [parts[0]!, parts[1]!];
    const length = Math.sqrt(square);
    if (!(length < Infinity)) throw new InputError(`eigenpairs: a product with "${this.operator.name}" is not finite`);
    const left = this.takeOut(w, j, along);
    this.expected.fill(0);
    this.coupling = left > negligible[this.single ? 'single' : 'double'] * length ? left : 0;
    if (this.coupling > 0) {
      scaleLong(1 / left, w);
      this.next = w;
      this.expected[j] = left;
    } else if (this.vectors.length < this.operator.size) this.next = this.fresh();
  }

  private async product(v: LongVector): Promise<LongVector> {
    if (!this.single) return this.operator.apply(v as Float64Array);
    const w = (this.spare.pop() as Float32Array | undefined) ?? new Float32Array(this.operator.size);
    await this.operator.applySingle!(v as Float32Array, w);
    return w;
  }

  /**
   * Takes out of w, the product with vector j, its parts along the basis; they are column j of the projected matrix. The recurrence
   * tells most of them beforehand, so one pass over the basis corrects rounding alone; another follows where that took much away.
   */
  private takeOut(w: LongVector, j: number, along: number): number {
    const column = this.expected.slice();
    column[j]! += along;
    const known = Array.from(this.vectors.keys()).filter((i) => column[i] !== 0);
    let before = Infinity;
    let left = Math.sqrt(
      takeOut(
        known.map((i) => this.vectors[i]!),
        Float64Array.from(known, (i) => column[i]!),
        w,
      ),
    );
    for (let pass = 0; pass < 3 && left < enough * before; pass++) {
      const parts = partsAlong(this.vectors, w);
      parts.forEach((part, i) => {
        column[i]! += part;
      });
      before = left;
      left = Math.sqrt(takeOut(this.vectors, parts, w));
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
    combine(this.vectors, coefficients, this.vectors.slice(0, coefficients.length));
    this.spare.push(...this.vectors.splice(coefficients.length));
  }

  /** Combinations of the vectors, which are given up, orthonormal in double precision. */
  finish(coefficients: readonly Float64Array[]): Float64Array[] {
    this.combine(coefficients);
    if (!this.single) return this.vectors as Float64Array[];
    this.spare.length = 0;
    const found: Float64Array[] = [];
    for (const [k, v] of this.vectors.entries()) {
      const wide = new Float64Array(v);
      scaleLong(
        1 / Math.sqrt(k === 0 ? partsAlong([wide], wide)[0]! : takeOut(found, partsAlong(found, wide), wide)),
        wide,
      );
      found.push(wide);
    }
    return found;
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
  private fresh(): LongVector {
    const drawn = drawProbe(this.operator.size, 'normal', this.random);
    const v = this.single ? new Float32Array(drawn) : drawn;
    for (let pass = 0; pass < 2; pass++) {
      const square =
        this.vectors.length === 0 ? partsAlong([v], v)[0]! : takeOut(this.vectors, partsAlong(this.vectors, v), v);
      scaleLong(1 / Math.sqrt(square), v);
    }
    return v;
  }
}

function scaleLong(alpha: number, v: LongVector): void {
  for (let i = 0; i < v.length; i++) v[i] = v[i]! * alpha;
}

/**
 * Extreme eigenpairs by Lanczos with thick restarts (Wu and Simon 2000) and full reorthogonalisation: when the basis is full it is
 * replaced by its best Ritz vectors, which lose nothing of what was found. Keeps `basis` vectors and one more, in single precision where the
 * operator computes in it and the tolerance is 1e-6 or more.
 */
export async function thickRestartLanczos(operator: LinearOperator, settings: Settings): Promise<Eigenpairs> {
  const { count, which, tolerance, maxApplications } = settings;
  const limit = Math.min(settings.basis, operator.size);
  const single = operator.applySingle !== undefined && tolerance >= singleAccuracy;
  const basis = new Basis(operator, limit, settings.generator, single);
  for (let applications = 1; ; applications++) {
    await basis.grow();
    const size = basis.vectors.length;
    const spent = applications >= maxApplications;
    if (size < count || (size < limit && basis.coupling === 0 && !spent)) continue;
    const { values, coefficients, spread } = basis.ritz(which);
    const residuals = Float64Array.from(coefficients.slice(0, count), (c) => basis.coupling * Math.abs(c[size - 1]!));
    const converged = residuals.every((r) => r <= tolerance * spread);
    if (converged || spent) {
      const vectors = basis.finish(coefficients.slice(0, count));
      const status = converged ? 'converged' : 'budget';
      return { status, values: values.slice(0, count), vectors, residuals, applications };
    }
    if (size < limit) continue;
    const kept = Math.min(limit - 1, count + Math.floor((limit - count) / 2));
    basis.restart(values, coefficients.slice(0, kept));
  }
}
