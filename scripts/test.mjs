/**
 * `npm test`: sets everything up, runs all checks and all tests, says why tests were skipped, and ends with a line
 * "N passed, N failed, N skipped".
 * `npm test -- arguments` passes the arguments to Vitest and leaves the checks out.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { check } from './check.mjs';
import { entry, runTool, SetupError, say } from './process.mjs';
import { build, cacheFile, prepare } from './setup.mjs';

/**
 * @typedef {{ fullName: string, status: string }} TestResult
 * @typedef {{ status: string, assertionResults: TestResult[] }} FileResult
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, testResults: FileResult[] }} Results
 */

/** A file that fails before its tests start (a bad import, say) has no failed test: it counts as one. @param {Results} results */
function count(results) {
  const broken = results.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + broken.length,
    skipped: results.numPendingTests + results.numTodoTests,
    reasons: reasonsOf(results),
  };
}

/** How many tests were skipped for each reason; a test has it in its name (`describeUnless` puts it there). @param {Results} results */
function reasonsOf({ testResults }) {
  /** @type {Map<string, number>} */
  const reasons = new Map();
  for (const { fullName, status } of testResults.flatMap((file) => file.assertionResults)) {
    if (!['pending', 'skipped', 'todo', 'disabled'].includes(status)) continue;
    const reason = /\[skipped: (.*?)\]/.exec(fullName)?.[1] ?? 'not in this run';
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return reasons;
}

/** @param {readonly string[]} args */
async function vitest(args) {
  const file = cacheFile(`vitest-${process.pid}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { code } = await runTool('vitest/vitest.mjs', ['run', ...reporters, ...args], { stdin: 'inherit' });
  const results = existsSync(file)
    ? count(JSON.parse(readFileSync(file, 'utf8')))
    : { passed: 0, failed: 1, skipped: 0, reasons: new Map() };
  rmSync(file, { force: true });
  return { code, ...results };
}

await entry(async () => {
  const args = process.argv.slice(2);
  await prepare();
  /** @type {string[]} */
  let failedChecks = [];
  if (args.length === 0) failedChecks = await check();
  else if ((await build()) !== 0)
    throw new SetupError('set-up: the build failed (errors above). Correct them and run again.');
  const { code, passed, failed, skipped, reasons } = await vitest(args);
  if (failedChecks.length > 0) say(`checks failed: ${failedChecks.join(', ')}`);
  if (code !== 0 && failed === 0) say(`Vitest ended with status ${code} although no test failed (see above).`);
  for (const [reason, tests] of reasons) say(`${tests} skipped: ${reason}`);
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failedChecks.length > 0 || failed > 0 ? 1 : code;
});
