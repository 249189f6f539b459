import { HEAP_START } from './gemm';

/**
 * Where elementwise kernels find what they work on, in an instance whose heap nobody else uses: SETTINGS holds doubles (read before the loop: a
 * splat of an argument would be made anew at every turn), and the operands lie in blocks of BLOCK_LENGTH floats, BLOCK_BYTES apart. Kernels
 * work on pairs: an odd count overwrites one element beyond it.
 */
export const SETTINGS: usize = HEAP_START;
export const BLOCK_LENGTH: i32 = 4096;
export const BLOCK_BYTES: usize = <usize>BLOCK_LENGTH * 4 + 64;

/** The gradient, the parameters and the vectors of the method's state. */
export const GRADIENT: usize = SETTINGS + 128;
export const PARAMETERS: usize = GRADIENT + BLOCK_BYTES;
export const FIRST: usize = PARAMETERS + BLOCK_BYTES;
export const SECOND: usize = FIRST + BLOCK_BYTES;

/** Setting k in both lanes. */
export function setting(k: i32): v128 {
  return v128.load64_splat(SETTINGS + ((<usize>k) << 3));
}
