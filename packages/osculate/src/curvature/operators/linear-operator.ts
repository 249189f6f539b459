import { type Matrix, matrix, transposeMatrix } from '../../linalg/index.js';
import { dot } from '../../linalg/vectors.js';
import { InputError, ShapeError } from '../../tensor/errors.js';

export type SingleProduct = (v: Float32Array, into: Float32Array) => Promise<void>;

/** A square linear map of flat float64 vectors that is known by its products. */
export interface LinearOperator {
  /** What it is called in messages. */
  readonly name: string;
  /** n of the n x n matrix. */
  readonly size: number;
  /** True where A = Aᵀ is known. */
  readonly symmetric: boolean;
  /** Products with single vectors made so far. */
  readonly applications: number;
  /** A v, a fresh vector. ShapeError when v has another length than `size`. */
  apply(v: Float64Array): Promise<Float64Array>;
  /**
   * A v in single precision, written to `into`, which spares conversions; only where the operator computes in it anyhow. What
   * is not finite is not reported. ShapeError as `apply`.
   */
  readonly applySingle?: SingleProduct;
  /** A V for several vectors, which share work where the operator can. */
  applyBatch(vectors: readonly Float64Array[]): Promise<Float64Array[]>;
  /** Aᵀ; the operator itself when it is symmetric. */
  transpose(): LinearOperator;
  /** Σ Aᵢᵢ, exact. Cost as `diagonal`. */
  trace(): Promise<number>;
  /** Aᵢᵢ, exact: by n products unless the operator knows better. InputError for an n above 4096 that would take those. */
  diagonal(): Promise<Float64Array>;
  /** The matrix, column by column: n products. InputError for n above 4096. */
  toDense(): Promise<Matrix>;
}

export interface OperatorParts {
  /** What it is called in messages. */
  readonly name: string;
  /** n of the n × n matrix. */
  readonly size: number;
  /** A V for several vectors, fresh ones. */
  readonly applyBatch: (vectors: readonly Float64Array[]) => Promise<Float64Array[]>;
  /** A v in single precision, where the operator computes in it. */
  readonly applySingle?: SingleProduct;
  /** Makes the transpose of an operator that is not symmetric. */
  readonly transpose?: () => LinearOperator;
  /** A cheaper diagonal than by n products. */
  readonly diagonal?: () => Promise<Float64Array>;
}

/** Above this a dense matrix or its diagonal by products is a mistake sooner than a wish. */
const largestDense = 4096;
/** Unit vectors that are multiplied at once. */
const together = 64;

/**
 * An operator from its products with batches; all else follows.
 * @example
 * const doubled = linearOperator({
 *   name: 'twice',
 *   size: 2,
 *   applyBatch: async (vectors) => vectors.map((v) => v.map((e) => 2 * e)),
 * });
 * await doubled.apply(Float64Array.of(1, 2)); // [2, 4]
 */
export function linearOperator(parts: OperatorParts): LinearOperator {
  return new ProductOperator(parts);
}

class ProductOperator implements LinearOperator {
  readonly name: string;
  readonly size: number;
  readonly symmetric: boolean;
  readonly applySingle?: SingleProduct;
  applications = 0;

  constructor(private readonly parts: OperatorParts) {
    const { applySingle } = parts;
    if (applySingle) {
      this.applySingle = (v, into) => {
        this.check([v, into]);
        this.applications++;
        return applySingle(v, into);
      };
    }
    this.name = parts.name;
    this.size = parts.size;
    this.symmetric = parts.transpose === undefined;
  }

  async apply(v: Float64Array): Promise<Float64Array> {
    return (await this.applyBatch([v]))[0]!;
  }

  async applyBatch(vectors: readonly Float64Array[]): Promise<Float64Array[]> {
    this.check(vectors);
    this.applications += vectors.length;
    return vectors.length === 0 ? [] : this.parts.applyBatch(vectors);
  }

  transpose(): LinearOperator {
    return this.parts.transpose?.() ?? this;
  }

  async trace(): Promise<number> {
    return (await this.diagonal()).reduce((sum, x) => sum + x, 0);
  }

  async diagonal(): Promise<Float64Array> {
    if (this.parts.diagonal) return this.parts.diagonal();
    const result = new Float64Array(this.size);
    await this.columns('diagonal', (column, j) => {
      result[j] = column[j]!;
    });
    return result;
  }

  async toDense(): Promise<Matrix> {
    const result = matrix(this.size, this.size);
    await this.columns('toDense', (column, j) => {
      for (let i = 0; i < this.size; i++) result.data[i * this.size + j] = column[i]!;
    });
    return result;
  }

  private check(vectors: readonly (Float32Array | Float64Array)[]): void {
    const odd = vectors.findIndex((v) => v.length !== this.size);
    if (odd >= 0) {
      throw new ShapeError(
        `${this.name}: vector ${odd} has ${vectors[odd]!.length} elements and the operator is ${this.size} x ${this.size}`,
      );
    }
  }

  private async columns(what: string, visit: (column: Float64Array, j: number) => void): Promise<void> {
    if (this.size > largestDense) {
      throw new InputError(
        `${what}: "${this.name}" is ${this.size} x ${this.size}, which would take ${this.size} products; use an estimator above ${largestDense}`,
      );
    }
    for (let from = 0; from < this.size; from += together) {
      const units = Array.from({ length: Math.min(together, this.size - from) }, (_, k) => {
        const unit = new Float64Array(this.size);
        unit[from + k] = 1;
        return unit;
      });
      const columns = await this.applyBatch(units);
      columns.forEach((column, k) => void visit(column, from + k));
    }
  }
}

function isSymmetric({ rows: n, data }: Matrix): boolean {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) if (data[i * n + j] !== data[j * n + i]) return false;
  return true;
}

/**
 * A matrix that is there as an operator; symmetric only if its elements are exactly.
 * @throws ShapeError unless it is square.
 * @example
 * const a = denseOperator(matrixFromRows([[4, 1], [1, 3]]));
 * await a.apply(Float64Array.of(1, 1)); // [5, 4]
 */
export function denseOperator(a: Matrix): LinearOperator {
  const { rows: n, columns, data } = a;
  if (n !== columns) throw new ShapeError(`denseOperator takes a square matrix; got ${n} x ${columns}`);
  const rows = Array.from({ length: n }, (_, i) => data.subarray(i * n, (i + 1) * n));
  const multiply = (v: Float64Array): Float64Array => Float64Array.from(rows, (row) => dot(row, v));
  return linearOperator({
    name: 'dense matrix',
    size: n,
    applyBatch: async (vectors) => vectors.map(multiply),
    diagonal: async () => Float64Array.from({ length: n }, (_, i) => data[i * (n + 1)]!),
    ...(!isSymmetric(a) && { transpose: () => denseOperator(transposeMatrix(a)) }),
  });
}
