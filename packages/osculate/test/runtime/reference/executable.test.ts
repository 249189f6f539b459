import { describe, expect, it } from 'vitest';
import '../../../src/ops/index.js';
import { compile, type Program } from '../../../src/compile/index.js';
import { referenceExecutor } from '../../../src/runtime/index.js';
import { type DType, InputError, input } from '../../../src/tensor/index.js';

/** y = x + x·x and its sum. */
function polynomial(dtype: DType): Program {
  const x = input('x', dtype, [3]);
  const y = x.add(x.mul(x));
  return compile({ y, sum: y.sum() });
}

describe('a program of the reference executor', () => {
  it('runs synchronously', () => {
    const out = referenceExecutor()
      .loadSync(polynomial('f64'))
      .runSync({ x: Float64Array.of(1, 2, 3) });
    expect(out.y).toEqual({ dtype: 'f64', shape: [3], data: Float64Array.of(2, 6, 12) });
    expect(out.sum).toEqual({ dtype: 'f64', shape: [], data: Float64Array.of(20) });
  });

  it('rounds f32 programs once, at the end', () => {
    const x = input('x', 'f32', [3]);
    const program = referenceExecutor().loadSync(compile({ y: x.sum() }));
    // In f32, 1 would be lost next to 2^25.
    expect(program.runSync({ x: Float32Array.of(2 ** 25, 1, -(2 ** 25)) }).y!.data[0]).toBe(1);
  });

  it.each([
    ['f32', Float32Array.of(1, 2, 3)],
    ['f64', Float64Array.of(1, 2, 3)],
    ['i32', Int32Array.of(1, 2, 3)],
    ['i64', BigInt64Array.of(1n, 2n, 3n)],
  ] as const)('binds arrays of %s', (dtype, x) => {
    const [y, sum] = [x.slice(), x.slice(0, 1)];
    const call = referenceExecutor().loadSync(polynomial(dtype)).bind({ x }, { y, sum });
    call();
    expect(Array.from(y, Number)).toEqual([2, 6, 12]);
    // It reads what the arrays hold at the time of the call.
    x.reverse();
    call();
    expect(Array.from(y, Number)).toEqual([12, 6, 2]);
    expect(Array.from(sum, Number)).toEqual([20]);
  });

  it('refuses outputs that are missing, of a wrong type or size, or overlapping', () => {
    const program = referenceExecutor().loadSync(polynomial('f64'));
    const x = new Float64Array(3);
    const [y, sum] = [new Float64Array(3), new Float64Array(1)];
    const bind = (outputs: Record<string, Float64Array>) => () => program.bind({ x }, outputs);
    expect(bind({ y })).toThrow(/output "sum" is f64 with 1 elements, but was given nothing/);
    expect(bind({ y: new Float32Array(3) as never, sum })).toThrow(/"y" is f64 with 3.*Float32Array of length 3/);
    expect(bind({ y, sum: y })).toThrow(InputError);
    expect(bind({ y: x, sum })).toThrow(/output "y" overlaps/);
    const shared = new Float64Array(6);
    expect(bind({ y: shared.subarray(0, 3), sum: shared.subarray(2, 3) })).toThrow(/output "sum" overlaps/);
    expect(bind({ y: shared.subarray(0, 3), sum: shared.subarray(3, 4) })).not.toThrow();
  });

  it('does not run after it is disposed of', async () => {
    const program = referenceExecutor().loadSync(polynomial('f64'));
    const feeds = { x: new Float64Array(3) };
    const call = program.bind(feeds, { y: new Float64Array(3), sum: new Float64Array(1) });
    await program.dispose();
    for (const use of [call, () => program.runSync(feeds), () => program.bind(feeds, {})]) {
      expect(use).toThrow(InputError);
      expect(use).toThrow(/disposed/);
    }
  });
});
