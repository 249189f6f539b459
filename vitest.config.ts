import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const library = new URL('packages/osculate/', import.meta.url);

/** Tests run against the source: each entry point in the library's `exports` stands for its file in src. */
function aliases() {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', library), 'utf8')) as {
    exports: Record<string, { types: string }>;
  };
  return Object.entries(exports).map(([subpath, { types }]) => ({
    find: new RegExp(`^osculate${subpath.slice(1)}$`),
    replacement: fileURLToPath(new URL(types.replace('/dist/', '/src/').replace(/\.d\.ts$/, '.ts'), library)),
  }));
}

export default defineConfig({
  resolve: { alias: aliases() },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
