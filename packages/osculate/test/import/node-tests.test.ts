import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { coverageTable, type Result } from './coverage-table.js';
import { foreignType, nodeTests } from './node-test-files.js';
import { prepareNodeTest, runNodeTest } from './node-test-run.js';

const tests = nodeTests();
const eligible = tests
  .filter((test) => foreignType(test) === undefined)
  .map((test) => ({ test, prepared: prepareNodeTest(test) }));

async function runAll(executor: Executor): Promise<Result[]> {
  const out: Result[] = [];
  for (const { test, prepared } of eligible) out.push({ test, outcome: await runNodeTest(prepared, executor) });
  await executor.dispose();
  return out;
}

const namesOf = (results: readonly Result[], kind: Result['outcome']['kind']): string[] =>
  results.filter(({ outcome }) => outcome.kind === kind).map(({ test }) => test.name);

/** Outputs that are zero but for rounding: the file's are those of another float32 algorithm, beyond ONNX's absolute tolerance of 1e-7. */
const rounding = ['test_dft_inverse', 'test_dft_inverse_opset19'];

describe('node tests of ONNX with tensors of float, double, int32, int64 and bool', () => {
  let results: Result[];

  beforeAll(async () => {
    results = await runAll(referenceExecutor());
  }, 120_000);

  it('are 1,111 of 1,447', () => {
    expect([eligible.length, tests.length]).toEqual([1111, 1447]);
  });

  it('reference executor: at least 94 % pass, nearly all others are refused', () => {
    expect(namesOf(results, 'wrong')).toEqual(rounding);
    expect(namesOf(results, 'pass').length).toBeGreaterThanOrEqual(0.94 * eligible.length);
  });

  it('ONNX Runtime passes the same', async () => {
    const others = await runAll(await ortExecutor());
    expect(namesOf(others, 'pass')).toEqual(namesOf(results, 'pass'));
  }, 120_000);

  it('docs/COVERAGE.md is current', async () => {
    const path = fileURLToPath(new URL('../../../../docs/COVERAGE.md', import.meta.url));
    await expect(coverageTable(tests.length, results)).toMatchFileSnapshot(path);
  });
});
