import { InputError } from '../../tensor/errors.js';
import { jsKernels } from './js-kernels.js';
import type { KernelName, KernelOptions, Kernels } from './kernels.js';
import { startWasmKernels } from './wasm-kernels.js';

let wasm: Kernels | undefined | 'unknown' = 'unknown';

/** Compiled on first use, so that importing the library costs nothing. */
function wasmKernels(): Kernels | undefined {
  if (wasm === 'unknown') wasm = startWasmKernels();
  return wasm;
}

/**
 * The kernels that dense routines use unless told otherwise: 'wasm' where the host has WebAssembly SIMD, 'js' elsewhere.
 * @example
 * defaultKernels(); // 'wasm', or 'js' where there is no SIMD
 */
export function defaultKernels(): KernelName {
  return wasmKernels() === undefined ? 'js' : 'wasm';
}

/** The kernels that the options ask for. InputError when that is 'wasm' and the host has none. */
export function kernelsFor(options: KernelOptions): Kernels {
  if (options.kernels === 'js') return jsKernels;
  const found = wasmKernels();
  if (found !== undefined) return found;
  if (options.kernels === 'wasm') {
    throw new InputError(`This host has no WebAssembly SIMD; leave out { kernels: 'wasm' } to run the plain kernels.`);
  }
  return jsKernels;
}

/** Runs `body` with `length` doubles of the kernels' memory, freed afterwards. */
export function withMemory<T>(k: Kernels, length: number, body: (offset: number) => T): T {
  const offset = k.allocate(length);
  try {
    return body(offset);
  } finally {
    k.release(offset);
  }
}
