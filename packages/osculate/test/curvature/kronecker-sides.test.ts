import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kroneckerBlocks, kroneckerFactors } from '../../src/curvature/index.js';
import { eigenbases } from '../../src/curvature/kronecker/eigenbasis.js';
import {
  dampedInverses,
  factorInputs,
  factorLayout,
  factorViews,
  namedFactors,
  precondition,
} from '../../src/curvature/kronecker/inverses.js';
import { crossProductOf, sideParts, sideTimes, timesSide } from '../../src/curvature/kronecker/sides.js';
import { dense, sequential, squaredError, tanh } from '../../src/nn/index.js';
import { generator, input, ndarray } from '../../src/tensor/index.js';
import { times, transposed } from '../optim/planted.js';
import { evaluate, makeCase } from './support.js';

/** A side of parts as the whole matrix, zero between them. */
function whole(data: ArrayLike<number>, order: number, parts: number, width: number): Float64Array {
  const out = new Float64Array(order * order);
  for (let p = 0; p < parts; p++) {
    for (let i = 0; i < width && p * width + i < order; i++) {
      for (let j = 0; j < width && p * width + j < order; j++) {
        out[(p * width + i) * order + p * width + j] = data[(p * width + i) * width + j]!;
      }
    }
  }
  return out;
}

const close = (found: ArrayLike<number>, expected: ArrayLike<number>): void => {
  expect(found.length).toBe(expected.length);
  Array.from(found).forEach((v, i) => void expect(v).toBeCloseTo(expected[i]!, 9));
};

