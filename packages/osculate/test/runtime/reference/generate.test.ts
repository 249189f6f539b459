import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prepareGraph, referenceBuffer } from '../../../src/compile/evaluate.js';
import { generate } from '../../../src/runtime/reference/generate.js';
import type { BufferFunction, Graph } from '../../../src/tensor/ir.js';
import { randomGraph } from './random-graph.js';

function results(compute: BufferFunction, graph: Graph, values: readonly Float64Array[]): number[][] {
  // Buffers full of rubbish: a step that needs zeros must write them.
  const outputs = graph.outputs.map((t) => referenceBuffer(t.dtype, t.size).fill(77));
  compute(values, outputs);
  return outputs.map((o) => Array.from(o));
}

describe('generated code', () => {
  it.each([3, 12, 60, 400])('equals interpretation bit for bit on random graphs of %i ops', (steps) => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), (seed) => {
        const { graph, values } = randomGraph(seed, steps);
        const generated = generate(graph);
        const expected = results(prepareGraph(graph), graph, values);
        expect(results(generated, graph, values)).toEqual(expected);
        // Once more: nothing may be left over from the first call.
        const others = values.map((v) => v.map((x) => 0.5 - x));
        expect(results(generated, graph, others)).toEqual(results(prepareGraph(graph), graph, others));
        expect(results(generated, graph, values)).toEqual(expected);
      }),
      // The example: a value that a loop reads twice, once element by element and once along a stride.
      { numRuns: steps < 100 ? 100 : 10, endOnFailure: true, examples: [[177089150]] },
    );
  });
});
