import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../packages/osculate/src/', import.meta.url));

/** The bundle of a program that imports `osculate/<folder>` as `{{folder}}`, after unused code was dropped. */
async function bundle(program: string): Promise<string> {
  const code = program.replace(/\{\{(.*?)\}\}/g, (_, entry: string) => `${src}${entry}.ts`);
  const build = await rolldown({
    input: 'program',
    plugins: [
      {
        name: 'program',
        resolveId: (id) => (id === 'program' ? id : undefined),
        load: (id) => (id === 'program' ? code : undefined),
      },
    ],
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    external: ['onnxruntime-web', 'jsep', 'papaparse', 'fflate'],
  });
  const { output } = await build.generate({ format: 'esm', minify: true });
  await build.close();
  return output[0].code;
}

/** What a bundled program exports as `result`. */
async function run(program: string): Promise<unknown> {
  const code = await bundle(program);
  const module: { result: unknown } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return module.result;
}

describe('a bundler that drops unused modules', () => {
  it.each([
    ['index', 'grad'],
    ['autodiff/index', 'grad'],
    ['nn/index', 'dense'],
    ['ops/index', 'where'],
  ])('keeps the methods of tensors for %s', async (entry, name) => {
    const program = `
      import { ${name} } from '{{${entry}}}';
      import { input } from '{{tensor/index}}';
      globalThis.used = ${name};
      export const result = input('x', 'f64', []).sin().mul(2).node.op.name;`;
    expect(await run(program)).toBe('mul');
  });

  it('leaves out what no tensor has as a method', async () => {
    const code = await bundle(`import { where } from '{{ops/index}}'; globalThis.used = where;`);
    expect(code).toContain('logSoftmax');
    expect(code).not.toContain('whileLoop');
    expect(code).not.toContain('Cholesky');
  });
});
