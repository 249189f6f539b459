import type { At } from '../../objective/objective.js';
import { checkNames } from '../../tensor/check-options.js';
import { hasEigenbasis } from '../kronecker/blocks.js';
import { eigenMoments } from '../kronecker/eigenbasis.js';
import { factorInputs, factorViews, momentLayout } from '../kronecker/inverses.js';
import { factoredBlocks, factorSpectra, withDecay } from './kfac-operator.js';
import {
  type FactorMeasurement,
  measuredFactors,
  type StructureOptions,
  structureOptions,
} from './measured-factors.js';
import { type StructuredOperator, structuredOperator } from './structured-operator.js';

const prefix = 'basis.';

/** Second moments of the gradient in the given eigenbases over the whole data set, by block. */
async function measuredMoments(
  { objective }: At,
  { blocks, layout, measure }: FactorMeasurement,
  bases: Float64Array,
): Promise<Map<number, Float64Array>> {
  const { dtype } = objective.layout;
  const { slots } = momentLayout(blocks);
  if (slots.length === 0) return new Map();
  const named = await measure(
    'eigenbasis moments',
    (batch, found, options) => {
      const moments = eigenMoments(batch, found, factorInputs(layout, prefix, dtype), options);
      return Object.fromEntries(slots.map(({ name, block }) => [name, moments[block]!]));
    },
    factorViews(layout, dtype === 'f32' ? Float32Array.from(bases) : bases, prefix),
  );
  return new Map(slots.map(({ name, block }) => [block, named[name]!]));
}

/**
 * EKFAC (George et al. 2018): the eigenbases of K-FAC's factors with the second moments of the gradient in them as eigenvalues, which of all
 * choices is closest to the curvature matrix in the Frobenius norm. The diagonal of its blocks in their eigenbasis is that of the curvature
 * matrix, so its trace is too (where weights are not shared). Cost: two passes over the data as of `kfacOperator`; errors alike.
 * @example
 * const approximation = await ekfacOperator(objective.at(theta));
 * const eigenvalues = approximation.eigenvalues();
 */
export async function ekfacOperator(at: At, options: StructureOptions = {}): Promise<StructuredOperator> {
  checkNames('ekfacOperator', options, structureOptions);
  const measured = await measuredFactors(at, options);
  const { blocks, layout, factors, chosen } = measured;
  const spectra = factorSpectra(layout, blocks, factors);
  const bases = new Float64Array(layout.size);
  for (const { block, role, offset } of layout.slots) {
    const vectors = hasEigenbasis(blocks[block]!) ? spectra[block]![role]!.vectors : null;
    if (vectors) bases.set(vectors.data, offset);
  }
  const moments = await measuredMoments(at, measured, bases);
  const product = factoredBlocks(
    measured,
    spectra,
    () => (y, x) => x * y,
    (x) => x,
  );
  const corrected = product.map((block, i) => {
    const values = moments.get(i);
    return values ? { ...block, values: values.map((x) => Math.max(0, x)) } : block;
  });
  return structuredOperator('EKFAC', chosen.size, withDecay(at, corrected));
}
