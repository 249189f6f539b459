import type { KernelName, Matrix } from '../../src/linalg/index.js';
import { type Generator, generator } from '../../src/tensor/index.js';

/** Both implementations of the kernels; every dense test runs on each. */
export const kernelNames: readonly KernelName[] = ['wasm', 'js'];

export const epsilon = 2 ** -52;

export function build(rows: number, columns: number, element: (i: number, j: number) => number): Matrix {
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[i * columns + j] = element(i, j);
  return { rows, columns, data };
}

export const at = ({ columns, data }: Matrix, i: number, j: number): number => data[i * columns + j]!;

/** A B by the definition, in plain loops, so that no tested code checks itself. */
export function product(a: Matrix, b: Matrix): Matrix {
  const out = build(a.rows, b.columns, () => 0);
  for (let i = 0; i < a.rows; i++) {
    for (let l = 0; l < a.columns; l++) {
      const value = at(a, i, l);
      for (let j = 0; j < b.columns; j++) out.data[i * b.columns + j]! += value * at(b, l, j);
    }
  }
  return out;
}

export const transpose = (a: Matrix): Matrix => build(a.columns, a.rows, (i, j) => at(a, j, i));

export const identity = (n: number): Matrix => build(n, n, (i, j) => (i === j ? 1 : 0));

export const diagonal = (values: ArrayLike<number>): Matrix =>
  build(values.length, values.length, (i, j) => (i === j ? values[i]! : 0));

/** The Frobenius norm, scaled against over- and underflow. */
export function norm(data: ArrayLike<number>): number {
  let scale = 0;
  for (let i = 0; i < data.length; i++) scale = Math.max(scale, Math.abs(data[i]!));
  if (scale === 0) return 0;
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i]! / scale) ** 2;
  return scale * Math.sqrt(sum);
}

/** ‖A − B‖ / ‖B‖, or ‖A‖ when B is zero. NaN counts as ∞. */
export function distance(a: Matrix | Float64Array, b: Matrix | Float64Array): number {
  const [x, y] = [a, b].map((side) => (side instanceof Float64Array ? side : side.data)) as [
    Float64Array,
    Float64Array,
  ];
  if (x.length !== y.length) return Infinity;
  const difference = norm(x.map((value, i) => value - y[i]!)) / (norm(y) || 1);
  return Number.isNaN(difference) ? Infinity : difference;
}

/** ‖QᵀQ − I‖. */
export const orthogonalityError = (q: Matrix): number => {
  const gram = product(transpose(q), q);
  return norm(gram.data.map((value, i) => value - (i % (q.columns + 1) === 0 ? 1 : 0)));
};

export function random(rows: number, columns: number, seed = 1): Matrix {
  const g = generator(seed);
  return build(rows, columns, () => g.normal());
}

export function randomVector(n: number, g: Generator = generator(7)): Float64Array {
  return Float64Array.from({ length: n }, () => g.normal());
}

export const symmetric = (n: number, seed = 2): Matrix => {
  const a = random(n, n, seed);
  return build(n, n, (i, j) => at(a, i, j) + at(a, j, i));
};

/** An orthogonal matrix: the product of a few reflections. */
export function orthogonal(n: number, seed = 3): Matrix {
  const g = generator(seed);
  let q = identity(n);
  for (let r = 0; r < 3; r++) {
    const v = Float64Array.from({ length: n }, () => g.normal());
    const square = v.reduce((sum, value) => sum + value * value, 0);
    q = product(
      build(n, n, (i, j) => (i === j ? 1 : 0) - (2 * v[i]! * v[j]!) / square),
      q,
    );
  }
  return q;
}

/** Q diag(values) Qᵀ, symmetric to the last bit. */
export function withSpectrum(values: ArrayLike<number>, seed = 3): Matrix {
  const q = orthogonal(values.length, seed);
  const a = product(product(q, diagonal(values)), transpose(q));
  return build(a.rows, a.columns, (i, j) => (at(a, i, j) + at(a, j, i)) / 2);
}

