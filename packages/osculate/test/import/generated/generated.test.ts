import { describe, expect, it } from 'vitest';
import { importers } from '../../../src/import/operators.js';
import { type Executor, referenceExecutor } from '../../../src/runtime/index.js';
import { ortExecutor } from '../../../src/runtime/node.js';
import { cases } from './cases/index.js';
import { expectedOf, filledGaps, substituteOf, suggestion } from './gaps.js';
import { difference } from './results.js';
import { runImported } from './run.js';
import { type Schema, schemas } from './schemas.js';
import { typesKey, type Variant, variantsOf } from './variants.js';

/** What is wrong with a version of an operator: a line for every case and choice of types. */
async function problemsOf({ opset }: Schema, variants: readonly Variant[], executor: Executor): Promise<string[]> {
  const expected = await expectedOf(variants);
  const actual = await runImported(variants, opset, executor);
  const problems: string[] = [];
  for (const [i, variant] of variants.entries()) {
    const e = expected[i]!;
    if (e instanceof Error) {
      const line = await suggestion(variant);
      const advice = line === undefined ? 'it needs a closed form' : `gaps.txt needs '${line}'`;
      problems.push(`${variant.label}: ONNX Runtime does not run it (${e.message}); ${advice}`);
    } else {
      const wrong = difference(variant, actual[i]!, e, substituteOf(variant).wide);
      if (wrong !== undefined) problems.push(`${variant.label}: ${wrong}`);
    }
  }
  return problems;
}

describe('the table of cases', () => {
  const operators = new Set(schemas.map(({ op }) => op));

  it('has every operator that the importer knows, and no other', () => {
    expect([...operators].sort()).toEqual([...importers.keys()].sort());
    expect(Object.keys(cases).sort()).toEqual([...importers.keys()].sort());
  });

  it('has every version at which an importer changes', () => {
    const known = new Set(schemas.map(({ op, version }) => `${op} ${version}`));
    const changes = [...importers].flatMap(([op, entry]) =>
      typeof entry === 'function' ? `${op} 1` : entry.map(([version]) => `${op} ${version}`),
    );
    // The importer refuses Scan 8; versions from 1 on hold in the oldest version that it reads.
    const missing = changes.filter((change) => !known.has(change) && !/ [1-6]$/.test(change));
    expect(missing).toEqual(['Scan 8']);
  });

  it.each(Object.entries(cases))('runs every case of %s', (op, list) => {
    const used = new Set(schemas.filter((s) => s.op === op).flatMap((s) => variantsOf(s, list).map((v) => v.case)));
    expect(list.filter((given) => !used.has(given)).map(({ what }) => what)).toEqual([]);
  });
});

describe('operators from the file, as ONNX Runtime computes them', () => {
  it.each(schemas.map((schema) => [`${schema.op} ${schema.version}`, schema] as const))('%s', async (_, schema) => {
    const variants = variantsOf(schema, cases[schema.op]!);
    expect(variants.length).toBeGreaterThan(0);
    expect(await problemsOf(schema, variants, referenceExecutor())).toEqual([]);
    // Types for which the list of gaps has a line without need; other processors have other kernels.
    if (process.arch === 'x64') expect(await filledGaps(variants)).toEqual([]);
  });
});

describe('operators of the newest version, lowered to ONNX Runtime', () => {
  const newest = new Map(schemas.map((schema) => [schema.op, schema]));

  it.each([...newest])('%s', async (op, schema) => {
    const variants = variantsOf(schema, cases[op]!);
    const usual = variants.filter(({ types }) => typesKey(types) === typesKey(variants[0]!.types));
    const executor = await ortExecutor();
    expect(await problemsOf(schema, usual, executor)).toEqual([]);
    await executor.dispose();
  });
});
