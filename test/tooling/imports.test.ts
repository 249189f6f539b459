import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const src = 'packages/osculate/src';

/** Planted files: path and what it imports. */
const files: Record<string, string[]> = {
  // Allowed.
  [`${src}/index.ts`]: ['./tensor/index.js', './optim/index.js'],
  [`${src}/tensor/index.ts`]: ['./shape.js'],
  [`${src}/tensor/shape.ts`]: [],
  [`${src}/ops/index.ts`]: ['../tensor/index.js'],
  [`${src}/runtime/index.ts`]: ['../onnx/codec.js', '../ops/index.js'],
  [`${src}/onnx/codec.ts`]: ['../tensor/index.js'],
  [`${src}/optim/index.ts`]: ['../objective/programs.js', '../tensor/index.js'],
  [`${src}/objective/programs.ts`]: ['../runtime/index.js'],
  [`${src}/data/index.ts`]: [],
  [`${src}/data/node.ts`]: ['node:fs', './index.js'],
  [`${src}/runtime/node/session.ts`]: ['node:path', '../index.js'],
  'packages/lab/src/cli.ts': ['node:fs', './run.js'],
  'packages/lab/src/run.ts': [],
  'benchmarks/speed.ts': ['../packages/osculate/src/index.js', '../packages/lab/src/run.js'],
  // Each of the rest breaks a rule.
  [`${src}/tensor/a.ts`]: ['./b.js'],
  [`${src}/tensor/b.ts`]: ['./c.js'],
  [`${src}/tensor/c.ts`]: ['type ./a.js'],
  [`${src}/tensor/upward.ts`]: ['../ops/index.js'],
  [`${src}/onnx/upward.ts`]: ['../runtime/index.js'],
  [`${src}/nn/upward.ts`]: ['type ../optim/index.js'],
  [`${src}/optim/whole.ts`]: ['../index.js'],
  [`${src}/optim/programs.ts`]: ['type ../runtime/index.js'],
  [`${src}/elsewhere/new.ts`]: ['../tensor/index.js'],
  [`${src}/nn/lab.ts`]: ['../../../lab/src/run.js'],
  [`${src}/nn/lab-package.ts`]: ['@osculate/lab'],
  [`${src}/nn/itself.ts`]: ['osculate/tensor'],
  [`${src}/data/files.ts`]: ['node:fs'],
  [`${src}/data/bare.ts`]: ['path'],
  [`${src}/data/reach.ts`]: ['./node.js'],
  'packages/lab/src/deep.ts': ['../../osculate/src/tensor/index.js'],
  'packages/lab/src/bench.ts': ['../../../benchmarks/speed.js'],
};

const violations = [
  `no-cycle ${src}/tensor/a.ts`,
  `layer-tensor ${src}/tensor/upward.ts`,
  `layer-onnx ${src}/onnx/upward.ts`,
  `layer-nn ${src}/nn/upward.ts`,
  `layer-index ${src}/optim/whole.ts`,
  `programs-once ${src}/optim/programs.ts`,
  `layer-unknown ${src}/elsewhere/new.ts`,
  `library-alone ${src}/nn/lab.ts`,
  `library-alone ${src}/nn/lab-package.ts`,
  `library-alone ${src}/nn/itself.ts`,
  `library-anywhere ${src}/data/files.ts`,
  `library-anywhere ${src}/data/bare.ts`,
  `node-entry-only ${src}/data/reach.ts`,
  'lab-through-exports packages/lab/src/deep.ts',
  'source-not-tests packages/lab/src/bench.ts',
];

function statement(specifier: string, i: number): string {
  const [name, typeOnly] = specifier.startsWith('type ') ? [specifier.slice(5), 'type '] : [specifier, ''];
  return `import ${typeOnly}{ value as v${i} } from '${name}';\n`;
}

function plant(folder: string, path: string, imports: string[]): void {
  mkdirSync(join(folder, dirname(path)), { recursive: true });
  writeFileSync(join(folder, path), `${imports.map(statement).join('')}export const value = 1;\n`);
}

/** Runs the project's own rules over the folder, as `npm run check:imports` does over the project. */
function cruise(folder: string, targets: string[]) {
  const tool = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const config = join(root, '.dependency-cruiser.mjs');
  const args = [tool, '--config', config, '--output-type', 'err', ...targets];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  const found = [...stdout.matchAll(/^\s*error ([\w-]+): (\S+)/gm)].map(([, rule, from]) => `${rule} ${from}`);
  return { status, found, stderr };
}

describe('rules of import', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'osculate-imports-'));
    for (const [path, imports] of Object.entries(files)) plant(folder, path, imports);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('reports the planted cycle and every planted breach, and nothing else', () => {
    const { status, found, stderr } = cruise(folder, ['packages/*/{src,test}', 'benchmarks']);
    expect(stderr).toBe('');
    expect(new Set(found)).toEqual(new Set(violations));
    expect(status).not.toBe(0);
  });

  it('passes once the breaches are gone', () => {
    for (const violation of violations) rmSync(join(folder, violation.split(' ')[1] as string));
    const { status, found } = cruise(folder, ['packages/*/{src,test}', 'benchmarks']);
    expect(found).toEqual([]);
    expect(status).toBe(0);
  });
});
