import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

it('wasm-module.ts is what the sources compile to', async () => {
  const script = new URL('../../../../../scripts/build-wasm.mjs', import.meta.url);
  const { compileKernels } = (await import(script.href)) as { compileKernels(): Promise<string> };
  const committed = await readFile(new URL('../../../src/linalg/kernels/wasm-module.ts', import.meta.url), 'utf8');
  expect(await compileKernels()).toBe(committed);
}, 120_000);
