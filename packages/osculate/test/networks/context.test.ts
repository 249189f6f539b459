import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { loadParameters } from '../../src/nn/index.js';
import {
  allRows,
  type Batch,
  type CurvatureMatrix,
  gaussNewtonMatrix,
  hessianMatrix,
  supervisedObjective,
} from '../../src/objective/index.js';
import { inNesting } from '../../src/objective/matrices.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { generator, leaves, parameters } from '../../src/tensor/index.js';
import { type ContextNetworkName, contextCase, contextNetworkNames, contextNetworks } from './reference.js';
import { relativeError } from './relative-error.js';

type Mode = 'training' | 'inference';

/** The errors of what an objective computes of a network, relative to PyTorch's values. */
async function errorsOf(name: ContextNetworkName, mode: Mode, dtype: 'f32' | 'f64', executor: Executor) {
  const { layer, loss } = contextNetworks[name];
  const { x, y, direction, masks, running, batch: statistics, ...data } = contextCase(name, dtype);
  const tree = loadParameters(layer.init(generator(0), dtype), data.parameters);
  const objective = supervisedObjective({ executor, model: layer.apply, loss, parameters: tree, x, y, mode });
  const v = leaves(parameters(tree, 'v.')).map(([, t]) => t);
  const build = (batch: Batch) => {
    const product = (matrix: CurvatureMatrix) => inNesting(batch, matrix.product(batch, v));
    return {
      loss: batch.loss,
      output: batch.outputs,
      gradient: grad(batch.loss, batch.weights),
      hvp: product(hessianMatrix),
      ggnvp: product(gaussNewtonMatrix),
      ...(mode === 'training' && { statistics: batch.statistics }),
    };
  };
  const directions = Object.entries(direction).map(([key, array]) => [`v.${key}`, array]);
  const feeds = { ...Object.fromEntries(directions), ...(mode === 'training' ? masks : running) };
  const results = await objective.run('all', build, objective.layout.flat(tree), allRows(objective.rows), feeds);
  await objective.dispose();
  const expected = data[mode];
  return {
    loss: Math.abs(Number(results.loss!.data[0]) - expected.loss) / expected.loss,
    output: relativeError(results, { output: expected.output }, ''),
    gradient: relativeError(results, expected.gradient, 'gradient.'),
    hvp: relativeError(results, expected.hvp, 'hvp.'),
    ggnvp: relativeError(results, expected.ggnvp, 'ggnvp.'),
    ...(mode === 'training' &&
      'statistics.0.mean' in running && { statistics: relativeError(results, statistics, '') }),
  };
}

const executors = {
  'the reference executor': async () => referenceExecutor(),
  'ONNX Runtime': ortExecutor,
};

describe.each(contextNetworkNames)('%s against PyTorch in float64', (name) => {
  describe.each(['training', 'inference'] as const)('in %s', (mode) => {
    it.each([
      ['the reference executor', 'f64', 1e-9],
      ['ONNX Runtime', 'f64', 1e-9],
      ['ONNX Runtime', 'f32', 2e-4],
    ] as const)('%s, %s: loss, gradient, HVP, GGNVP and statistics within %d', async (engine, dtype, tolerance) => {
      const executor = await executors[engine]();
      const errors = await errorsOf(name, mode, dtype, executor);
      await executor.dispose();
      for (const [what, error] of Object.entries(errors)) expect(error, what).toBeLessThan(tolerance);
    });
  });
});