describe('a side that is held in blocks', () => {
  it('has the fewest parts of at most so many rows, as equal as can be', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 2000 }), (order, largest) => {
        const { parts, width } = sideParts(order, largest);
        expect(width).toBeLessThanOrEqual(largest);
        expect(parts).toBe(Math.ceil(order / largest));
        expect(parts * width).toBeGreaterThanOrEqual(order);
        expect(parts * (width - 1)).toBeLessThan(order);
      }),
    );
  });

  it('multiplies as the matrix with zeros between its blocks does, and is that of the cross product', async () => {
    const sizes = fc.record({ m: fc.integer({ min: 1, max: 7 }), n: fc.integer({ min: 1, max: 11 }) });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 6 }), fc.integer(), async ({ m, n }, largest, seed) => {
        const random = generator(seed >>> 0);
        const normal = (size: number) => Float64Array.from({ length: size }, () => random.normal());
        const { parts, width } = sideParts(n, largest);
        const [rows, columns, side] = [normal(m * n), normal(n * m), normal(parts * width * width)];
        const shape = parts === 1 ? [n, n] : [parts, width, width];
        const [r, c, s] = [input('r', 'f64', [m, n]), input('c', 'f64', [n, m]), input('s', 'f64', shape)];
        const found = await evaluate(
          {
            right: timesSide(r, s),
            back: timesSide(r, s, true),
            left: sideTimes(s, c),
            up: sideTimes(s, c, true),
            cross: crossProductOf(r, r, { parts, width }),
          },
          {
            r: ndarray('f64', rows, [m, n]),
            c: ndarray('f64', columns, [n, m]),
            s: ndarray('f64', side, shape),
          },
        );
        const full = whole(side, n, parts, width);
        const fullT = transposed(full, n, n);
        close(found.right!.data as Float64Array, times(rows, full, m, n, n));
        close(found.back!.data as Float64Array, times(rows, fullT, m, n, n));
        close(found.left!.data as Float64Array, times(full, columns, n, n, m));
        close(found.up!.data as Float64Array, times(fullT, columns, n, n, m));
        const gram = times(transposed(rows, m, n), rows, n, m, n);
        const mask = whole(new Float64Array(parts * width * width).fill(1), n, parts, width);
        const cross = whole(found.cross!.data as Float64Array, n, parts, width);
        close(
          cross,
          gram.map((v, i) => v * mask[i]!),
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe('factors with sides in blocks', () => {
  const problem = makeCase(sequential([dense(7, 5), tanh(), dense(5, 3)]), { x: [6, 7], loss: squaredError() });
  const blocks = kroneckerBlocks(problem);
  const measured = async (largestSide?: number) => {
    const options = { estimate: 'exact', normalizer: problem.normalizer, largestSide } as const;
    const layout = factorLayout(blocks, largestSide);
    const named = await evaluate(namedFactors(layout, kroneckerFactors(problem, blocks, options)), problem.feeds);
    const flat = new Float64Array(layout.size);
    for (const { name, offset } of layout.slots) flat.set(named[name]!.data as Float64Array, offset);
    return { layout, flat };
  };

  it.each([1, 2, 3, 4])(
    'are the diagonal blocks of the whole ones, and so are their inverses: at most %d',
    async (largest) => {
      const [cut, full] = [await measured(largest), await measured()];
      const inverses = dampedInverses(cut.layout, cut.flat, 0.3)!;
      // The whole factors without what lies between the blocks.
      const apart = full.flat.slice();
      const wholes = cut.layout.slots.map(({ order, parts, width, offset, length }, k) => {
        const matrix = whole(cut.flat.subarray(offset, offset + length), order, parts, width);
        const mask = whole(new Float64Array(length).fill(1), order, parts, width);
        const from = full.layout.slots[k]!.offset;
        matrix.forEach((v, i) => void expect(v).toBeCloseTo(mask[i]! * full.flat[from + i]!, 10));
        apart.set(matrix, from);
        return { mask, inverse: whole(inverses.subarray(offset, offset + length), order, parts, width), from };
      });
      const expected = dampedInverses(full.layout, apart, 0.3)!;
      for (const { inverse, from } of wholes) close(inverse, expected.slice(from, from + inverse.length));
      // And the preconditioned gradient is that of the inverses of the whole.
      const random = generator(3);
      const shapes = { '0.weight': [5, 7], '0.bias': [5], '2.weight': [3, 5], '2.bias': [3] };
      const gradient = Object.fromEntries(
        Object.entries(shapes).map(([name, s]) => [name, input(`g.${name}`, 'f64', s)]),
      );
      const values = Object.fromEntries(
        Object.entries(shapes).map(([name, s]) => {
          const data = Float64Array.from({ length: s.reduce((a, b) => a * b) }, () => random.normal());
          return [`g.${name}`, ndarray('f64', data, s)];
        }),
      );
      const run = (layout: typeof cut.layout, flat: Float64Array) => {
        const u = precondition(blocks, gradient, factorInputs(layout, 'i.', 'f64'));
        const tree = Object.fromEntries(Object.keys(shapes).map((name, i) => [`u${i}`, u[name]!]));
        return evaluate(tree, { ...values, ...factorViews(layout, flat, 'i.') });
      };
      const [u, v] = [
        await run(cut.layout, inverses as Float64Array),
        await run(full.layout, expected as Float64Array),
      ];
      for (const name of Object.keys(u)) close(u[name]!.data as Float64Array, v[name]!.data as Float64Array);
    },
  );

  it('have eigenbases that are orthonormal on what is used of them', async () => {
    const { layout, flat } = await measured(3);
    const bases = eigenbases(layout, blocks, flat)!;
    for (const { order, parts, width, offset, length } of layout.slots) {
      const basis = whole(bases.subarray(offset, offset + length), order, parts, width);
      const factor = whole(flat.subarray(offset, offset + length), order, parts, width);
      const gram = times(transposed(basis, order, order), basis, order, order, order);
      close(
        gram,
        Float64Array.from({ length: order * order }, (_, i) => (i % (order + 1) === 0 ? 1 : 0)),
      );
      const turned = times(
        transposed(basis, order, order),
        times(factor, basis, order, order, order),
        order,
        order,
        order,
      );
      turned.forEach((v, i) => {
        if (i % (order + 1) !== 0) expect(Math.abs(v)).toBeLessThan(1e-9);
      });
    }
  });
});