export const spread = (n: number, decades: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => 10 ** (-decades * (i / Math.max(1, n - 1))));

export const scaled = (a: Matrix, factor: number): Matrix => ({ ...a, data: a.data.map((value) => value * factor) });

/** x ↦ A x for the Krylov methods. */
export const operatorOf =
  (a: Matrix) =>
  (v: Float64Array, out: Float64Array): void => {
    for (let i = 0; i < a.rows; i++) {
      let sum = 0;
      for (let j = 0; j < a.columns; j++) sum += at(a, i, j) * v[j]!;
      out[i] = sum;
    }
  };

export const asyncOperatorOf =
  (a: Matrix) =>
  async (v: Float64Array): Promise<Float64Array> => {
    const out = new Float64Array(a.rows);
    operatorOf(a)(v, out);
    return out;
  };

export const asColumn = (data: Float64Array): Matrix => ({ rows: data.length, columns: 1, data });

/** [[2, −1], [−1, 2, −1], …], whose eigenvalues are 2 − 2 cos(jπ / (n + 1)). */
export const toeplitz = (n: number): Matrix => build(n, n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0));

export const toeplitzEigenvalues = (n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, j) => 4 * Math.sin(((j + 1) * Math.PI) / (2 * (n + 1))) ** 2);

export const hilbert = (n: number): Matrix => build(n, n, (i, j) => 1 / (i + j + 1));

/** Symmetric matrices of every difficult kind. */
export const symmetricCases: readonly { readonly name: string; readonly a: Matrix }[] = [
  { name: '0 x 0', a: identity(0) },
  { name: '1 x 1', a: build(1, 1, () => -3) },
  { name: '2 x 2', a: build(2, 2, (i, j) => (i === j ? 0 : 1)) },
  { name: 'zero', a: build(5, 5, () => 0) },
  { name: 'identity', a: identity(40) },
  { name: 'random of order 33', a: symmetric(33) },
  { name: 'random of order 97', a: symmetric(97) },
  { name: 'definite, condition 1e14', a: withSpectrum(spread(70, 14)) },
  { name: 'graded rows and columns', a: build(50, 50, (i, j) => 10 ** (-(i + j) / 4) * (i === j ? 1 : 0.3)) },
  { name: 'graded the other way', a: build(50, 50, (i, j) => 10 ** ((i + j - 98) / 4) * (i === j ? 1 : 0.3)) },
  { name: 'of rank 3', a: withSpectrum(Float64Array.from({ length: 60 }, (_, i) => (i < 3 ? i + 1 : 0))) },
  {
    name: 'with three distinct eigenvalues',
    a: withSpectrum(Float64Array.from({ length: 64 }, (_, i) => (i % 3) - 1)),
  },
  { name: 'with clusters', a: withSpectrum(Float64Array.from({ length: 80 }, (_, i) => 1 + (i % 4) + i * 1e-15)) },
  { name: 'Hilbert', a: hilbert(45) },
  { name: 'second difference', a: toeplitz(90) },
  { name: 'Wilkinson', a: build(41, 41, (i, j) => (i === j ? Math.abs(20 - i) : Math.abs(i - j) === 1 ? 1 : 0)) },
  { name: 'scaled by 1e300', a: scaled(symmetric(40), 1e300) },
  { name: 'scaled by 1e-300', a: scaled(symmetric(40), 1e-300) },
];

export const nonFiniteValues = [Number.NaN, Infinity, -Infinity];

/** A with one element replaced. */
export function withElement(a: Matrix, i: number, j: number, value: number): Matrix {
  const data = a.data.slice();
  data[i * a.columns + j] = value;
  return { ...a, data };
}

/** An operator whose every product is broken in the same way. */
export const filledWith =
  (value: number) =>
  (_: Float64Array, out: Float64Array): void => {
    out.fill(value);
  };

/** log det(L Lᵀ) = 2 Σ log lᵢᵢ of a Cholesky factor. */
export function choleskyLogDeterminant({ rows, data }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += Math.log(data[i * (rows + 1)]!);
  return 2 * sum;
}
