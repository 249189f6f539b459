/**
 * Bundles the library for Node: from the modules in dist/ to dist/bundle/, a file for each entry and two that they share, readable and not
 * minified. Node spends most of an import on finding and opening files. Bundlers get the single modules, of which they keep what is used.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { root } from './process.mjs';

const library = join(root, 'packages/osculate');

/** Folders of dist/ that fits need: with them alone `osculate/fit` starts in half the time. What they import comes with them. */
const core = /[\\/]dist[\\/](tensor|ops|autodiff|compile|onnx|runtime|linalg|objective|fit)[\\/]/;

/** What runs in Node alone, and is loaded when it is first used. */
const node = /[\\/]node([\\/]|\.js$)/;

/** @returns {Promise<void>} */
export async function bundle() {
  /** @type {{ exports: Record<string, { types: string }>, dependencies: object, peerDependencies: object }} */
  const manifest = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
  const packages = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const entries = Object.values(manifest.exports).map(({ types }) => types.replace(/^\.\/dist\/|\.d\.ts$/g, ''));
  const build = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, join(library, 'dist', `${name}.js`)])),
    platform: 'node',
    external: (id) => packages.some((name) => id === name || id.startsWith(`${name}/`)),
    // Everything that an entry exports is kept; what it imports runs in the order of the modules.
    treeshake: false,
    // Files of Node's that browser code loads when asked are in osculate/node too.
    checks: { ineffectiveDynamicImport: false },
  });
  const target = join(library, 'dist/bundle');
  rmSync(target, { recursive: true, force: true });
  await build.write({
    dir: target,
    format: 'esm',
    comments: { jsdoc: false },
    entryFileNames: '[name].js',
    chunkFileNames: 'shared/[name].js',
    codeSplitting: {
      groups: [
        { name: 'core', priority: 2, minShareCount: 2, test: (id) => core.test(id) && !node.test(id) },
        { name: 'training', priority: 1, minShareCount: 2, test: (id) => !node.test(id) },
      ],
    },
  });
  await build.close();
}
