import { type Matrix, matrix, symmetricEigen } from '../../linalg/index.js';
import { InputError } from '../../tensor/errors.js';
import type { Block, FactorLayout } from '../kronecker/index.js';

/** Eigenvalues of a factor, and its eigenvectors as columns; null where it is diagonal. */
export interface FactorSpectrum {
  readonly values: Float64Array;
  readonly vectors: Matrix | null;
}

/** The spectra of one block's factors; `input` is null for a block without Kronecker structure. */
export interface BlockSpectra {
  readonly input: FactorSpectrum | null;
  readonly output: FactorSpectrum;
}

/** Curvature factors are positive semi-definite: below zero there is only rounding. */
const clipped = (values: Float64Array): Float64Array => values.map((x) => Math.max(0, x));

/** The spectra of all factors, block by block. InputError for a factor that is not finite. About 9 n³ a factor. */
export function factorSpectra(
  { slots }: FactorLayout,
  blocks: readonly Block[],
  factors: Float64Array,
): readonly BlockSpectra[] {
  const found: { input: FactorSpectrum | null; output: FactorSpectrum }[] = [];
  for (const { block, role, order, diagonal, offset, length } of slots) {
    const data = factors.slice(offset, offset + length);
    const bad = data.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0) {
      throw new InputError(
        `Kronecker factors: the ${role} factor of the ${blocks[block]!.kind} block ${block} holds ${data[bad]}; check that the data and the parameters are finite`,
      );
    }
    const eigen = diagonal ? null : symmetricEigen(matrix(order, order, data));
    const spectrum = { values: clipped(eigen?.values ?? data), vectors: eigen?.vectors ?? null };
    if (role === 'input') found[block] = { input: spectrum, output: spectrum };
    else found[block] = { input: found[block]?.input ?? null, output: spectrum };
  }
  return found;
}
