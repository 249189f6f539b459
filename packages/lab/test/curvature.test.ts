import { readFileSync } from 'node:fs';
import { curvatureOperator } from 'osculate/curvature';
import { matrix, symmetricEigenvalues } from 'osculate/linalg';
import { hessianMatrix } from 'osculate/objective';
import { describe, expect, it } from 'vitest';
import { analysisTarget, withObjective } from '../src/analysis/target.js';
import { curvature } from '../src/commands/curvature.js';
import type { Curvature } from '../src/curvature.js';
import { accident, recordedStreams, small, smallTarget, testFolder } from './analysis-support.js';

describe('osculate curvature', () => {
  const file = testFolder();

  async function run(change: object, json = true) {
    const { printed, ...streams } = recordedStreams();
    const settings = { matrix: 'hessian' as const, count: 2, probes: 64, steps: 10, resolution: 5, seed: 0, ...change };
    const html = file('page.html');
    const status = await curvature({ target: smallTarget, settings, threads: 1, html, json, ...streams }, small);
    return { status, ...printed, page: readFileSync(html, 'utf8') };
  }

  it('measures what the dense Hessian says', async () => {
    const { status, stdout } = await run({});
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as Curvature;
    const target = await analysisTarget(smallTarget, small);
    expect(result.layers.map(({ layer }) => layer)).toEqual(['0', '2']);
    const h = await withObjective(target, 1, (at) => curvatureOperator(at, hessianMatrix).toDense());
    const blockOf = (from: number, size: number) =>
      matrix(
        size,
        size,
        Float64Array.from(
          { length: size * size },
          (_, i) => h.data[(from + Math.floor(i / size)) * 66 + from + (i % size)]!,
        ),
      );
    const all = symmetricEigenvalues(blockOf(0, 66));
    const scale = all[65]!;
    expect(Math.abs(result.spectrum.ends[0]!.values[0]! - scale)).toBeLessThan(1e-3 * scale);
    const blocks = [blockOf(0, 42), blockOf(42, 24)].map((b) => symmetricEigenvalues(b));
    result.layers.forEach(({ layer, parameters, trace, standardError, largest, residual }, i) => {
      const values = blocks[i]!;
      expect(layer).toBe(['0', '2'][i]);
      expect(parameters).toBe(values.length);
      expect(Math.abs(trace - values.reduce((sum, v) => sum + v, 0))).toBeLessThan(4 * standardError);
      expect(Math.abs(largest - values.at(-1)!)).toBeLessThan(residual + 0.02 * scale);
    });
    expect(result.loss).toBeGreaterThan(0);
    expect(result.gradientNorm).toBeGreaterThan(0);
    expect(result.noise!.variance).toBeGreaterThan(0);
    expect(result.landscape.losses).toHaveLength(25);
  });

  it('prints tables and writes a page with all pictures', async () => {
    const { stdout, page } = await run({ probes: 2, steps: 4 }, false);
    for (const text of ['sharpness λmax', 'largest eigenvalue', 'gradient noise scale', 'lowest on the grid'])
      expect(stdout).toContain(text);
    expect(page.match(/<svg/g)).toHaveLength(7);
    expect(page.match(/<canvas/g)).toHaveLength(1);
    expect(page.replace(/<script>[\s\S]*?<\/script>/g, '')).not.toMatch(accident);
  });

  it('rejects what makes no sense', async () => {
    await expect(run({ resolution: 1 })).rejects.toThrow('--resolution is 1');
    await expect(run({ count: 0 })).rejects.toThrow('--count is 0');
  });
});
