/** The library as it is published. `node scripts/package.mjs FOLDER` packs it into an empty folder, which need not exist. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { entry, runTool, SetupError } from './process.mjs';
import { npm } from './setup.mjs';

/** @param {string} folder @returns {Promise<string>} the archive's path */
async function pack(folder) {
  mkdirSync(folder, { recursive: true });
  const options = ['--ignore-scripts', '--silent', '--pack-destination', folder];
  const { code, output } = await npm(['pack', './packages/osculate', ...options], { capture: true });
  const [archive] = readdirSync(folder);
  if (code !== 0 || !archive) throw new SetupError(`npm pack failed with status ${code}:\n${output}`);
  return join(folder, archive);
}

/** Packs what is built, and has publint and attw look at the archive. @returns {Promise<{ code: number, output: string }>} */
export async function checkPackage() {
  const folder = mkdtempSync(join(tmpdir(), 'osculate-pack-'));
  try {
    const archive = await pack(folder);
    // The registry is not asked whether somebody else has written types.
    const options = ['--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii', '--no-color', '--no-emoji'];
    const results = await Promise.all([
      runTool('publint/src/cli.js', ['run', archive, '--strict'], { capture: true }),
      runTool('@arethetypeswrong/cli/dist/index.js', [archive, ...options], { capture: true }),
    ]);
    const failed = results.filter(({ code }) => code !== 0);
    return { code: failed[0]?.code ?? 0, output: failed.map(({ output }) => output).join('\n') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await entry(async () => {
    const [folder] = process.argv.slice(2);
    if (!folder) throw new SetupError('Usage: node scripts/package.mjs FOLDER');
    await pack(resolve(folder));
    return 0;
  });
}
