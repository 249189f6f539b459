import { describe, expect, it } from 'vitest';
import {
  filled,
  heNormal,
  heUniform,
  type Initializer,
  normal,
  orthogonal,
  sparse,
  uniform,
  xavierNormal,
  xavierUniform,
} from '../../src/nn/index.js';
import { generator, InputError, toNumbers } from '../../src/tensor/index.js';

const shape = [200, 50, 3, 3];
const [fanIn, fanOut] = [450, 1800];

/** Sample moments of a weight of 90,000 elements. */
function moments(init: Initializer): { mean: number; variance: number; largest: number; count: number } {
  const values = toNumbers(init(generator(11), shape, 'f64'));
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return { mean, variance, largest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 0), count: values.length };
}

describe('variances', () => {
  // Fourth moment over squared variance: 3 for a normal, 9/5 for a uniform distribution.
  it.each([
    ['normal', normal(0.3), 0.09, 3],
    ['uniform', uniform(0.6), 0.12, 1.8],
    ['xavierNormal', xavierNormal, 2 / (fanIn + fanOut), 3],
    ['xavierUniform', xavierUniform, 2 / (fanIn + fanOut), 1.8],
    ['heNormal', heNormal, 2 / fanIn, 3],
    ['heUniform', heUniform, 2 / fanIn, 1.8],
  ])('%s', (_, init, variance, kurtosis) => {
    const sample = moments(init);
    expect(Math.abs(sample.mean)).toBeLessThan(4 * Math.sqrt(variance / sample.count));
    expect(Math.abs(sample.variance / variance - 1)).toBeLessThan(4 * Math.sqrt((kurtosis - 1) / sample.count));
    if (kurtosis < 2) expect(sample.largest).toBeLessThanOrEqual(Math.sqrt(3 * variance));
    else expect(sample.largest).toBeGreaterThan(3 * Math.sqrt(variance));
  });

  it('filled', () => {
    expect(toNumbers(filled(2.5)(generator(0), [2, 2], 'f32'))).toEqual([2.5, 2.5, 2.5, 2.5]);
  });
});

describe('orthogonal', () => {
  it.each([
    ['rows', [5, 12], 1],
    ['columns', [12, 5], 1],
    ['a kernel', [4, 3, 2, 2], 1],
    ['a gain', [6, 6], 1.5],
  ])('the shorter side is orthonormal: %s', (_, dims, gain) => {
    const values = toNumbers(orthogonal(gain)(generator(2), dims, 'f64'));
    const rows = dims[0]!;
    const columns = values.length / rows;
    const at = (i: number, k: number): number =>
      rows <= columns ? values[i * columns + k]! : values[k * columns + i]!;
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        let dot = 0;
        for (let k = 0; k < length; k++) dot += at(i, k) * at(j, k);
        expect(dot).toBeCloseTo(i === j ? gain * gain : 0, 12);
      }
    }
  });
});

describe('sparse', () => {
  it('every unit has 15 connections of the given deviation, at distinct inputs', () => {
    const weight = sparse(15, 2)(generator(3), [400, 100], 'f64');
    const values = toNumbers(weight).filter((v) => v !== 0);
    for (let unit = 0; unit < 400; unit++) {
      const row = weight.data.subarray(unit * 100, (unit + 1) * 100) as Float64Array;
      expect(row.filter((v) => v !== 0)).toHaveLength(15);
    }
    const variance = values.reduce((a, b) => a + b * b, 0) / values.length;
    expect(Math.abs(variance / 4 - 1)).toBeLessThan(4 * Math.sqrt(2 / values.length));
    // Inputs are chosen evenly: each of 100 by 15 % of 400 units.
    for (let j = 0; j < 100; j++) {
      const chosen = Array.from({ length: 400 }, (_, i) => weight.data[i * 100 + j]!).filter((v) => v !== 0).length;
      expect(Math.abs(chosen - 60)).toBeLessThan(5 * Math.sqrt(60 * 0.85));
    }
  });

  it('takes all inputs where there are fewer', () => {
    expect(toNumbers(sparse(15)(generator(3), [4, 6], 'f32')).every((v) => v !== 0)).toBe(true);
  });
});

describe('all', () => {
  const all: [string, Initializer][] = [
    ['normal', normal(1)],
    ['uniform', uniform(1)],
    ['xavierNormal', xavierNormal],
    ['xavierUniform', xavierUniform],
    ['heNormal', heNormal],
    ['heUniform', heUniform],
    ['orthogonal', orthogonal()],
    ['sparse', sparse(3)],
  ];

  it.each(all)('%s: the seed alone determines the weights', (_, init) => {
    expect(init(generator(5), [6, 8], 'f32')).toEqual(init(generator(5), [6, 8], 'f32'));
    expect(init(generator(5), [6, 8], 'f32')).not.toEqual(init(generator(6), [6, 8], 'f32'));
    expect(init(generator(5), [6, 8], 'f64').dtype).toBe('f64');
  });

  it.each(all.filter(([name]) => !/^(normal|uniform)$/.test(name)))('%s needs fans', (_, init) => {
    expect(() => init(generator(5), [6], 'f32')).toThrow(InputError);
    expect(() => init(generator(5), [6], 'f32')).toThrow(/a weight of shape \[6\] has no fan-in and fan-out/);
  });
});
