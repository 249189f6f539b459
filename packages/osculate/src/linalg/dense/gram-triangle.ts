import type { KernelOptions, Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { eachRowBlock, type ReadRows, STRIDE } from './row-blocks.js';
import { solveTriangularAt } from './triangular.js';

/** Squared norms of columns outside of this range are refused: products with them could over- or underflow. */
const SMALLEST = 2 ** -900;
const LARGEST = 2 ** 900;

/** Whether all n columns of the Gram matrix at g have norms that are safe to work with; these are written to `norms`. */
function safeNorms({ heap }: Kernels, n: number, width: number, g: number, norms: number): boolean {
  for (let j = 0; j < n; j++) {
    const square = heap[g + j * (width + 1)]!;
    if (!(square > SMALLEST && square < LARGEST)) return false;
    heap[norms + j] = Math.sqrt(square);
  }
  return heap[g + n * (width + 1)]! < LARGEST;
}

/** ‖(R·D⁻¹)⁻¹‖ in Frobenius' norm, of Rᵀ at l and the norms D of R's columns; n² doubles of work. */
function inverseNorm(k: Kernels, n: number, width: number, l: number, norms: number, work: number): number {
  const { heap } = k;
  heap.fill(0, work, work + n * n);
  for (let j = 0; j < n; j++) heap[work + j * (n + 1)] = heap[norms + j]!;
  solveTriangularAt(k, n, { at: l, ld: width, transposed: false, unit: false, upper: false }, n, work, n);
  return Math.sqrt(k.dot(n * n, work, work));
}

/**
 * The triangular factor of [A, b] for a tall A of m rows and n columns whose columns are well apart, from the Cholesky factor of its Gram
 * matrix: half the operations of a QR factorisation, in the fastest of all loops. Accepted only where ‖(R·D⁻¹)⁻¹‖, with D the norms of A's
 * columns and at least their condition over √n, is at most `most`: then ‖R·p‖ = ‖A·p‖·(1 + O(ε·most²)) for every p, and Qᵀb = R⁻ᵀAᵀb has an
 * error of O(ε·most²)·‖Qᵀb‖ + O(ε·most)·‖b‖ (Higham 2002, section 20.4). The last element, the norm of what A leaves of b, has one of
 * O(√ε)·‖b‖, since it is found by subtraction. Writes the factor to `result`, row-major of order n + 1, and returns true; false where A is
 * refused or not finite. `read` gives b as column n. Cost mn².
 */
export function gramTriangle(
  m: number,
  n: number,
  read: ReadRows,
  most: number,
  result: Float64Array,
  options: KernelOptions = {},
): boolean {
  const k = kernelsFor(options);
  const width = n + 1;
  return withMemory(k, width * (width + 1) + width * Math.max(STRIDE, width), (g) => {
    const norms = g + width * width;
    const work = norms + width;
    const { heap } = k;
    heap.fill(0, g, norms);
    eachRowBlock(k, m, width, read, work, (rows, at) => k.addGram(width, rows, at, STRIDE, g, width));
    if (!safeNorms(k, n, width, g, norms)) return false;
    const failed = k.choleskyBlock(width, g, width);
    if (failed >= 0 && failed < n) return false;
    const corner = g + n * (width + 1);
    if (failed === n) heap[corner] = 0;
    if (!(inverseNorm(k, n, width, g, norms, work) <= most)) return false;
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) result[j * width + i] = j <= i ? heap[g + i * width + j]! : 0;
    }
    return true;
  });
}
