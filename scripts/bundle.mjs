/**
 * Bundles every entry of the library for Node, from dist/ to dist/bundle/: one file for each entry and a few that they share, not minified. Node spends
 * most of an import on finding and opening files. Bundlers for browsers get the single modules, of which they keep what is used.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { root } from './process.mjs';

const library = join(root, 'packages/osculate');

/** @returns {Promise<void>} */
export async function bundle() {
  /** @type {{ exports: Record<string, { types: string }> }} */
  const { exports } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
  const entries = Object.values(exports).map(({ types }) => types.replace(/^\.\/dist\/|\.d\.ts$/g, ''));
  const build = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, join(library, 'dist', `${name}.js`)])),
    platform: 'node',
    external: /^(node:|onnxruntime-|jsep$)/,
    // Everything that an entry exports is kept; what it imports runs in the order of the modules.
    treeshake: false,
  });
  const target = join(library, 'dist/bundle');
  rmSync(target, { recursive: true, force: true });
  await build.write({ dir: target, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'shared/[name].js' });
  await build.close();
}
