import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import '../../src/ops/index.js';
import { grad } from '../../src/autodiff/first-order.js';
import { compile, type Program } from '../../src/compile/index.js';
import { less } from '../../src/ops/comparison.js';
import { scan } from '../../src/ops/scan/scan.js';
import { whileLoop } from '../../src/ops/while-loop.js';
import type { Executable, Executor, Feeds } from '../../src/runtime/executor.js';
import type { AnyTypedArray, DType } from '../../src/tensor/dtype.js';
import { InputError, ShapeError } from '../../src/tensor/errors.js';
import type { Tensor } from '../../src/tensor/ir.js';
import { constant, full, input } from '../../src/tensor/leaf.js';
import { type NDArray, ndarray } from '../../src/tensor/ndarray.js';

type Float = 'f32' | 'f64';
const floats: readonly Float[] = ['f32', 'f64'];

/** Relative error of one operation or a short sum in each dtype. */
const tolerance: Record<Float, number> = { f32: 2e-6, f64: 1e-14 };

function floatArray(dtype: Float, values: readonly number[]): AnyTypedArray {
  return dtype === 'f32' ? Float32Array.from(values) : Float64Array.from(values);
}

function expectClose(actual: NDArray | undefined, expected: readonly number[], relative: number): void {
  const got = Array.from(actual!.data as ArrayLike<number | bigint>, Number);
  expect(got.length).toBe(expected.length);
  got.forEach((v, i) => {
    const e = expected[i]!;
    if (Number.isFinite(e)) expect(Math.abs(v - e)).toBeLessThanOrEqual(relative * Math.max(1, Math.abs(e)));
    else expect(v).toBe(e);
  });
}

/** Loads, runs once and disposes. */
async function once(executor: Executor, program: Program, feeds: Feeds): Promise<Record<string, NDArray>> {
  const executable = await executor.load(program);
  try {
    return await executable.run(feeds);
  } finally {
    await executable.dispose();
  }
}

/** y = x·w + b with x [2, 3], w [3, 2], b [2]; every value is exact in f32. */
function affine(dtype: Float): Program {
  const x = input('x', dtype, [2, 3]);
  const w = input('w', dtype, [3, 2]);
  const b = input('b', dtype, [2]);
  return compile({ y: x.matmul(w).add(b) });
}

const affineFeeds = (dtype: Float): Record<string, AnyTypedArray> => ({
  x: floatArray(dtype, [1, 2, 3, 4, 5, 6]),
  w: floatArray(dtype, [1, 0, 0, 1, 1, 1]),
  b: floatArray(dtype, [10, 20]),
});

const affineResult = [14, 25, 20, 31];

