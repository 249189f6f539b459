/**
 * Set-up that every script shares: checks Node, installs the dependencies and builds the packages, each only when needed.
 * It is called by the scripts themselves because npm's own pre and post hooks are off (`ignore-scripts` in .npmrc).
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root, run, runTool, SetupError, say } from './process.mjs';

const minimumNode = [20, 19];
const cache = join(root, 'node_modules/.cache/osculate');
const buildStamp = join(cache, 'build-stamp');

/** A path for a temporary result of a script, in a folder that exists. @param {string} name */
export function cacheFile(name) {
  mkdirSync(cache, { recursive: true });
  return join(cache, name);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = minimumNode;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  throw new SetupError(
    `Node ${process.versions.node} is too old: osculate needs Node ${minimumNode.join('.')} or newer. ` +
      'Install a current version from nodejs.org (or run `nvm install 22`) and run the command again.',
  );
}

/** Modification time in milliseconds, 0 for a file that does not exist. @param {string} path */
function modified(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/**
 * npm writes node_modules/.package-lock.json at the very end, so that a killed install leaves it missing or old.
 * @returns {string | undefined} why an install is needed
 */
function whyInstall() {
  const installed = modified('node_modules/.package-lock.json');
  if (installed === 0) return existsSync(join(root, 'node_modules')) ? 'the last install did not finish' : 'first run';
  if (modified('package-lock.json') > installed) return 'package-lock.json has changed';
  if (!existsSync(join(root, 'node_modules/typescript/package.json'))) return 'development tools are missing';
  return undefined;
}

/**
 * Runs npm: the one that started this script when there is one, else the one on the PATH.
 * @param {string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function npm(args, options = { stdout: 2 }) {
  const started = process.env.npm_execpath;
  if (started && /^npm/.test(basename(started)) && /\.[cm]?js$/.test(started)) {
    return run(process.execPath, [started, ...args], options);
  }
  return run('npm', args, { ...options, shell: process.platform === 'win32' });
}

async function install() {
  const why = whyInstall();
  if (!why) return;
  const command = existsSync(join(root, 'package-lock.json')) ? 'ci' : 'install';
  say(`set-up: npm ${command} (${why})`);
  // Development dependencies hold the compiler, so they are needed under NODE_ENV=production too.
  const { code, signal } = await npm([command, '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (signal)
    throw new SetupError(`set-up: npm ${command} was stopped by ${signal}; run the command again to finish it.`);
  if (code !== 0) {
    throw new SetupError(
      `set-up: npm ${command} failed with status ${code} (see above). Check that the npm registry can be reached ` +
        'and that there is space on the disk, then run the command again. If package.json and package-lock.json ' +
        'disagree, run `npm install` once.',
    );
  }
}

/** Every file below a folder that takes part in a build, as "path mtime size". @param {string} folder @returns {string[]} */
function listing(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((item) => {
    const path = `${folder}/${item.name}`;
    if (item.isDirectory()) return listing(path);
    const { mtimeMs, size } = statSync(join(root, path));
    return `${path} ${mtimeMs} ${size}`;
  });
}

/** Changes whenever a build could give something else. @param {string[]} packages */
function fingerprint(packages) {
  const hash = createHash('sha256');
  for (const path of ['tsconfig.base.json', 'tsconfig.json', 'scripts/bundle.mjs', 'node_modules/.package-lock.json']) {
    hash.update(`${path} ${modified(path)}\n`);
  }
  for (const name of packages) {
    for (const path of [`packages/${name}/package.json`, `packages/${name}/tsconfig.json`]) {
      hash.update(`${path} ${modified(path)}\n`);
    }
    hash.update(listing(`packages/${name}/src`).sort().join('\n'));
  }
  return hash.digest('hex');
}

/** Removes what an earlier build left of sources that are gone: it would be published. @param {string} name */
function removeStale(name) {
  const dist = join(root, 'packages', name, 'dist');
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const source = path.replace(/(\.d\.ts|\.js)$/, '.ts');
    if (source !== path && !existsSync(join(root, 'packages', name, 'src', source))) rmSync(join(dist, path));
  }
}

/**
 * Builds the packages that are out of date. Nothing is started when no input has changed since the last good build.
 * The packages use each other as they are installed, so that the library is bundled too.
 * @returns {Promise<number>} exit status of the compiler
 */
export async function build() {
  const packages = readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'src')),
  );
  const print = fingerprint(packages);
  const built = ['packages/osculate/dist/bundle', ...packages.map((name) => `packages/${name}/dist/.tsbuildinfo`)];
  const complete = built.every((path) => existsSync(join(root, path)));
  if (complete && existsSync(buildStamp) && readFileSync(buildStamp, 'utf8') === print) return 0;
  say('set-up: tsc -b');
  const { code } = await runTool('typescript/bin/tsc', ['-b', ...packages.map((name) => `packages/${name}`)], {
    stdout: 2,
  });
  if (code !== 0) return code;
  for (const name of packages) removeStale(name);
  const { bundle } = await import('./bundle.mjs');
  await bundle();
  writeFileSync(cacheFile('build-stamp'), print);
  return 0;
}

/** Checks Node and brings node_modules up to date with package-lock.json. */
export async function prepare() {
  requireNode();
  await install();
}
