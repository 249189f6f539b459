import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Matrix } from '../../../src/linalg/index.js';
import { jsKernels } from '../../../src/linalg/kernels/js-kernels.js';
import type { Kernels } from '../../../src/linalg/kernels/kernels.js';
import { defaultKernels, kernelsFor, withMemory } from '../../../src/linalg/kernels/select.js';
import { startWasmKernels } from '../../../src/linalg/kernels/wasm-kernels.js';
import { InputError } from '../../../src/tensor/index.js';
import { at, build, distance, epsilon, product, random, symmetric, transpose } from '../support.js';

afterEach(() => vi.unstubAllGlobals());

/**
 * Every element of y + α·A·x within the bound of any order of summation, (k + 2)·ε·(|y| + |α|·|A|·|x|) on either side
 * (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1): the norm of the result says nothing when it cancels.
 */
function expectRounded(actual: Float64Array, y: Matrix, alpha: number, a: Matrix, x: Matrix): void {
  const absolute = (m: Matrix) => build(m.rows, m.columns, (i, j) => Math.abs(at(m, i, j)));
  const [ax, size] = [product(a, x), product(absolute(a), absolute(x))];
  for (let i = 0; i < y.rows; i++) {
    const expected = at(y, i, 0) + alpha * at(ax, i, 0);
    const bound = 2 * (a.columns + 2) * epsilon * (Math.abs(at(y, i, 0)) + Math.abs(alpha) * at(size, i, 0));
    expect(Math.abs(actual[i]! - expected)).toBeLessThanOrEqual(bound);
  }
}

