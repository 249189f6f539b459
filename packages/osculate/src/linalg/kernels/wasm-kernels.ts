import { InputError } from '../../tensor/errors.js';
import type { Kernels } from './kernels.js';
import { OffsetStack } from './stack.js';
import { compiledKernels, type Instantiate, type WasmMemory } from './wasm-host.js';

type Routines = Omit<Kernels, 'name' | 'heap' | 'allocate' | 'release'>;

interface Exports extends Routines {
  readonly memory: WasmMemory;
  readonly HEAP_START: { readonly value: number };
}

const PAGE = 65536;

/** Bytes beyond which the memory is given back once nothing is allocated in it. */
const KEEP = 2 ** 27;

/** WebAssembly memory only grows, so it is given back by starting a fresh instance of the (compiled once) module. */
class WasmKernels implements Kernels {
  readonly name = 'wasm';
  heap!: Float64Array;
  gemm!: Kernels['gemm'];
  gemv!: Kernels['gemv'];
  gemvTransposed!: Kernels['gemvTransposed'];
  gemvSingle!: Kernels['gemvSingle'];
  gemvTransposedSingle!: Kernels['gemvTransposedSingle'];
  symv!: Kernels['symv'];
  dot!: Kernels['dot'];
  axpy!: Kernels['axpy'];
  rotate!: Kernels['rotate'];
  solveLeft!: Kernels['solveLeft'];
  solveRightLowerTransposed!: Kernels['solveRightLowerTransposed'];
  choleskyBlock!: Kernels['choleskyBlock'];
  appendRows!: Kernels['appendRows'];
  addGram!: Kernels['addGram'];
  private memory!: Exports['memory'];
  private readonly stack: OffsetStack;

  constructor(private readonly instantiate: Instantiate) {
    const start = this.start();
    this.stack = new OffsetStack(start, (length) => this.grow(length * 8));
  }

  /** A fresh instance; returns the offset of the first free double. */
  private start(): number {
    const { memory, HEAP_START, ...routines } = this.instantiate() as Exports;
    Object.assign(this, routines);
    this.memory = memory;
    this.heap = new Float64Array(memory.buffer);
    return HEAP_START.value / 8;
  }

  private grow(bytes: number): void {
    const missing = bytes - this.memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      this.memory.grow(Math.ceil(missing / PAGE));
    } catch {
      throw new InputError(
        `The operands need ${(bytes / 2 ** 30).toFixed(1)} GiB of WebAssembly memory, more than this host gives; pass { kernels: 'js' }.`,
      );
    }
    this.heap = new Float64Array(this.memory.buffer);
  }

  allocate(length: number): number {
    return this.stack.allocate(length);
  }

  release(offset: number): void {
    if (this.stack.release(offset) && this.memory.buffer.byteLength > KEEP) this.start();
  }
}

/** The WebAssembly kernels, or undefined where this host has no WebAssembly or no SIMD, or forbids compiling (CSP). */
export function startWasmKernels(): Kernels | undefined {
  const instantiate = compiledKernels();
  if (instantiate === undefined) return undefined;
  try {
    return new WasmKernels(instantiate);
  } catch {
    return undefined;
  }
}
