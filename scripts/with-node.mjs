/**
 * `node scripts/with-node.mjs VERSION [arguments]`: `npm test` on another Node. VERSION is what npm takes for one: 24, 20.19, 26.1.0.
 * The binary comes from the npm package node-<platform>-<architecture> and is kept in node_modules/.cache; no lifecycle script runs.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { entry, root, run, SetupError, say } from './process.mjs';
import { cacheFile, npm, prepare } from './setup.mjs';

/** @param {string} version @returns {Promise<string>} the path of the binary */
async function fetchNode(version) {
  const windows = process.platform === 'win32';
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  const folder = cacheFile(`node-${version}`);
  const binary = join(folder, 'node_modules', name, windows ? 'bin/node.exe' : 'bin/node');
  if (existsSync(binary)) return binary;
  say(`set-up: ${name}@${version}`);
  mkdirSync(folder, { recursive: true });
  // Without a package.json of its own npm would install into the repository's.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
  const { code } = await npm(['install', '--prefix', folder, ...options, `${name}@${version}`]);
  if (code === 0 && existsSync(binary)) return binary;
  rmSync(folder, { recursive: true, force: true });
  throw new SetupError(
    `with-node: could not get ${name}@${version} from the npm registry (see above); ` +
      `\`npm view ${name} versions\` lists the versions that there are.`,
  );
}

await entry(async () => {
  const [version, ...args] = process.argv.slice(2);
  if (!version || !/^\d+(\.\d+){0,2}$/.test(version)) {
    throw new SetupError('Usage: node scripts/with-node.mjs VERSION [arguments of npm test]; VERSION as 24 or 24.1.0');
  }
  // First, since an install empties the cache.
  await prepare();
  const node = await fetchNode(version);
  // Commands that the tests start find this Node first.
  process.env.PATH = [dirname(node), process.env.PATH].join(delimiter);
  const { code, output } = await run(node, ['--version'], { capture: true });
  if (code !== 0) throw new SetupError(`with-node: ${node} does not run here:\n${output}`);
  say(`with-node: Node ${output.trim()}`);
  return (await run(node, [join(root, 'scripts/test.mjs'), ...args], { stdin: 'inherit' })).code;
});
