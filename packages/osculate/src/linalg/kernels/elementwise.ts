import { compiledKernels, type WasmMemory } from './wasm-host.js';

/** Kernels that treat every element of some vectors of floats by itself, in double precision; packages/osculate/wasm says what each computes. */
type Elementwise = 'adamSingle' | 'nadamSingle' | 'rmspropSingle' | 'adagradSingle';

/** A vector that a kernel reads and, if it overwrites it, the one to which the outcome goes. */
export interface Operand {
  readonly read: Float32Array | Float64Array;
  readonly write?: Float32Array | Float64Array;
}

interface Exports extends Readonly<Record<Elementwise | 'squaresSingle', (n: number) => void>> {
  readonly memory: WasmMemory;
  readonly SETTINGS: { readonly value: number };
  readonly GRADIENT: { readonly value: number };
  readonly BLOCK_BYTES: { readonly value: number };
  readonly BLOCK_LENGTH: { readonly value: number };
}

interface Blocks {
  readonly kernels: Exports;
  /** Elements of a block. */
  readonly length: number;
  readonly settings: Float64Array;
  readonly views: readonly Float32Array[];
}

/** Most settings, and most operands, that a kernel has. */
const [SETTINGS, OPERANDS] = [10, 4];

/** Elements below which entering a kernel costs more than the loop of the caller. */
export const SHORT = 384;

let blocks: Blocks | undefined | 'unknown' = 'unknown';

/** An instance of its own, whose memory never grows: growing would detach the views. */
function startBlocks(): Blocks | undefined {
  const instantiate = compiledKernels();
  if (instantiate === undefined) return undefined;
  try {
    const kernels = instantiate() as Exports;
    const { buffer } = kernels.memory;
    const length = kernels.BLOCK_LENGTH.value;
    const at = (k: number) => kernels.GRADIENT.value + k * kernels.BLOCK_BYTES.value;
    const views = Array.from({ length: OPERANDS }, (_, k) => new Float32Array(buffer, at(k), length));
    return { kernels, length, settings: new Float64Array(buffer, kernels.SETTINGS.value, SETTINGS), views };
  } catch {
    return undefined;
  }
}

/** The blocks, started on first use, or undefined where this host has none. */
function blocksHere(): Blocks | undefined {
  if (blocks === 'unknown') blocks = startBlocks();
  return blocks;
}

const isSingle = ({ read, write = read }: Operand): boolean =>
  read instanceof Float32Array && write instanceof Float32Array;

/**
 * Runs a kernel over elements `from` … `to` − 1 of vectors of floats, a block at a time that stays in the processor's cache. False, with nothing
 * done, where the caller's own loop has to run: for vectors of doubles and on hosts without WebAssembly SIMD. The outcome is the loop's, bit for
 * bit. Below SHORT elements the loop is faster.
 */
export function runElementwise(
  kernel: Elementwise,
  [from, to]: readonly [number, number],
  operands: readonly Operand[],
  settings: readonly number[],
): boolean {
  const found = operands.every(isSingle) ? blocksHere() : undefined;
  if (found === undefined) return false;
  const { kernels, length, views } = found;
  found.settings.set(settings);
  for (let start = from; start < to; start += length) {
    const end = Math.min(start + length, to);
    for (let k = 0; k < operands.length; k++) views[k]!.set(operands[k]!.read.subarray(start, end));
    kernels[kernel](end - start);
    const whole = end - start === length;
    for (let k = 0; k < operands.length; k++) {
      operands[k]!.write?.set(whole ? views[k]! : views[k]!.subarray(0, end - start), start);
    }
  }
  return true;
}

/**
 * The sums of the squares of elements 4i, 4i + 1, 4i + 2 and 4i + 3 of a vector of floats, below its first `whole` elements, a multiple of 4; or
 * undefined where the caller's own loop has to run. The sums are the loop's, bit for bit.
 */
export function squaresByFour(
  v: Float32Array | Float64Array,
  whole: number,
): readonly [number, number, number, number] | undefined {
  const found = v instanceof Float32Array && whole >= SHORT ? blocksHere() : undefined;
  if (found === undefined) return undefined;
  const { kernels, length, settings, views } = found;
  settings.fill(0, 0, 4);
  for (let start = 0; start < whole; start += length) {
    const end = Math.min(start + length, whole);
    views[0]!.set(v.subarray(start, end));
    kernels.squaresSingle(end - start);
  }
  return [settings[0]!, settings[1]!, settings[2]!, settings[3]!];
}