function correctness(executor: () => Executor): void {
  describe.each(floats)('%s', (dtype) => {
    it('computes a product with a broadcast sum', async () => {
      const { y } = await once(executor(), affine(dtype), affineFeeds(dtype));
      expect(y).toEqual({ dtype, shape: [2, 2], data: floatArray(dtype, affineResult) });
    });

    it('broadcasts on both sides', async () => {
      const a = input('a', dtype, [3, 1]);
      const b = input('b', dtype, [1, 2]);
      const feeds = { a: floatArray(dtype, [1, 2, 3]), b: floatArray(dtype, [10, 20]) };
      const { y } = await once(executor(), compile({ y: a.add(b) }), feeds);
      expect(y).toEqual({ dtype, shape: [3, 2], data: floatArray(dtype, [11, 21, 12, 22, 13, 23]) });
    });

    it.each([
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ])('multiplies matrices and batches of them, transposed %s and %s', async (transA, transB) => {
      const as = Array.from({ length: 12 }, (_, i) => ((i * 7) % 5) - 2);
      const bs = Array.from({ length: 24 }, (_, i) => ((i * 7 + 1) % 5) - 2);
      // Two batches of 2×3 by 3×4, stored transposed where the flag is set.
      const left = (n: number, i: number, p: number): number => as[6 * n + (transA ? 2 * p + i : 3 * i + p)]!;
      const right = (n: number, p: number, j: number): number => bs[12 * n + (transB ? 3 * j + p : 4 * p + j)]!;
      const expected = Array.from({ length: 16 }, (_, at) => {
        const [n, i, j] = [at >> 3, (at >> 2) & 1, at & 3];
        return [0, 1, 2].reduce((sum, p) => sum + left(n, i, p) * right(n, p, j), 0);
      });
      const a = input('a', dtype, transA ? [2, 3, 2] : [2, 2, 3]);
      const b = input('b', dtype, transB ? [2, 4, 3] : [2, 3, 4]);
      const a0 = input('a0', dtype, a.shape.slice(1));
      const b0 = input('b0', dtype, b.shape.slice(1));
      const program = compile({ batch: a.product(b, transA, transB), one: a0.product(b0, transA, transB) });
      const feeds = {
        a: floatArray(dtype, as),
        b: floatArray(dtype, bs),
        a0: floatArray(dtype, as.slice(0, 6)),
        b0: floatArray(dtype, bs.slice(0, 12)),
      };
      const out = await once(executor(), program, feeds);
      expectClose(out.batch, expected, 0);
      expectClose(out.one, expected.slice(0, 8), 0);
    });

    it('reduces over some and over all axes', async () => {
      const x = input('x', dtype, [2, 3, 2]);
      const program = compile({ some: x.sum([0, 2]), kept: x.sum(1, true), all: x.sum() });
      const feeds = { x: floatArray(dtype, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) };
      const out = await once(executor(), program, feeds);
      expect(out.some).toEqual({ dtype, shape: [3], data: floatArray(dtype, [18, 26, 34]) });
      expect(out.kept).toEqual({ dtype, shape: [2, 1, 2], data: floatArray(dtype, [9, 12, 27, 30]) });
      expect(out.all).toEqual({ dtype, shape: [], data: floatArray(dtype, [78]) });
    });

    it('rearranges: reshape, transpose, expand', async () => {
      const x = input('x', dtype, [2, 3]);
      const program = compile({
        flat: x.reshape([6]),
        turned: x.transpose(),
        wide: x.reshape([2, 1, 3]).expand([2, 2, 3]),
      });
      const out = await once(executor(), program, { x: floatArray(dtype, [1, 2, 3, 4, 5, 6]) });
      expectClose(out.flat, [1, 2, 3, 4, 5, 6], 0);
      expectClose(out.turned, [1, 4, 2, 5, 3, 6], 0);
      expectClose(out.wide, [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6], 0);
    });

    it('computes a gradient', async () => {
      const x = input('x', dtype, [4]);
      const xs = [-2, -0.5, 0.25, 1];
      const { g } = await once(executor(), compile({ g: grad(x.tanh().sum(), x) }), { x: floatArray(dtype, xs) });
      expectClose(
        g,
        xs.map((v) => 1 - Math.tanh(v) ** 2),
        tolerance[dtype],
      );
    });

    it('loops over time, in both directions', async () => {
      const [a, x] = [input('a', dtype, [2]), input('x', dtype, [3, 2])];
      const run = (reverse: boolean) =>
        scan(([c], [xt]) => ({ carry: [c!.mul(a).add(xt!)], y: [c!] }), [x.sum(0)], [x], { reverse });
      const [forth, back] = [run(false), run(true)];
      const program = compile({ last: forth.carry[0]!, ys: forth.ys[0]!, first: back.carry[0]!, zs: back.ys[0]! });
      const feeds = { a: floatArray(dtype, [2, -1]), x: floatArray(dtype, [1, 2, 3, 4, 5, 6]) };
      const out = await once(executor(), program, feeds);
      // from [9, 12]: c ← a·c + x over the rows, then over the rows backwards
      expectClose(out.last, [87, -8], 0);
      expectClose(out.ys, [9, 12, 19, -10, 41, 14], 0);
      expectClose(out.first, [99, -8], 0);
      expectClose(out.zs, [49, 10, 23, -6, 9, 12], 0);
    });

    it('loops while a condition holds', async () => {
      const [a, x] = [input('a', dtype, [2]), input('x', dtype, [2])];
      const loop = (options?: { maxIterations: number }) =>
        whileLoop(
          ([c]) => less(c!.sum(), full(100, dtype)),
          ([c, n]) => [c!.mul(a), n!.add(1)],
          [x, full(0, 'i32')],
          options,
        );
      const [[c, n], [d, m]] = [loop(), loop({ maxIterations: 2 })];
      const feeds = { a: floatArray(dtype, [2, 3]), x: floatArray(dtype, [1, 1]) };
      const out = await once(executor(), compile({ c: c!, n: n!, d: d!, m: m! }), feeds);
      expectClose(out.c, [32, 243], 0);
      expectClose(out.n, [5], 0);
      expectClose(out.d, [4, 9], 0);
      expectClose(out.m, [2], 0);
    });

    it('passes NaN and infinities on', async () => {
      const x = input('x', dtype, [4]);
      const program = compile({ twice: x.add(x), product: x.mul(constant([1, 0, 1, 1], dtype)), squashed: x.tanh() });
      const feeds = { x: floatArray(dtype, [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1]) };
      const out = await once(executor(), program, feeds);
      expectClose(out.twice, [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2], 0);
      expectClose(out.product, [Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY, 1], 0);
      expectClose(out.squashed, [Number.NaN, 1, -1, Math.tanh(1)], tolerance[dtype]);
    });

    it('keeps subnormal numbers', async () => {
      const tiny = dtype === 'f32' ? 2 ** -149 : 2 ** -1074;
      const x = input('x', dtype, [2]);
      const { y } = await once(executor(), compile({ y: x.add(x) }), { x: floatArray(dtype, [tiny, -tiny]) });
      expect(Array.from(y!.data as Float64Array)).toEqual([2 * tiny, -2 * tiny]);
    });

    it('takes tensors without elements', async () => {
      const x = input('x', dtype, [0, 3]);
      const w = input('w', dtype, [3, 2]);
      const program = compile({
        rows: x.matmul(w),
        turned: x.transpose(),
        sum: x.sum(0),
        product: x.transpose().matmul(x),
      });
      const out = await once(executor(), program, {
        x: floatArray(dtype, []),
        w: floatArray(dtype, [1, 2, 3, 4, 5, 6]),
      });
      expect(out.rows).toEqual({ dtype, shape: [0, 2], data: floatArray(dtype, []) });
      expect(out.turned).toEqual({ dtype, shape: [3, 0], data: floatArray(dtype, []) });
      expect(out.product).toEqual({ dtype, shape: [3, 3], data: floatArray(dtype, new Array<number>(9).fill(0)) });
      expect(out.sum).toEqual({ dtype, shape: [3], data: floatArray(dtype, [0, 0, 0]) });
    });

    it('runs a program of a thousand nodes', async () => {
      const x = input('x', dtype, [3]);
      const b = input('b', dtype, [3]);
      let y: Tensor = x;
      for (let i = 0; i < 500; i++) y = y.mul(constant([0.5, 0.25, 0.75], dtype)).add(b);
      const { out } = await once(executor(), compile({ out: y }), {
        x: floatArray(dtype, [9, 9, 9]),
        b: floatArray(dtype, [1, 2, 3]),
      });
      // the fixed points b / (1 − a)
      expectClose(out, [2, 8 / 3, 12], tolerance[dtype]);
    });
  });

  it.each([
    ['f32', Float32Array.of(1.5, -2, 0, 3)],
    ['f64', Float64Array.of(1.5, -2, 0, 3)],
    ['i32', Int32Array.of(2147483647, -5, 0, 3)],
    ['i64', BigInt64Array.of(9007199254740991n, -5n, 0n, 3n)],
    ['bool', Uint8Array.of(1, 0, 0, 1)],
  ] as const)('carries %s', async (dtype: DType, data: AnyTypedArray) => {
    const x = input('x', dtype, [2, 2]);
    const literal = ndarray(dtype, data as never, [2, 2]);
    const program = compile({ turned: x.transpose(), same: x, literal: constant(literal) });
    const out = await once(executor(), program, { x: data });
    const [a, b, c, d] = data as unknown as number[];
    expect(Array.from(out.turned!.data as ArrayLike<unknown>)).toEqual([a, c, b, d]);
    expect(out.same).toEqual({ dtype, shape: [2, 2], data });
    expect(out.literal).toEqual({ dtype, shape: [2, 2], data });
  });

  it('adds integers', async () => {
    const i = input('i', 'i32', [2]);
    const j = input('j', 'i64', [2]);
    const program = compile({ i: i.add(i), j: j.add(j).sum() });
    const out = await once(executor(), program, { i: Int32Array.of(3, -4), j: BigInt64Array.of(5n, -12n) });
    expect(out.i!.data).toEqual(Int32Array.of(6, -8));
    expect(out.j!.data).toEqual(BigInt64Array.of(-14n));
  });
}

