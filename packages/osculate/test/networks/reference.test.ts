import { describe, expect, it } from 'vitest';
import { ggnvp, grad, hessian, hvp } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { loadParameters } from '../../src/nn/index.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { generator, input, leaves, parameters } from '../../src/tensor/index.js';
import { type Named, type NetworkName, networkNames, networks, referenceCase } from './reference.js';
import { relativeError } from './relative-error.js';

function graphOf(name: NetworkName, dtype: 'f32' | 'f64') {
  const data = referenceCase(name, dtype);
  const { layer, loss } = networks[name];
  const tree = loadParameters(layer.init(generator(0), dtype), data.parameters);
  const weights = parameters(tree, 'param.');
  const v = parameters(tree, 'v.');
  const x = input('x', data.x.dtype, data.x.shape);
  const y = input('y', data.y.dtype, data.y.shape);
  const output = layer.apply(weights, x);
  const feeds = (groups: Record<string, Named>): Named =>
    Object.fromEntries([
      ['x', data.x],
      ['y', data.y],
      ...Object.entries(groups).flatMap(([prefix, named]) =>
        Object.entries(named).map(([n, a]) => [prefix + n, a] as const),
      ),
    ]);
  return { data, weights, v, x, y, output, loss: loss.value(output, y), feeds };
}

async function check(name: NetworkName, dtype: 'f32' | 'f64', executor: Executor, tolerance: number): Promise<void> {
  const { data, weights, v, output, loss, feeds } = graphOf(name, dtype);
  const program = compile({
    output,
    loss,
    gradient: grad(loss, weights),
    hvp: hvp(loss, weights, v),
    ggnvp: ggnvp(loss, output, weights, v),
  });
  const executable = await executor.load(program);
  const results = await executable.run(feeds({ 'param.': data.parameters, 'v.': data.direction }));
  expect(Math.abs(Number(results.loss!.data[0]) - data.loss) / data.loss).toBeLessThan(tolerance);
  expect(relativeError(results, { output: data.output }, '')).toBeLessThan(tolerance);
  expect(relativeError(results, data.gradient, 'gradient.')).toBeLessThan(tolerance);
  expect(relativeError(results, data.hvp, 'hvp.')).toBeLessThan(tolerance);
  expect(relativeError(results, data.ggnvp, 'ggnvp.')).toBeLessThan(tolerance);
  await executable.dispose();
}

describe.each(networkNames)('%s against PyTorch in float64', (name) => {
  it('reference executor: loss, gradient, HVP and GGNVP within 1e-9', async () => {
    await check(name, 'f64', referenceExecutor(), 1e-9);
  });

  it('ONNX Runtime, f32: within 2e-4', async () => {
    const executor = await ortExecutor();
    await check(name, 'f32', executor, 2e-4);
    await executor.dispose();
  });

  it('ONNX Runtime, f64: within 1e-9', async () => {
    const executor = await ortExecutor();
    await check(name, 'f64', executor, 1e-9);
    await executor.dispose();
  });
});

describe('dense Hessian', () => {
  it.each(['lstm_last', 'mlp_tanh'] as const)(
    '%s: trace and Frobenius norm equal those of PyTorch’s eigenvalues',
    async (name) => {
      const { data, weights, loss, feeds } = graphOf(name, 'f64');
      const executable = await referenceExecutor().load(
        compile({
          hessian: hessian(
            loss,
            leaves(weights).map(([, t]) => t),
          ),
        }),
      );
      const { hessian: h } = await executable.run(feeds({ 'param.': data.parameters }));
      const n = h!.shape[0]!;
      const values = h!.data as Float64Array;
      const eigenvalues = data.eigenvalues.data as Float64Array;
      let [trace, squares, asymmetry] = [0, 0, 0];
      for (let i = 0; i < n; i++) {
        trace += values[i * n + i]!;
        for (let j = 0; j < n; j++) {
          squares += values[i * n + j]! ** 2;
          asymmetry = Math.max(asymmetry, Math.abs(values[i * n + j]! - values[j * n + i]!));
        }
      }
      const sum = eigenvalues.reduce((s, e) => s + e, 0);
      const sumOfSquares = eigenvalues.reduce((s, e) => s + e * e, 0);
      expect(Math.abs(trace - sum)).toBeLessThan(1e-9 * Math.abs(sum));
      expect(Math.abs(squares - sumOfSquares)).toBeLessThan(1e-9 * sumOfSquares);
      expect(asymmetry).toBeLessThan(1e-12);
    },
  );
});