/** Puts matrices in the kernels' memory at stride columns + pad, runs, and reads the last one back. */
function run(k: Kernels, operands: readonly Matrix[], pad: number, body: (at: number[], ld: number[]) => void): Matrix {
  const strides = operands.map((a) => a.columns + pad);
  const sizes = operands.map((a, i) => a.rows * strides[i]!);
  return withMemory(
    k,
    sizes.reduce((sum, size) => sum + size, 0),
    (start) => {
      const offsets = sizes.map((_, i) => start + sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
      operands.forEach((a, i) => {
        for (let r = 0; r < a.rows; r++) {
          k.heap.set(a.data.subarray(r * a.columns, (r + 1) * a.columns), offsets[i]! + r * strides[i]!);
        }
      });
      body(offsets, strides);
      const [last, stride, offset] = [operands.at(-1)!, strides.at(-1)!, offsets.at(-1)!];
      return build(last.rows, last.columns, (i, j) => k.heap[offset + i * stride + j]!);
    },
  );
}

const sizes = fc.record({
  m: fc.integer({ min: 0, max: 37 }),
  n: fc.integer({ min: 0, max: 37 }),
  k: fc.integer({ min: 0, max: 37 }),
  pad: fc.integer({ min: 0, max: 3 }),
  seed: fc.integer({ min: 0, max: 1000 }),
});

describe.each(['wasm', 'js'] as const)('the %s kernels', (name) => {
  const kernels = kernelsFor({ kernels: name });

  it('have their name', () => expect(kernels.name).toBe(name));

  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('gemm adds alpha op(A) op(B), transposed %s and %s', (transA, transB) => {
    const check = ({ m, n, k, pad, seed }: { m: number; n: number; k: number; pad: number; seed: number }) => {
      const [a, b, c] = [random(m, k, seed), random(k, n, seed + 1), random(m, n, seed + 2)];
      const operands = [transA ? transpose(a) : a, transB ? transpose(b) : b, c];
      const result = run(kernels, operands, pad, ([x, y, z], [ldx, ldy, ldz]) =>
        kernels.gemm(transA, transB, m, n, k, -0.5, x!, ldx!, y!, ldy!, z!, ldz!, false),
      );
      const ab = product(a, b);
      const expected = build(m, n, (i, j) => at(c, i, j) - 0.5 * at(ab, i, j));
      expect(distance(result, expected)).toBeLessThan(40 * epsilon);
    };
    fc.assert(fc.property(sizes, check), { numRuns: 40 });
    check({ m: 101, n: 530, k: 270, pad: 1, seed: 5 });
  });

  it('gemm with lower fills at least the lower triangle', () => {
    const [a, c] = [random(70, 9), random(70, 70, 2)];
    const result = run(kernels, [a, c], 1, ([x, z], [ldx, ldz]) =>
      kernels.gemm(false, true, 70, 70, 9, 1, x!, ldx!, x!, ldx!, z!, ldz!, true),
    );
    const full = product(a, transpose(a));
    const lower = (value: (i: number, j: number) => number) => build(70, 70, (i, j) => (i >= j ? value(i, j) : 0));
    const expected = lower((i, j) => at(c, i, j) + at(full, i, j));
    expect(
      distance(
        lower((i, j) => at(result, i, j)),
        expected,
      ),
    ).toBeLessThan(1e-14);
  });

  it('addGram adds A·Aᵀ on and below the diagonal', () => {
    const check = ({ n, k, pad, seed }: { n: number; k: number; pad: number; seed: number }) => {
      const count = 4 * k;
      const [a, g] = [random(n, count, seed), random(n, n, seed + 1)];
      const result = run(kernels, [a, g], pad, ([x, y], [ldx, ldy]) => kernels.addGram(n, count, x!, ldx!, y!, ldy!));
      const full = product(a, transpose(a));
      const lower = (value: (i: number, j: number) => number) => build(n, n, (i, j) => (i >= j ? value(i, j) : 0));
      const expected = lower((i, j) => at(g, i, j) + at(full, i, j));
      const actual = lower((i, j) => at(result, i, j));
      expect(distance(actual, expected)).toBeLessThan(40 * epsilon);
    };
    fc.assert(fc.property(sizes, check), { numRuns: 60 });
    for (let n = 0; n <= 13; n++) check({ n, k: 16, pad: 1, seed: n });
  });

  it('products of single precision are summed in double precision, and rounded once', () => {
    const check = ({ m, n, pad, seed }: { m: number; n: number; pad: number; seed: number }) => {
      const stride = n + pad;
      withMemory(kernels, 2 * m + (m + 1) * stride, (offset) => {
        const single = new Float32Array(kernels.heap.buffer);
        const at = 2 * (offset + 2 * m);
        const [a, x, c] = [random(m, stride, seed), random(1, n, seed + 1), random(m, 1, seed + 2)];
        single.set(a.data, at);
        single.set(x.data, at + m * stride);
        const [rows, row] = [single.slice(at, at + m * stride), single.slice(at + m * stride, at + m * stride + n)];
        const element = (i: number, j: number) => rows[i * stride + j]!;
        kernels.heap.fill(0.5, offset, offset + m);
        kernels.heap.set(c.data, offset + m);
        kernels.gemvSingle(m, n, at, stride, at + m * stride, offset);
        for (let i = 0; i < m; i++) {
          const expected = row.reduce((sum, v, j) => sum + element(i, j) * v, 0.5);
          expect(Math.abs(kernels.heap[offset + i]! - expected)).toBeLessThan(1e-13);
        }
        kernels.gemvTransposedSingle(m, n, at, stride, offset + m, at + m * stride);
        for (let j = 0; j < n; j++) {
          const expected = c.data.reduce((sum, v, i) => sum + element(i, j) * v, row[j]!);
          const actual = single[at + m * stride + j]!;
          expect(Math.abs(actual - expected)).toBeLessThan(2 ** -24 * Math.abs(expected) + 1e-13);
        }
      });
    };
    fc.assert(fc.property(sizes, check), { numRuns: 40 });
  });

  it('products of a matrix and a vector agree with their definition', () => {
    fc.assert(
      fc.property(sizes, ({ m, n, pad, seed }) => {
        const [a, x, y] = [random(m, n, seed), random(n, 1, seed + 1), random(m, 1, seed + 2)];
        const forward = run(
          kernels,
          [a, build(1, n, (_, j) => x.data[j]!), build(1, m, (_, j) => y.data[j]!)],
          pad,
          ([p, q, r], [ld]) => kernels.gemv(m, n, 2, p!, ld!, q!, r!),
        );
        expectRounded(forward.data, y, 2, a, x);
        const back = run(
          kernels,
          [a, build(1, m, (_, j) => y.data[j]!), build(1, n, (_, j) => x.data[j]!)],
          pad,
          ([p, q, r], [ld]) => kernels.gemvTransposed(m, n, 2, p!, ld!, q!, r!),
        );
        expectRounded(back.data, x, 2, transpose(a), y);
        const s = symmetric(n, seed);
        const lower = build(n, n, (i, j) => (i >= j ? at(s, i, j) : 1e9));
        const image = run(
          kernels,
          [lower, build(1, n, (_, j) => x.data[j]!), build(1, n, () => 1)],
          pad,
          ([p, q, r], [ld]) => kernels.symv(n, -1, p!, ld!, q!, r!),
        );
        expectRounded(
          image.data,
          build(n, 1, () => 1),
          -1,
          s,
          x,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('vector kernels agree with their definition', () => {
    for (const n of [0, 1, 2, 3, 5, 8, 13, 16, 31]) {
      const [x, y] = [random(1, n, 4), random(1, n, 5)];
      const [c, s] = [0.6, 0.8];
      let dot = Number.NaN;
      const sum = run(kernels, [x, y], 0, ([p, q]) => {
        dot = kernels.dot(n, p!, q!);
        kernels.axpy(n, 3, p!, q!);
      });
      expect(Math.abs(dot - x.data.reduce((total, value, i) => total + value * y.data[i]!, 0))).toBeLessThan(1e-14);
      expect(
        distance(
          sum.data,
          y.data.map((value, i) => value + 3 * x.data[i]!),
        ),
      ).toBeLessThan(1e-15);
      const second = run(kernels, [x, y], 0, ([p, q]) => kernels.rotate(n, p!, q!, c, s));
      expect(
        distance(
          second.data,
          y.data.map((value, i) => c * value - s * x.data[i]!),
        ),
      ).toBeLessThan(1e-15);
      const first = run(kernels, [y, x], 0, ([p, q]) => kernels.rotate(n, q!, p!, c, s));
      expect(
        distance(
          first.data,
          x.data.map((value, i) => c * value + s * y.data[i]!),
        ),
      ).toBeLessThan(1e-15);
    }
  });

  it('triangular kernels invert a product', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        ({ m: n, n: columns, pad, seed }, unit, upper, transposed) => {
          const t = random(n, n, seed);
          const inUse = build(n, n, (i, j) => {
            if (i === j) return unit ? 1 : 3 + Math.abs(at(t, i, j));
            return (upper ? j > i : j < i) ? at(t, i, j) / n : 0;
          });
          const stored = build(n, n, (i, j) => {
            const [r, s] = transposed ? [j, i] : [i, j];
            return r === s && unit ? 99 : at(inUse, r, s);
          });
          const x = random(n, columns, seed + 1);
          const solved = run(kernels, [stored, product(inUse, x)], pad, ([p, q], [ldt, ldb]) =>
            kernels.solveLeft(n, columns, p!, transposed ? 1 : ldt!, transposed ? ldt! : 1, unit, upper, q!, ldb!),
          );
          expect(distance(solved, x)).toBeLessThan(1e-13);
          if (upper || unit) return;
          const right = run(kernels, [inUse, product(transpose(x), transpose(inUse))], pad, ([p, q], [ldt, ldb]) =>
            kernels.solveRightLowerTransposed(columns, n, p!, ldt!, q!, ldb!),
          );
          expect(distance(right, transpose(x))).toBeLessThan(1e-13);
        },
      ),
      { numRuns: 80 },
    );
  });

  it('give memory back and keep what lies below', () => {
    const low = kernels.allocate(3);
    kernels.heap.set([1, 2, 3], low);
    const high = kernels.allocate(20_000_000);
    kernels.heap[high + 19_999_999] = 5;
    kernels.release(high);
    expect(Array.from(kernels.heap.subarray(low, low + 3))).toEqual([1, 2, 3]);
    kernels.release(low);
    const after = kernels.allocate(1);
    expect([after, kernels.heap.length < 20_000_000]).toEqual([low, true]);
    kernels.release(after);
  });
});

describe('the choice of kernels', () => {
  it('is WebAssembly where there is SIMD', () => {
    expect(defaultKernels()).toBe('wasm');
    expect(kernelsFor({}).name).toBe('wasm');
    expect(kernelsFor({ kernels: 'js' })).toBe(jsKernels);
  });

  it('is plain code in a host without WebAssembly or where compiling is forbidden, and says so when asked for more', async () => {
    class Forbidden {
      constructor() {
        throw new Error('refused by the content security policy');
      }
    }
    for (const host of [undefined, { Module: Forbidden, Instance: Forbidden }]) {
      vi.stubGlobal('WebAssembly', host);
      expect(startWasmKernels()).toBeUndefined();
      vi.resetModules();
      const fresh = await import('../../../src/linalg/kernels/select.js');
      expect([fresh.defaultKernels(), fresh.kernelsFor({}).name]).toEqual(['js', 'js']);
      expect(() => fresh.kernelsFor({ kernels: 'wasm' })).toThrow(/no WebAssembly SIMD/);
    }
  });

  it('refuses more memory than the host gives, and goes on working', () => {
    const k = kernelsFor({ kernels: 'wasm' });
    expect(() => k.allocate(2 ** 31)).toThrow(InputError);
    const offset = k.allocate(4);
    expect(k.heap[offset]).toBeTypeOf('number');
    k.release(offset);
  });
});