function namesAndAliases(executor: () => Executor): void {
  it('takes any text as a name', async () => {
    const names = ['', ' ', 'a.b/c:0', 'ä€😀', '__proto__', 'constructor', '0', 'Add_0', 'c_0', '\ud800'];
    const inputs = names.map((name) => input(name, 'f32', []));
    // Outputs have the inputs' names too, except those that a tree's key cannot be.
    const entries = names.map((name, i) => [name.replaceAll('.', '') || 'empty', inputs[i]!.add(i)] as const);
    const feeds = Object.fromEntries(names.map((name, i) => [name, Float32Array.of(10 * i)]));
    const out = Object.entries(await once(executor(), compile(Object.fromEntries(entries)), feeds));
    expect(out.map(([name]) => name).sort()).toEqual(entries.map(([name]) => name).sort());
    entries.forEach(([name], i) => {
      expect(out.find(([n]) => n === name)![1].data).toEqual(Float32Array.of(11 * i));
    });
  });

  it('gives inputs, constants and repeated results as outputs', async () => {
    const x = input('x', 'f32', [2]);
    const y = x.add(x);
    const program = compile({ x, again: x, y, z: y, one: constant([1, 1], 'f32'), uno: constant([1, 1], 'f32') });
    const out = await once(executor(), program, { x: Float32Array.of(1, 2) });
    for (const name of ['x', 'again']) expect(out[name]!.data).toEqual(Float32Array.of(1, 2));
    for (const name of ['y', 'z']) expect(out[name]!.data).toEqual(Float32Array.of(2, 4));
    for (const name of ['one', 'uno']) expect(out[name]!.data).toEqual(Float32Array.of(1, 1));
  });

  it('takes inputs that no output depends on', async () => {
    const x = input('x', 'f32', [1]);
    const program = compile({ y: x.add(1) }, { inputs: [x, input('unused', 'f64', [3])] });
    const feeds = { x: Float32Array.of(1), unused: new Float64Array(3) };
    expect((await once(executor(), program, feeds)).y!.data).toEqual(Float32Array.of(2));
    await expect(once(executor(), program, { x: feeds.x })).rejects.toThrow('"unused"');
  });
}

