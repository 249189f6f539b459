import { describe, expect, it } from 'vitest';
import { importOnnx } from '../../src/import/index.js';
import { type GraphProto, graph as graphAttribute, graphOf, node, valueInfo } from '../../src/onnx/index.js';
import { InputError } from '../../src/tensor/errors.js';
import { ndarray } from '../../src/tensor/index.js';
import { modelOf, random } from './against-runtime.js';

const x = random([3]);
const yes = ndarray('bool', 1);

/** s ← tanh(s), `depth` loops deep; the condition is what it is given, or what `test` says. */
function nested(depth: number, trips: string, again = 'go'): GraphProto {
  const inner =
    depth === 1
      ? [node('Tanh', ['s'], ['next'])]
      : [node('Loop', [trips, 'yes', 's'], ['next'], { body: graphAttribute(nested(depth - 1, trips)) })];
  return graphOf({
    nodes: [node('Identity', [again], ['again']), ...inner],
    inputs: [valueInfo('i', 'i64', []), valueInfo('go', 'bool', []), valueInfo('s', 'f32')],
    outputs: [valueInfo('again', 'bool', []), valueInfo('next', 'f32')],
  });
}

function loops(depth: number, trips: number | undefined, start: 'x' | 'constant') {
  const name = trips === undefined ? '' : 'trips';
  return modelOf(
    { x },
    ['y'],
    {
      nodes: [
        node('Loop', [name, 'yes', start === 'x' ? 'x' : 'start'], ['last'], {
          body: graphAttribute(nested(depth, name)),
        }),
        node('Add', ['last', 'x'], ['y']),
      ],
      initializers: {
        ...(trips === undefined ? {} : { trips: ndarray('i64', trips) }),
        yes,
        start: ndarray('f32', [0.1, 0.2, 0.3]),
      },
    },
    16,
  );
}

function refusal(make: () => unknown): string {
  const begin = performance.now();
  let message = 'nothing was refused';
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    message = String(error);
  }
  expect(performance.now() - begin).toBeLessThan(2000);
  return message;
}

describe('a loop of a small file that would run for hours', () => {
  it.each(['x', 'constant'] as const)('over %s is refused at once', (start) => {
    for (const depth of [1, 2, 5, 9]) {
      expect(refusal(() => importOnnx(loops(depth, 1e12, start)))).toMatch(/would run .* nodes/);
      expect(refusal(() => importOnnx(loops(depth, undefined, start)))).toMatch(
        /no trip count|would run|unfolds to more/,
      );
    }
    expect(refusal(() => importOnnx(loops(9, 100, start)))).toMatch(/would run .* nodes/);
  });
});

describe('a window of a size that no picture has', () => {
  it.each(['MaxPool', 'AveragePool', 'LpPool'])('%s is refused or quick', (op) => {
    for (const [kernel, size] of [
      [[60_000], [1, 1, 60_000]],
      [[60_000], [1, 1, 120_000]],
      [
        [1000, 1000],
        [1, 1, 1000, 1000],
      ],
      [
        [300, 300],
        [1, 1, 600, 600],
      ],
      [
        [40, 40, 40],
        [1, 1, 60, 60, 60],
      ],
    ] as const) {
      const model = modelOf(
        { x: random(size) },
        ['y'],
        { nodes: [node(op, ['x'], ['y'], { kernel_shape: [...kernel] })] },
        16,
      );
      refusal(() => importOnnx(model));
    }
  });
});
