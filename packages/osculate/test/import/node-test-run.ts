import { compile, type Program } from '../../src/compile/index.js';
import { type ImportedModel, importOnnx } from '../../src/import/index.js';
import type { Executor } from '../../src/runtime/index.js';
import { input, isFloat, leaves, type NDArray, parameters, type Tensor, type Tree } from '../../src/tensor/index.js';
import { inputName } from '../../src/tensor/leaf.js';
import type { NodeTest } from './node-test-files.js';

export type Outcome =
  | { readonly kind: 'pass'; readonly fixed: readonly string[]; readonly folded: boolean }
  | { readonly kind: 'refused' | 'wrong'; readonly reason: string };

/** ONNX's own tolerances. */
const [relative, absolute] = [1e-3, 1e-7];

function differs(actual: NDArray, expected: NDArray): string | undefined {
  if (actual.dtype !== expected.dtype) return `dtype ${actual.dtype} instead of ${expected.dtype}`;
  if (actual.shape.join() !== expected.shape.join()) return `shape [${actual.shape}] instead of [${expected.shape}]`;
  for (let i = 0; i < expected.data.length; i++) {
    const [a, e] = [actual.data[i]!, expected.data[i]!];
    if (a === e || (Number.isNaN(Number(a)) && Number.isNaN(Number(e)))) continue;
    const close =
      isFloat(expected.dtype) && Math.abs(Number(a) - Number(e)) <= absolute + relative * Math.abs(Number(e));
    if (!close) return `element ${i} is ${a} instead of ${e}`;
  }
  return undefined;
}

type Named = Readonly<Record<string, NDArray>>;

/**
 * Imports with as few inputs fixed as possible: none, those of integers and booleans (shapes, axes, flags), all but the first (bounds,
 * scales and lengths in floats), or all.
 */
function importFixing(
  test: NodeTest,
  given: Named,
): { readonly imported: ImportedModel; readonly fixed: readonly string[] } {
  const names = Object.keys(given);
  const attempts = [[], names.filter((n) => !isFloat(given[n]!.dtype)), names.slice(1), names];
  const inputShapes = Object.fromEntries(names.map((n) => [n, given[n]!.shape]));
  let first: unknown;
  for (const fixed of attempts) {
    try {
      const values = Object.fromEntries(fixed.map((n) => [n, given[n]!]));
      return { imported: importOnnx(test.model, { values, inputShapes }), fixed };
    } catch (error) {
      first ??= error;
      if (!(error as Error).message.includes('options.values')) throw error;
    }
  }
  throw first;
}

/** An imported and compiled node test, or why it cannot be. */
export type Prepared =
  | {
      readonly kind: 'ready';
      readonly program: Program;
      readonly feeds: Named;
      readonly expected: readonly NDArray[];
      readonly fixed: readonly string[];
      /** The model has inputs, and all are fixed: its outputs are computed at import. */
      readonly folded: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: string };

export function prepareNodeTest(test: NodeTest): Prepared {
  const stored = new Set(test.model.graph!.initializer.map((t) => t.name));
  const names = test.model.graph!.input.map((v) => v.name ?? '').filter((n) => !stored.has(n));
  let given: Named;
  let found: ReturnType<typeof importFixing>;
  try {
    const arrays = test.inputs();
    given = Object.fromEntries(names.map((n, i) => [n, arrays[i]!]));
    test.outputs();
    found = importFixing(test, given);
  } catch (error) {
    return { kind: 'refused', reason: (error as Error).message };
  }
  const { imported, fixed } = found;
  const tensors = Object.fromEntries(
    imported.inputs.map(({ name, dtype, shape }) => [name, input(name, dtype, shape)]),
  );
  const outputs = imported.call(parameters(imported.parameters, 'parameter.') as Tree<Tensor>, tensors);
  const list = imported.outputs.map(({ name }) => outputs[name]!);
  const program = compile({ outputs: list }, { inputs: Object.values(tensors) });
  const feeds = [
    ...leaves(imported.parameters).map(([name, array]) => [`parameter.${name}`, array] as const),
    ...imported.inputs.map(({ name }) => [name, given[name]!] as const),
  ];
  const read = new Set(program.inputs.map(inputName));
  return {
    kind: 'ready',
    program,
    feeds: Object.fromEntries(feeds.filter(([name]) => read.has(name))),
    expected: test.outputs(),
    fixed,
    folded: fixed.length > 0 && imported.inputs.length === 0,
  };
}

/** Runs a prepared test and compares its outputs with the file's. */
export async function runNodeTest(prepared: Prepared, executor: Executor): Promise<Outcome> {
  if (prepared.kind === 'refused') return prepared;
  const executable = await executor.load(prepared.program);
  const results = await executable.run(prepared.feeds);
  await executable.dispose();
  const wrong = prepared.expected
    .map((e, i) => differs(results[`outputs.${i}`]!, e))
    .find((reason) => reason !== undefined);
  const { fixed, folded } = prepared;
  return wrong === undefined ? { kind: 'pass', fixed, folded } : { kind: 'wrong', reason: wrong };
}
