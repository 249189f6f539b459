/**
 * Dense linear algebra against SciPy (LAPACK on OpenBLAS, one thread), interleaved in one run; ratios of medians. Results go to
 * memory in use already: NumPy's allocator hands out what it has just freed, JavaScript's fresh pages, which some hosts are slow to map.
 *
 * Usage: node benchmarks/linalg.mjs [rounds] [case,…]   (needs `npm run build`; SciPy: PYTHON or /usr/bin/python3 with scipy)
 */
import {
  cholesky,
  defaultKernels,
  matrix,
  multiply,
  orthogonalFactor,
  qr,
  svd,
  symmetricEigen,
  transposeMatrix,
  upperFactor,
} from 'osculate/linalg';
import { generator } from 'osculate/tensor';
import { peer } from './peer.mjs';

const rounds = Number(process.argv[2] ?? 7);
const repeats = 3;

/** @typedef {import('osculate/linalg').Matrix} Matrix */

/** @param {number} n */
function normal(n) {
  const g = generator(0);
  return matrix(
    n,
    n,
    Float64Array.from({ length: n * n }, () => g.normal()),
  );
}

/** @param {number} n */
function definite(n) {
  const a = normal(n);
  const product = multiply(a, a, { transposeB: true });
  for (let i = 0; i < n; i++) product.data[i * (n + 1)] += n;
  return product;
}

/** @param {number} n */
function symmetric(n) {
  const a = normal(n);
  const b = transposeMatrix(a);
  return matrix(
    n,
    n,
    a.data.map((value, i) => value + b.data[i]),
  );
}

/** @param {number} n */
const into = (n) => ({ into: matrix(n, n) });
const [small, other, large] = [into(512), into(512), into(1024)];

/** The bar is the most that the time may be, as a multiple of SciPy's. */
const table = [
  { name: 'multiply', n: 512, make: normal, run: (/** @type {Matrix} */ a) => multiply(a, a, small) },
  { name: 'cholesky', n: 1024, make: definite, run: (/** @type {Matrix} */ a) => cholesky(a, large), bar: 3 },
  { name: 'eigh', n: 512, make: symmetric, run: (/** @type {Matrix} */ a) => symmetricEigen(a, small), bar: 5 },
  {
    name: 'qr',
    n: 512,
    make: normal,
    run: (/** @type {Matrix} */ a) => {
      const factors = qr(a, small);
      return [orthogonalFactor(factors, other), upperFactor(factors)];
    },
    bar: 4,
  },
  { name: 'svd', n: 256, make: normal, run: (/** @type {Matrix} */ a) => svd(a) },
];

/** @param {number[]} values */
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** @param {() => unknown} body */
function timed(body) {
  return Array.from({ length: repeats }, () => {
    const start = performance.now();
    body();
    return performance.now() - start;
  });
}

const names = process.argv[3]?.split(',') ?? table.map(({ name }) => name);
const lapack = peer('peer_scipy.py', { env: { OPENBLAS_NUM_THREADS: '1' } });
console.log(`kernels: ${defaultKernels()}`);
console.log('case       order   osculate ms   SciPy ms   ratio   bar');
for (const { name, n, make, run, bar } of table.filter((row) => names.includes(row.name))) {
  const a = make(n);
  timed(() => run(a));
  await lapack.ask(`${name} ${n} 2`);
  /** @type {[number[], number[]]} */
  const samples = [[], []];
  for (let round = 0; round < rounds; round++) {
    samples[0].push(...timed(() => run(a)));
    samples[1].push(...(await lapack.ask(`${name} ${n} ${repeats}`)));
  }
  const [mine, theirs] = samples.map(median);
  console.log(
    `${name.padEnd(10)} ${String(n).padStart(5)} ${mine.toFixed(1).padStart(13)} ${theirs.toFixed(1).padStart(10)}` +
      ` ${(mine / theirs).toFixed(2).padStart(7)} ${bar ? String(bar).padStart(5) : ''}`,
  );
}
lapack.end();
