import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { dense, sequential, softmaxCrossEntropy, tanh } from '../../src/nn/index.js';
import { type Batch, supervisedObjective } from '../../src/objective/index.js';
import { gaussNewtonMatrix, hessianMatrix } from '../../src/objective/matrices.js';
import { matrixProducts } from '../../src/objective/products.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, InputError, input, ndarray, ShapeError } from '../../src/tensor/index.js';
import type { ParameterSlot } from '../../src/tensor/parameters.js';
import { distance, pointOf, smallModel } from '../curvature/operators/support.js';
import { counted, flaky } from './executors.js';

const options = smallModel({
  layer: sequential([dense(4, 6), tanh(), dense(6, 3)]),
  loss: softmaxCrossEntropy(),
  x: [12, 4],
  y: [12],
  classes: 3,
});
const size = pointOf(options).parameters.length;

const draw = (seed: number): Float64Array => {
  const random = generator(seed);
  return Float64Array.from({ length: size }, () => random.normal());
};

const total = (runs: ReadonlyMap<unknown, number>): number => [...runs.values()].reduce((sum, count) => sum + count, 0);

describe('an objective at a point', () => {
  it.each([hessianMatrix, gaussNewtonMatrix])(
    '$name: products from what is held are those of the whole program',
    async (matrix) => {
      for (const chunk of [12, 5]) {
        const { executor, runs } = counted();
        const held = matrixProducts(pointOf({ ...options, executor, chunk }), matrix);
        const whole = matrixProducts(pointOf({ ...options, chunk, held: 0 }), matrix);
        for (let k = 0; k < 6; k++) {
          const v = draw(k);
          expect(distance(await held.apply(v), await whole.apply(v))).toBeLessThan(1e-14);
        }
        const batches = chunk === 12 ? 1 : 3;
        const sizes = chunk === 12 ? 1 : 2;
        // Two runs as a whole; then what is held once for each batch, and the rest of the program four times. The held part of a
        // first point is loaded for each run of it.
        expect(total(runs)).toBe(batches * (2 + 1 + 4));
        expect(runs.size).toBe(3 * sizes);
      }
    },
  );

  it('tells batches apart by what they hold: equal rows in other arrays share, other rows do not', async () => {
    const { executor, runs } = counted();
    const at = pointOf({ ...options, executor });
    const build = ({ weights, loss }: Batch) => ({
      loss: loss.mul(input('held.factor', 'f64', [])),
      gradient: grad(loss, weights),
    });
    const run = async (rows: Uint32Array | number[], factor: number) =>
      Number(
        (
          await at.run('scaled', build, rows, {
            'held.factor': { dtype: 'f64', shape: [], data: Float64Array.of(factor) },
          })
        ).loss!.data[0],
      );
    const first = [1, 4, 7];
    const loss = await run(Uint32Array.from(first), 1);
    await run([...first], 1);
    expect(await run(Uint32Array.from(first), 2)).toBeCloseTo(2 * loss, 14);
    // Two whole runs, the held part, the rest.
    expect(total(runs)).toBe(4);
    expect(await run([...first], 3)).toBeCloseTo(3 * loss, 14);
    expect(total(runs)).toBe(5);
    // Other rows, or the same in another order, start over.
    const other = await run([1, 4, 8], 1);
    expect(Math.abs(other - loss)).toBeGreaterThan(1e-6);
    expect(await run([7, 4, 1], 1)).toBeCloseTo(loss, 14);
    expect(await run([1, 4, 8], 1)).toBe(other);
    expect(total(runs)).toBe(8);
  });

  it('holds nothing that is fed, a parameter for once too', async () => {
    const at = pointOf(options);
    const [{ name, shape, offset, size: count }] = at.objective.layout.slots.slice(-1) as [ParameterSlot];
    const other = ndarray('f64', draw(4).subarray(0, count), shape);
    const moved = at.parameters.slice();
    moved.set(other.data, offset);
    const loss = (batch: Batch) => ({ loss: batch.loss });
    const known = {
      without: await at.objective.value(at.parameters, [0, 1]),
      fed: await at.objective.value(moved, [0, 1]),
    };
    for (const order of [
      ['without', 'fed'],
      ['fed', 'without'],
    ] as const) {
      const point = at.objective.at(at.parameters);
      for (const kind of [...order, ...order].flatMap((k) => [k, k, k])) {
        const feeds = kind === 'fed' ? { [`parameters.${name}`]: other } : {};
        expect((await point.run('loss', loss, [0, 1], feeds)).loss!.data[0]).toBeCloseTo(known[kind], 14);
      }
    }
  });

  it('holds nothing beyond the limit', async () => {
    const { executor, runs } = counted();
    const small = matrixProducts(pointOf({ ...options, executor, held: 100 }), hessianMatrix);
    for (let k = 0; k < 4; k++) await small.apply(draw(k));
    expect([...runs.values()]).toEqual([4]);
  });

  it('does not keep a failure', async () => {
    let failures = 1;
    const { executor } = counted((program) => {
      if ('held.0' in program.outputs && failures-- > 0) throw new Error('busy');
    });
    const products = matrixProducts(pointOf({ ...options, executor }), hessianMatrix);
    const v = draw(1);
    const first = await products.apply(v);
    await products.apply(v);
    await expect(products.apply(v)).rejects.toThrow(/busy/);
    expect(distance(await products.apply(v), first)).toBeLessThan(1e-14);
  });

  it('takes vectors as long as the parameters, and no others', async () => {
    const { apply, applyBatch } = matrixProducts(pointOf(options), hessianMatrix);
    for (const length of [0, size - 1, size + 1]) {
      const v = new Float64Array(length);
      await expect(apply(v)).rejects.toThrow(ShapeError);
      await expect(applyBatch([draw(1), v])).rejects.toThrow(`a vector of ${length} elements`);
    }
  });

  it('takes the parameters in the type of the model, and no others', async () => {
    const { objective } = pointOf(options);
    const theta = draw(3);
    expect(objective.at(Float32Array.from(theta)).parameters).toEqual(Float64Array.from(Float32Array.from(theta)));
    expect(objective.at(theta).parameters).toBe(theta);
    expect(() => objective.at(new Float64Array(3))).toThrow(ShapeError);
  });
});