function feedErrors(executor: () => Executor): void {
  const feeds = affineFeeds('f32');
  const wrong: [what: string, change: Feeds, message: RegExp][] = [
    ['a name that the program lacks', { ...feeds, v: new Float32Array(2) }, /no input "v".*"x", "w", "b"/],
    ['a dtype', { ...feeds, b: new Float64Array(2) }, /"b" is a Float64Array.*f32 \[2\]/],
    ['a length', { ...feeds, b: new Float32Array(3) }, /"b".*length 3.*f32 \[2\]/],
    ['the shape of an array', { ...feeds, w: ndarray('f32', new Float32Array(6), [2, 3]) }, /"w".*\[2, 3\].*\[3, 2\]/],
    ['the dtype of an array', { ...feeds, b: ndarray('i32', Int32Array.of(1, 2)) }, /"b".*i32 \[2\].*f32 \[2\]/],
  ];

  it.each(wrong)('refuses a feed that is wrong in %s', async (_, change, message) => {
    const run = once(executor(), affine('f32'), change);
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow(message);
  });

  it('refuses a missing feed', async () => {
    const { b, ...rest } = feeds;
    expect(b).toBeDefined();
    const run = once(executor(), affine('f32'), rest);
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow(/no value for input "b" \(f32 \[2\]\)/);
  });

  it('takes numbers and nested arrays, which it converts to the dtype of the input', async () => {
    const [x, b] = [input('x', 'f32', [2, 2]), input('b', 'f32', [])];
    const [i, flag] = [input('i', 'i64', [2]), input('flag', 'bool', [2])];
    const program = compile({ y: x.mul(b), i: i.add(1), either: flag.logicalOr([0, 1]) });
    const feeds = { x: [[1, 2], [3, 4]], b: 3, i: [5, -6], flag: [0, 0] }; // biome-ignore format: a matrix
    expect(await once(executor(), program, feeds)).toEqual({
      y: { dtype: 'f32', shape: [2, 2], data: Float32Array.of(3, 6, 9, 12) },
      i: { dtype: 'i64', shape: [2], data: BigInt64Array.of(6n, -5n) },
      either: { dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) },
    });
    const given = (value: unknown) => once(executor(), program, { ...feeds, x: value } as Feeds);
    await expect(given([1, 2, 3, 4])).rejects.toThrow('input "x" is f32 [4], but the program needs f32 [2, 2]');
    await expect(given([[1, 2], [3]])).rejects.toThrow(ShapeError);
    await expect(
      given([
        [1, 2],
        [3, '4'],
      ]),
    ).rejects.toThrow('run: input "x" (f32 [2, 2]): needs numbers');
    await expect(given(Float64Array.of(1, 2, 3, 4))).rejects.toThrow('"x" is a Float64Array of length 4');
    await expect(given(null)).rejects.toThrow(InputError);
    await expect(once(executor(), program, { ...feeds, i: [0.5, 1] })).rejects.toThrow('0.5');
  });

  it('runs after a refused feed', async () => {
    const executable = await executor().load(affine('f32'));
    await expect(executable.run({})).rejects.toThrow(InputError);
    expectClose((await executable.run(feeds)).y, affineResult, 0);
    await executable.dispose();
  });
}

