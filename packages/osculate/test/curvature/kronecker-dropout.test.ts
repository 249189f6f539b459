import { describe, expect, it } from 'vitest';
import { kroneckerBlocks, kroneckerFactors } from '../../src/curvature/index.js';
import { loadParameters } from '../../src/nn/index.js';
import { allRows, type Batch, supervisedObjective } from '../../src/objective/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, type NDArray } from '../../src/tensor/index.js';
import { contextCase, contextNetworks } from '../networks/reference.js';

type Row = readonly number[];
type Rows = readonly Row[];

const data = contextCase('dropout', 'f64');

const rowsOf = ({ data: values, shape: [rows = 1] }: NDArray): Rows => {
  const width = values.length / rows;
  return Array.from({ length: rows }, (_, i) => Array.from(values.slice(i * width, (i + 1) * width), Number));
};
const dot = (a: Row, b: Row): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const times = (a: Row, b: Row): Row => a.map((v, i) => v * b[i]!);
/** Mean of aᵀ·b over pairs of rows. */
const crossMean = (left: Rows, right: Rows, count: number): Rows =>
  left[0]!.map((_, i) => right[0]!.map((_, j) => left.reduce((sum, a, k) => sum + a[i]! * right[k]![j]!, 0) / count));

function layer(name: string, x: Row): Row {
  const bias = rowsOf(data.parameters[`${name}.bias`]!).flat();
  return rowsOf(data.parameters[`${name}.weight`]!).map((row, i) => dot(row, x) + bias[i]!);
}

/** The factors of the layer between the two dropouts, row by row in plain numbers. */
function byHand(estimate: 'exact' | 'sampled'): { input: Rows; output: Rows } {
  const [first, second] = [rowsOf(data.masks['mask:0']!), rowsOf(data.masks['mask:1']!)];
  const last = rowsOf(data.parameters['6.weight']!);
  const labels = Array.from(data.y.data, Number);
  const inputs: Row[] = [];
  const [left, right]: [Row[], Row[]] = [[], []];
  const xs = rowsOf(data.x);
  for (const [i, x] of xs.entries()) {
    const h = times(layer('0', x).map(Math.tanh), first[i]!);
    const a = layer('3', h).map(Math.tanh);
    const powers = layer('6', times(a, second[i]!)).map(Math.exp);
    const p = powers.map((v) => v / powers.reduce((s, w) => s + w));
    // Jᵀu of the logits by the layer's output.
    const back = (u: Row): Row =>
      a.map(
        (t, j) =>
          dot(
            u,
            last.map((row) => row[j]!),
          ) *
          second[i]![j]! *
          (1 - t * t),
      );
    inputs.push([...h, 1]);
    if (estimate === 'sampled') {
      const slope = back(p.map((v, c) => v - (c === labels[i] ? 1 : 0)));
      left.push(slope);
      right.push(slope);
      continue;
    }
    for (const c of p.keys()) {
      const unit = p.map((_, d) => (d === c ? 1 : 0));
      left.push(back(unit));
      right.push(back(unit.map((v, d) => p[d]! * (v - p[c]!))));
    }
  }
  return { input: crossMean(inputs, inputs, xs.length), output: crossMean(left, right, xs.length) };
}

describe('Kronecker factors of a network with dropout', () => {
  it.each(['exact', 'sampled'] as const)('are those of the masked activations (%s)', async (estimate) => {
    const { layer: net, loss } = contextNetworks.dropout;
    const { x, y, masks } = data;
    const parameters = loadParameters(net.init(generator(0), 'f64'), data.parameters);
    const objective = supervisedObjective({ executor: referenceExecutor(), model: net.apply, loss, parameters, x, y });
    const build = (batch: Batch) => {
      const blocks = kroneckerBlocks(batch);
      const middle = blocks.findIndex((block) => block.kind === 'dense' && block.weight.name === '3.weight');
      const { input, output } = kroneckerFactors(batch, blocks, { estimate, normalizer: batch.normalizer })[middle]!;
      return { input: input!, output };
    };
    const found = await objective.run('factors', build, objective.layout.flat(parameters), allRows(12), masks);
    const expected = byHand(estimate);
    for (const part of ['input', 'output'] as const) {
      const [actual, wanted] = [rowsOf(found[part]!).flat(), expected[part].flat()];
      expect(actual).toHaveLength(wanted.length);
      for (const [i, v] of wanted.entries()) expect(actual[i]!).toBeCloseTo(v, 12);
    }
  });
});
