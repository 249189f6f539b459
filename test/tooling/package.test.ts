import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** An empty project with the packed library and what it depends on. */
const project = mkdtempSync(join(realpathSync(tmpdir()), 'osculate-package-'));
const library = join(project, 'node_modules/osculate');

interface Manifest {
  readonly exports: Readonly<Record<string, { types: string; node?: string; default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
}
const manifest: Manifest = JSON.parse(readFileSync(join(root, 'packages/osculate/package.json'), 'utf8'));

function link(name: string): void {
  const target = join(project, 'node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(join(root, 'node_modules', name), target, 'junction');
}

/** What a program that runs in the project prints. */
function node(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

function compile(options: string[]): void {
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', '--skipLibCheck', 'false'];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...strict, ...options], {
    cwd: project,
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  expect(status).toBe(0);
}

/** The files that an import of one loads from the package, and what it imports from elsewhere. */
function loaded(file: string, files = new Set<string>(), others = new Set<string>()) {
  files.add(file);
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:im|ex)port\b(?:[^;'"]* from)? *["'](.*?)["'];/gm,
  )) {
    const path = join(dirname(file), specifier);
    if (!specifier.startsWith('.')) others.add(specifier);
    else if (!files.has(path)) loaded(path, files, others);
  }
  return { files: [...files], others: [...others] };
}

/** What somebody new may write first, typed strictly. */
const first = `
  import { compile, curveFit, fitReport, grad, input, referenceExecutor } from 'osculate';
  import { curveFit as same } from 'osculate/fit';

  const x = [0, 1, 2, 3, 4, 5];
  const y = x.map((v) => 3 * Math.exp(-0.5 * v));
  const fit = curveFit((t, { a, k }) => a.mul(t.mul(k).neg().exp()), { x, y }, { start: { a: 1, k: 1 } });
  const k: number = fit.values.k;
  const t = input('t', 'f64', []);
  const program = compile({ slope: grad(t.square(), t) });
  const { slope } = await (await referenceExecutor().load(program)).run({ t: 3 });
  console.log(k.toFixed(6), slope.data[0], same === curveFit, fitReport(fit).includes('k'));`;

beforeAll(() => {
  const archives = join(project, 'archives');
  execFileSync(process.execPath, [join(root, 'scripts/package.mjs'), archives]);
  mkdirSync(library, { recursive: true });
  execFileSync('tar', ['-xzf', join(archives, readdirSync(archives)[0]!), '-C', library, '--strip-components', '1']);
  for (const name of Object.keys(manifest.dependencies)) link(name);
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(project, 'program.ts'), first);
}, 60_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('the packed library', () => {
  it('holds modules and declarations of the sources, bundles, and nothing else', () => {
    const strange = readdirSync(library, { recursive: true, withFileTypes: true })
      .filter((item) => item.isFile())
      .map(({ parentPath, name }) =>
        join(parentPath, name)
          .slice(library.length + 1)
          .replaceAll('\\', '/'),
      )
      .filter((path) => !/^dist\/(?!.*\btests?\/).*\.(js|d\.ts)$/.test(path));
    expect(strange.sort()).toEqual(['LICENSE', 'README.md', 'package.json']);
    const mapped = readdirSync(library, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') || path.endsWith('.js'))
      .filter((path) => readFileSync(join(library, path), 'utf8').includes('sourceMappingURL'));
    expect(mapped).toEqual([]);
  });

  it('gives types and values to a program under NodeNext', () => {
    compile(['--module', 'nodenext', 'program.ts']);
    expect(node('program.js')).toBe('0.500000 6 true true\n');
  }, 60_000);

  it('gives types to a program under Bundler', () => {
    compile(['--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit', 'program.ts']);
  }, 60_000);

  it.each(Object.entries(manifest.exports))('has the same names at %s in Node and for bundlers', (subpath, places) => {
    const module = `./node_modules/osculate/${places.default.replace('/bundle/', '/')}`;
    const program = `
      for (const name of ['osculate${subpath.slice(1)}', '${module}']) console.log(Object.keys(await import(name)).join());`;
    const [inNode, forBundlers] = node('--input-type=module', '-e', program).split('\n');
    expect(inNode).toMatch(/\w/);
    expect(inNode).toBe(forBundlers);
  });

  // Time is spent on files first, then on parsing: what `benchmarks/import-time.mjs` measures, by what does not vary.
  it.each([
    ['.', 6, 1_600_000, ['fflate', 'papaparse']],
    ['./fit', 4, 900_000, []],
    ['./tensor', 4, 900_000, []],
    ['./node', 8, 1_600_000, ['fflate', 'papaparse']],
  ])('starts %s in Node from at most %i files', (subpath, files, bytes, packages) => {
    const { node: place, default: otherwise } = manifest.exports[subpath]!;
    const found = loaded(join(library, place ?? otherwise));
    expect(found.others.filter((name) => !name.startsWith('node:')).sort()).toEqual(packages);
    expect(found.files.length).toBeGreaterThan(1);
    expect(found.files.length).toBeLessThanOrEqual(files);
    const size = found.files.reduce((sum, file) => sum + statSync(file).size, 0);
    expect(size).toBeGreaterThan(100_000);
    expect(size).toBeLessThanOrEqual(bytes);
  });

  it('leaves what is for Node alone out of a bundle for browsers', async () => {
    const program = join(project, 'page.js');
    writeFileSync(
      program,
      `import { fitModel, importOnnx } from 'osculate'; globalThis.used = [fitModel, importOnnx];`,
    );
    const build = await rolldown({ input: program, platform: 'browser' });
    const { output } = await build.generate({ format: 'esm' });
    await build.close();
    const own = new Set(output.map(({ fileName }) => fileName));
    const imports = output.flatMap((file) => (file.type === 'chunk' ? [...file.imports, ...file.dynamicImports] : []));
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter((name) => !own.has(name))).toEqual([]);
  });
});
