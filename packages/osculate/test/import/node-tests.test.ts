import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { describeUnless } from '../support/describe-unless.js';
import { noNodeTests } from '../support/node-test-archive.js';
import { coverageTable, type Result } from './coverage-table.js';
import { kindOf, nodeTests } from './node-test-files.js';
import { prepareNodeTest, runNodeTest } from './node-test-run.js';

const tests = nodeTests();
const numeric = tests.filter((test) => kindOf(test) !== 'text, sequences or optional values');
const apart = tests.filter((test) => !numeric.includes(test));
const prepared = numeric.map((test) => ({ test, prepared: prepareNodeTest(test) }));

async function runAll(executor: Executor): Promise<Result[]> {
  const out: Result[] = [];
  for (const { test, prepared: ready } of prepared) out.push({ test, outcome: await runNodeTest(ready, executor) });
  await executor.dispose();
  return out;
}

const namesOf = (results: readonly Result[], kind: Result['outcome']['kind']): string[] =>
  results.filter(({ outcome }) => outcome.kind === kind).map(({ test }) => test.name);

/** Outputs that are zero but for rounding: the file's are those of another float32 algorithm, beyond ONNX's absolute tolerance of 1e-7. */
const rounding = ['test_dft_inverse', 'test_dft_inverse_opset19'];

/** The file's outputs are rounded to the 8 binary digits of bfloat16, ours are those of float32. */
const bfloat16 = [
  'test_cast_FLOAT_to_BFLOAT16',
  'test_castlike_FLOAT_to_BFLOAT16',
  'test_castlike_FLOAT_to_BFLOAT16_expanded',
  'test_celu_bfloat16',
  'test_celu_bfloat16_expanded',
];

/** x / scale is 25.5 in float32 and less in the double precision of the reference executor, so that it rounds to another integer. */
const tie = ['test_dynamicquantizelinear'];

describeUnless(noNodeTests)('node tests of ONNX', () => {
  let reference: Result[];
  let runtime: Result[];
  let both: Result[];

  beforeAll(async () => {
    reference = await runAll(referenceExecutor());
    runtime = await runAll(await ortExecutor());
    both = reference.map((r, i) => (r.outcome.kind === 'pass' ? runtime[i]! : r));
  }, 240_000);

  it('are 1,447, of which 1,403 have tensors of numbers', () => {
    expect([tests.length, numeric.length]).toEqual([1447, 1403]);
  });

  it('at least 92 % of all pass on both executors, nearly all others are refused', () => {
    expect(namesOf(both, 'pass').length).toBeGreaterThanOrEqual(0.92 * tests.length);
    expect(namesOf(both, 'wrong')).toEqual([...bfloat16, ...rounding, ...tie].sort());
  });

  it('the executors pass the same but for one rounding', () => {
    expect(namesOf(runtime, 'wrong')).toEqual([...bfloat16, ...rounding].sort());
    expect(namesOf(reference, 'refused')).toEqual(namesOf(runtime, 'refused'));
  });

  it('docs/COVERAGE.md is current', async () => {
    const path = fileURLToPath(new URL('../../../../docs/COVERAGE.md', import.meta.url));
    await expect(coverageTable(both, apart)).toMatchFileSnapshot(path);
  });
});
