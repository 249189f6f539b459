import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Operand, runElementwise, squaresByFour } from '../../../src/linalg/kernels/elementwise.js';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** The update of one element in double precision: new p and new state, from the settings in the kernel's order. */
type Update = (g: number, p: number, state: readonly number[], settings: readonly number[]) => readonly number[];

const updates = {
  adamSingle: (gradient, p, [m0, v0], [coupled, b1, c1, b2, c2, shrink, step, correction, epsilon]) => {
    const g = gradient + coupled! * p;
    const m = b1! * m0! + c1! * g;
    const v = b2! * v0! + c2! * g * g;
    return [shrink! * p - (step! * m) / (Math.sqrt(v) * correction! + epsilon!), m, v];
  },
  nadamSingle: (gradient, p, [m0, v0], [decay, b1, c1, b2, c2, rate, a, b, correction, epsilon]) => {
    const g = gradient + decay! * p;
    const m = b1! * m0! + c1! * g;
    const v = b2! * v0! + c2! * g * g;
    return [p - (rate! * (a! * g + b! * m)) / (Math.sqrt(v) * correction! + epsilon!), m, v];
  },
  rmspropSingle: (gradient, p, [s0, b0], [decay, keep, take, momentum, epsilon, rate]) => {
    const g = gradient + decay! * p;
    const s = keep! * s0! + take! * g * g;
    const b = momentum! * b0! + g / (Math.sqrt(s) + epsilon!);
    return [p - rate! * b, s, b];
  },
  adagradSingle: (gradient, p, [s0], [decay, rate, epsilon]) => {
    const g = gradient + decay! * p;
    const s = s0! + g * g;
    return [p - (rate! * g) / (Math.sqrt(s) + epsilon!), s];
  },
} satisfies Record<string, Update>;

const names = Object.keys(updates) as (keyof typeof updates)[];
const states = { adamSingle: 2, nadamSingle: 2, rmspropSingle: 2, adagradSingle: 1 };
const settingsOf = {
  adamSingle: [0, 0.9, 1 - 0.9, 0.999, 1 - 0.999, 1, 1e-3, 14.2, 1e-8],
  nadamSingle: [0.01, 0.9, 1 - 0.9, 0.999, 1 - 0.999, 2e-3, 0.55, 0.3, 14.2, 1e-8],
  rmspropSingle: [0.01, 0.99, 1 - 0.99, 0.5, 1e-8, 0.01],
  adagradSingle: [0.01, 0.01, 1e-10],
};

/** Ordinary numbers among zeros of both signs, denormals, the largest floats, infinities and NaN. */
const float = fc.oneof(
  fc.float({ min: -2, max: 2, noNaN: true }),
  fc.float(),
  fc.constantFrom(0, -0, 2 ** -149, -(2 ** -140), 2 ** 127, Infinity, -Infinity, NaN),
);

const setting = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, 1e-300, 1e300));

/** Compares a run with the update of each element, and with nothing outside the stretch being touched. */
function expectUpdates(
  name: keyof typeof updates,
  vectors: readonly Float32Array[],
  [from, to]: readonly [number, number],
  settings: readonly number[],
): void {
  const [gradient, p, ...state] = vectors as [Float32Array, Float32Array, ...Float32Array[]];
  const outcome = [p, ...state].map((v) => v.map(() => 7));
  const before = vectors.map((v) => v.slice());
  const operands: Operand[] = [{ read: gradient }, ...[p, ...state].map((read, k) => ({ read, write: outcome[k]! }))];
  expect(runElementwise(name, [from, to], operands, settings)).toBe(true);
  const expected = outcome.map((v) => v.map(() => 7));
  const update: Update = updates[name];
  for (let i = from; i < to; i++) {
    const own = state.map((v) => v[i]!);
    for (const [k, value] of update(gradient[i]!, p[i]!, own, settings).entries()) expected[k]![i] = value;
  }
  // Bit for bit but for which NaN it is: vitest's equality of numbers is Object.is.
  for (const [k, v] of outcome.entries()) expect([...v]).toEqual([...expected[k]!]);
  expect(vectors).toEqual(before);
}

describe.each(names)('%s', (name) => {
  it('is the update in double precision, each value rounded once', () => {
    const { length } = settingsOf[name];
    const vectors = fc.integer({ min: 0, max: 21 }).chain((n) =>
      fc.array(fc.array(float, { minLength: n, maxLength: n }), { minLength: 4, maxLength: 4 }).map((rows) => ({
        n,
        vectors: rows.slice(0, 2 + states[name]).map((row) => Float32Array.from(row)),
      })),
    );
    const random = fc.record({
      made: vectors,
      offset: fc.integer({ min: 0, max: 9 }),
      cut: fc.integer({ min: 0, max: 9 }),
      settings: fc.oneof(fc.constant(settingsOf[name]), fc.array(setting, { minLength: length, maxLength: length })),
    });
    const check = ({
      made: { n, vectors },
      offset,
      cut,
      settings,
    }: typeof random extends fc.Arbitrary<infer T> ? T : never) => {
      const from = Math.min(offset, n);
      expectUpdates(name, vectors, [from, Math.max(from, n - cut)], settings);
    };
    fc.assert(fc.property(random, check), { numRuns: 300 });
  });

  it.each([4095, 4096, 4097, 8192, 12_301])('goes on over the ends of blocks, %i elements', (n) => {
    let seed = n;
    const next = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32;
    };
    const vectors = Array.from({ length: 2 + states[name] }, (_, k) =>
      Float32Array.from({ length: n + 5 }, () => (k < 2 ? next() - 0.5 : next())),
    );
    expectUpdates(name, vectors, [3, n + 3], settingsOf[name]);
  });
});

describe('elementwise kernels', () => {
  it('leave vectors of doubles to the caller, and touch nothing', () => {
    const [single, double] = [new Float32Array(500), new Float64Array(500)];
    const run = (operands: Operand[]) => runElementwise('adagradSingle', [0, 500], operands, [0, 1, 1]);
    const pair = { read: single, write: single };
    expect(run([{ read: double }, pair, pair])).toBe(false);
    expect(run([{ read: single }, { read: single, write: double }, pair])).toBe(false);
    expect(run([{ read: single.fill(1) }, pair, { read: single, write: new Float32Array(500) }])).toBe(true);
    expect(double.every((x) => x === 0)).toBe(true);
  });

  it('leave everything to the caller on a host without WebAssembly', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    vi.resetModules();
    const fresh = await import('../../../src/linalg/kernels/elementwise.js');
    const v = new Float32Array(1000);
    expect(fresh.runElementwise('adagradSingle', [0, 1000], [{ read: v }, { read: v, write: v }], [])).toBe(false);
    expect(fresh.squaresByFour(v, 1000)).toBeUndefined();
  });

  it.each([384, 4096, 4100, 9000])('sums squares by four, %i elements', (n) => {
    const v = Float32Array.from({ length: n + 3 }, (_, i) => Math.sin(i) * 10 ** (i % 7));
    const sums = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) sums[i % 4]! += v[i]! * v[i]!;
    expect(squaresByFour(v, n)).toEqual(sums);
    v[n - 2] = NaN;
    expect(squaresByFour(v, n)?.filter(Number.isNaN)).toHaveLength(1);
  });
});
