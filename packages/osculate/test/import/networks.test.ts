import { describe, expect, it } from 'vitest';
import { ggnvp, grad, hessian, hvp } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { type ImportedModel, importOnnx } from '../../src/import/index.js';
import { matrix, symmetricEigenvalues } from '../../src/linalg/index.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import {
  astype,
  input,
  leaves,
  mapTree,
  type NDArray,
  parameters,
  type Tensor,
  type Tree,
} from '../../src/tensor/index.js';
import { type NetworkName, networkNames, networks, referenceCase, referenceOnnx } from '../networks/reference.js';

type Named = Readonly<Record<string, NDArray>>;

/** ‖actual − expected‖/‖expected‖ over all arrays, by our layers' names. */
function relativeError(name: NetworkName, actual: Named, prefix: string, expected: Named): number {
  let [difference, size, compared] = [0, 0, 0];
  for (const [key, a] of Object.entries(actual)) {
    if (!key.startsWith(prefix)) continue;
    const e = expected[networks[name].rename(key.slice(prefix.length))]!;
    expect(a.shape).toEqual(e.shape);
    compared++;
    for (let i = 0; i < e.data.length; i++) {
      difference += (Number(a.data[i]) - Number(e.data[i])) ** 2;
      size += Number(e.data[i]) ** 2;
    }
  }
  expect(compared).toBe(Object.keys(expected).length);
  return Math.sqrt(difference / size);
}

const importNetwork = (name: NetworkName): ImportedModel => importOnnx(referenceOnnx(name));

/** The imported network with the reference file's loss, in a dtype. */
function lossOf(name: NetworkName, dtype: 'f32' | 'f64') {
  const imported = importNetwork(name);
  const data = referenceCase(name, dtype);
  const stored = mapTree(imported.parameters, (a) => astype(a, dtype)) as Tree<NDArray>;
  const weights = parameters(stored, 'param.') as Tree<Tensor>;
  const output = imported.call(weights, { x: input('x', dtype, data.x.shape) }).output!;
  const loss = networks[name].loss.value(output, input('y', data.y.dtype, data.y.shape));
  return { data, stored, weights, output, loss };
}

async function check(name: NetworkName, dtype: 'f32' | 'f64', executor: Executor, tolerance: number): Promise<void> {
  const { data, stored, weights, output, loss } = lossOf(name, dtype);
  const v = parameters(stored, 'v.') as Tree<Tensor>;
  const executable = await executor.load(
    compile({
      output,
      loss,
      gradient: grad(loss, weights),
      hvp: hvp(loss, weights, v),
      ggnvp: ggnvp(loss, output, weights, v),
    }),
  );
  const feeds = leaves(stored).flatMap(([leaf, a]) => [
    [`param.${leaf}`, a] as const,
    [`v.${leaf}`, data.direction[networks[name].rename(leaf)]!] as const,
  ]);
  const results = await executable.run({ x: data.x, y: data.y, ...Object.fromEntries(feeds) });
  await executable.dispose();
  const errorOf = (prefix: string, expected: Named): number => relativeError(name, results, prefix, expected);
  expect(relativeError(name, { output: results.output! }, '', { output: data.output })).toBeLessThan(tolerance);
  expect(Math.abs(Number(results.loss!.data[0]) - data.loss) / data.loss).toBeLessThan(tolerance);
  expect(errorOf('gradient.', data.gradient)).toBeLessThan(tolerance);
  expect(errorOf('hvp.', data.hvp)).toBeLessThan(tolerance);
  expect(errorOf('ggnvp.', data.ggnvp)).toBeLessThan(tolerance);
}

describe.each(networkNames)('%s, imported, against PyTorch in float64', (name) => {
  it('keeps the names and values of the weights', () => {
    const imported = importNetwork(name);
    const expected = referenceCase(name, 'f32').parameters;
    const named = leaves(imported.parameters).map(([leaf, array]) => [networks[name].rename(leaf), array] as const);
    expect(Object.fromEntries(named)).toEqual(expected);
    expect(Object.values(imported.sources).sort()).toEqual(
      leaves(imported.parameters)
        .map(([leaf]) => leaf)
        .sort(),
    );
  });

  it('reference executor, f64: loss, gradient, HVP and GGNVP within 1e-12', async () => {
    await check(name, 'f64', referenceExecutor(), 1e-12);
  });

  it('ONNX Runtime, f32: within 1e-5', async () => {
    const executor = await ortExecutor();
    await check(name, 'f32', executor, 1e-5);
    await executor.dispose();
  });
});

describe('dense Hessian of imported networks', () => {
  it.each(networkNames)(
    '%s: eigenvalues within 1e-6 of PyTorch’s',
    async (name) => {
      const { data, stored, weights, loss } = lossOf(name, 'f64');
      const wrt = leaves(weights).map(([, t]) => t);
      const executable = await referenceExecutor().load(compile({ h: hessian(loss, wrt) }));
      const feeds = Object.fromEntries(leaves(stored).map(([leaf, a]) => [`param.${leaf}`, a]));
      const { h } = await executable.run({ x: data.x, y: data.y, ...feeds });
      const [n] = h!.shape as [number];
      const eigenvalues = symmetricEigenvalues(matrix(n, n, h!.data as Float64Array));
      const expected = Float64Array.from(data.eigenvalues.data as Float64Array).sort();
      const largest = Math.max(...expected.map(Math.abs));
      expect(eigenvalues.length).toBe(expected.length);
      eigenvalues.forEach((e, i) => {
        expect(Math.abs(e - expected[i]!)).toBeLessThan(1e-6 * largest);
      });
    },
    60_000,
  );
});
