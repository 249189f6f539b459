/**
 * `node scripts/build-wasm.mjs`: compiles packages/osculate/wasm (AssemblyScript) and writes the module, in base64, to
 * packages/osculate/src/linalg/kernels/wasm-module.ts. Run it after changing a kernel; a test compares the two.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';

const sources = new URL('../packages/osculate/wasm/', import.meta.url);
const target = new URL('../packages/osculate/src/linalg/kernels/wasm-module.ts', import.meta.url);

/** @param {string} name */
function source(name) {
  try {
    return readFileSync(new URL(name, sources), 'utf8');
  } catch {
    return null;
  }
}

/** The text of wasm-module.ts, compiled afresh. */
export async function compileKernels() {
  /** @type {Uint8Array} */
  let module = new Uint8Array();
  const flags = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '32'];
  const { error, stderr } = await asc.main(['index.ts', '--outFile', 'kernels.wasm', ...flags], {
    readFile: source,
    writeFile: (name, contents) => {
      if (name === 'kernels.wasm' && contents instanceof Uint8Array) module = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`The kernels do not compile: ${error.message}\n${stderr.toString()}`);
  const lines =
    Buffer.from(module)
      .toString('base64')
      .match(/.{1,110}/g) ?? [];
  return [
    '/** Compiled from packages/osculate/wasm by scripts/build-wasm.mjs; do not edit. */',
    'export const wasmModule = `',
    ...lines,
    '`;',
    '',
  ].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(target, await compileKernels());
  process.stderr.write(`wrote ${fileURLToPath(target)}\n`);
}