describe('an objective', () => {
  it('does not keep a failure to load', async () => {
    const objective = supervisedObjective({ ...options, executor: flaky(referenceExecutor()) });
    const theta = draw(1);
    await expect(objective.value(theta, [0, 1])).rejects.toThrow('busy');
    expect(await objective.value(theta, [0, 1])).toBeGreaterThan(0);
    await objective.dispose();
  });

  it('counts its work in gradient equivalents', async () => {
    const at = pointOf({ ...options, chunk: 4 });
    const { objective } = at;
    expect(objective.work()).toBe(0);
    await at.mean('slope', ({ loss, weights }) => ({ gradient: grad(loss, weights) }));
    const gradient = objective.work();
    expect(gradient).toBeGreaterThan(0.9);
    expect(gradient).toBeLessThan(1.1);
    await matrixProducts(at, hessianMatrix).apply(new Float64Array(size).fill(1));
    expect(objective.work() - gradient).toBeGreaterThan(1.2);
    expect(objective.work() - gradient).toBeLessThan(4);
  });

  it('refuses data and limits that make no sense', () => {
    const make = (more: object) => () => supervisedObjective({ ...options, ...more });
    const row = (from: number, to: number) =>
      ({ dtype: 'i32', shape: [to - from], data: new Int32Array(to - from) }) as const;
    expect(make({ y: row(0, 11) })).toThrow(ShapeError);
    expect(make({ x: { dtype: 'f64', shape: [0, 4], data: new Float64Array(0) }, y: row(0, 0) })).toThrow(InputError);
    expect(make({ chunk: 0 })).toThrow(/chunk must be an integer ≥ 1, got 0/);
    expect(make({ held: -1 })).toThrow(InputError);
    const data = Float64Array.from({ length: 48 }, (_, i) => (i === 9 ? Number.NaN : 0));
    expect(make({ x: { ...options.x, data } })).toThrow(/x .* holds NaN in row 2, element 1/);
  });
});
