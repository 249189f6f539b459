/** `npm run check [-- step ...]`: types, lint, imports, dead code and the package; all steps or those named. */
import { pathToFileURL } from 'node:url';
import { checkPackage } from './package.mjs';
import { entry, runTool, SetupError, say } from './process.mjs';
import { build, prepare } from './setup.mjs';

/** @typedef {{ code: number, output: string }} Result */

/** Packages first: tests, benchmarks and scripts are checked against their declarations. @returns {Promise<Result>} */
async function types() {
  const built = await build();
  if (built !== 0) return { code: built, output: '' };
  return runTool('typescript/bin/tsc', ['-b', 'tsconfig.tests.json', 'tsconfig.scripts.json'], { capture: true });
}

/** @type {Record<string, () => Promise<Result>>} */
const steps = {
  types,
  lint: () => runTool('@biomejs/biome/bin/biome', ['ci', '--colors=off'], { capture: true }),
  imports: () =>
    runTool(
      'dependency-cruiser/bin/dependency-cruise.mjs',
      [
        '--config',
        '.dependency-cruiser.mjs',
        '--output-type',
        'err-long',
        'packages/*/{src,test}',
        'benchmarks',
        'test',
        'scripts',
      ],
      { capture: true },
    ),
  package: checkPackage,
  dead: () => runTool('knip/bin/knip.js', ['--no-progress'], { capture: true }),
};

/** @param {string} name */
async function report(name) {
  const step = steps[name];
  if (!step) throw new SetupError(`No check is called ${name}; there are ${Object.keys(steps).join(', ')}.`);
  const started = Date.now();
  const { code, output } = await step();
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (code !== 0) say(output.trimEnd());
  say(`check ${name}: ${code === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  return { name, failed: code !== 0 };
}

/**
 * Runs checks and reports each on stderr. Types come first because they build what the others resolve and pack.
 * @param {readonly string[]} [names]
 * @returns {Promise<string[]>} the names of those that failed
 */
export async function check(names = Object.keys(steps)) {
  const first = names.includes('types') ? [await report('types')] : [];
  const rest = await Promise.all(names.filter((name) => name !== 'types').map(report));
  return [...first, ...rest].filter(({ failed }) => failed).map(({ name }) => name);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await entry(async () => {
    await prepare();
    const names = process.argv.slice(2);
    const failed = await check(names.length > 0 ? names : undefined);
    return failed.length === 0 ? 0 : 1;
  });
}
