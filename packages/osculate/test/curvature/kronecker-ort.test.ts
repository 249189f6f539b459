import { describe, expect, it } from 'vitest';
import { type Block, kroneckerBlocks, kroneckerFactors } from '../../src/curvature/index.js';
import {
  type AnyLayer,
  conv2d,
  dense,
  embedding,
  flatten,
  gru,
  layerNorm,
  relu,
  sequential,
  softmaxCrossEntropy,
} from '../../src/nn/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { type Tensor, toNumbers } from '../../src/tensor/index.js';
import { type CaseOptions, makeCase, prepare } from './support.js';

const loss = softmaxCrossEntropy();

describe('Kronecker factors on ONNX Runtime', () => {
  it.each([
    [
      'a convolutional network',
      sequential([conv2d(1, 2, 3, { padding: 1 }), relu(), flatten(), dense(32, 3)]),
      { x: [3, 1, 4, 4] },
    ],
    [
      'a recurrent network',
      sequential([embedding(5, 3), gru(3, 4), layerNorm(4), dense(4, 5)]),
      { x: [3, 6], vocabulary: 5 },
    ],
  ] as [string, AnyLayer, Omit<CaseOptions, 'loss'>][])('are those of the reference: %s', async (_, layer, options) => {
    const problem = makeCase(layer, { ...options, loss, classes: true });
    const blocks: readonly Block[] = kroneckerBlocks(problem);
    const tree: Record<string, Tensor> = {};
    kroneckerFactors(problem, blocks, { normalizer: problem.normalizer }).forEach(({ input, output }, i) => {
      if (input) tree[`a${i}`] = input;
      tree[`g${i}`] = output;
    });
    const executor = await ortExecutor({ threads: 1 });
    const [expected, found] = [
      await (await prepare(tree))(problem.feeds),
      await (await prepare(tree, executor))(problem.feeds),
    ];
    for (const name of Object.keys(expected)) {
      const [truth, values] = [toNumbers(expected[name]!), toNumbers(found[name]!)];
      const scale = Math.max(...truth.map(Math.abs));
      truth.forEach((v, i) => void expect(Math.abs(values[i]! - v)).toBeLessThan(1e-11 * scale));
    }
    await executor.dispose();
  });
});