function ownership(executor: () => Executor): void {
  it('leaves the feeds as they are, and takes arrays with shape and views', async () => {
    const program = affine('f32');
    const feeds = affineFeeds('f32');
    const shifted = new Float32Array([99, ...(feeds.x as Float32Array)]).subarray(1);
    const out = await once(executor(), program, {
      ...feeds,
      x: shifted,
      w: ndarray('f32', feeds.w as Float32Array, [3, 2]),
    });
    expectClose(out.y, affineResult, 0);
    expect(Object.fromEntries(Object.entries(feeds).map(([n, d]) => [n, Array.from(d as Float32Array)]))).toEqual(
      Object.fromEntries(Object.entries(affineFeeds('f32')).map(([n, d]) => [n, Array.from(d as Float32Array)])),
    );
  });

  it('gives results that belong to the caller', async () => {
    const x = input('x', 'f32', [2]);
    const executable = await executor().load(compile({ x, y: x.add(x), c: constant([5, 6], 'f32') }));
    const feed = Float32Array.of(1, 2);
    const first = await executable.run({ x: feed });
    for (const array of Object.values(first)) array.data.fill(77 as never);
    expect(feed).toEqual(Float32Array.of(1, 2));
    const second = await executable.run({ x: feed });
    expect(second.x!.data).toEqual(Float32Array.of(1, 2));
    expect(second.y!.data).toEqual(Float32Array.of(2, 4));
    expect(second.c!.data).toEqual(Float32Array.of(5, 6));
    await executable.run({ x: Float32Array.of(8, 9) });
    await executable.dispose();
    expect(second.y!.data).toEqual(Float32Array.of(2, 4));
  });

  it('runs concurrently', async () => {
    const x = input('x', 'f64', [1000]);
    const executable = await executor().load(compile({ y: x.mul(x).sum() }));
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => executable.run({ x: new Float64Array(1000).fill(i) })),
    );
    expect(results.map((r) => r.y!.data[0])).toEqual(Array.from({ length: 20 }, (_, i) => 1000 * i * i));
    await executable.dispose();
  });
}

function lifetime(make: () => Promise<Executor>, executor: () => Executor): void {
  const feeds = affineFeeds('f32');
  const expectDisposed = async (executable: Executable): Promise<void> => {
    await expect(executable.run(feeds)).rejects.toThrow(InputError);
    await expect(executable.run(feeds)).rejects.toThrow(/disposed/);
  };

  it('reports who runs a program', async () => {
    const program = affine('f32');
    const executable = await executor().load(program);
    expect(executable.program).toBe(program);
    expect(executable.report.executor).toBe(executor().name);
    expect(executable.report.notes).toEqual([]);
    await executable.dispose();
  });

  it('disposes once and for all, also while it runs', async () => {
    const executable = await executor().load(affine('f32'));
    const running = executable.run(feeds);
    await Promise.all([executable.dispose(), executable.dispose()]);
    expectClose((await running).y, affineResult, 0);
    await executable.dispose();
    await expectDisposed(executable);
  });

  it('loads one program twice, each load with a life of its own', async () => {
    const program = affine('f32');
    const [first, second] = await Promise.all([executor().load(program), executor().load(program)]);
    await first.dispose();
    await first.dispose();
    await expectDisposed(first);
    expectClose((await second.run(feeds)).y, affineResult, 0);
    await second.dispose();
    await expectDisposed(second);
    expectClose((await once(executor(), program, feeds)).y, affineResult, 0);
  });

  it('takes its executables along when it is disposed', async () => {
    const own = await make();
    const first = await own.load(affine('f32'));
    const second = await own.load(affine('f32'));
    await first.dispose();
    await own.dispose();
    await own.dispose();
    await expectDisposed(first);
    await expectDisposed(second);
    await expect(own.load(affine('f32'))).rejects.toThrow(InputError);
    await expect(own.load(affine('f32'))).rejects.toThrow(/disposed/);
  });
}

/** What every executor keeps to. `make` gives a fresh executor. */
export function executorContract(name: string, make: () => Promise<Executor>): void {
  describe(`${name} keeps the contract of executors`, () => {
    let shared: Executor;
    beforeAll(async () => {
      shared = await make();
    });
    afterAll(() => shared.dispose());
    const executor = (): Executor => shared;

    describe('results', () => correctness(executor));
    describe('names', () => namesAndAliases(executor));
    describe('feeds', () => feedErrors(executor));
    describe('ownership', () => ownership(executor));
    describe('lifetime', () => lifetime(make, executor));
  });
}
