import { wasmModule } from './wasm-module.js';

/** The part of the host's WebAssembly object that is used; it is not part of the ECMAScript library types. */
interface WebAssemblyHost {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Makes an instance of the kernels, with a memory of its own, and returns its exports. */
export type Instantiate = () => unknown;

let compiled: { readonly host: WebAssemblyHost; readonly module: object } | undefined;

function decode(base64: string): Uint8Array {
  const text = atob(base64);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The compiled kernels, or undefined where this host has no WebAssembly or no SIMD, or forbids compiling (CSP). Compiled on first use. */
export function compiledKernels(): Instantiate | undefined {
  const host = (globalThis as { WebAssembly?: WebAssemblyHost }).WebAssembly;
  if (host === undefined) return undefined;
  try {
    if (compiled?.host !== host) compiled = { host, module: new host.Module(decode(wasmModule)) };
  } catch {
    return undefined;
  }
  const { module } = compiled;
  return () => new host.Instance(module).exports;
}
