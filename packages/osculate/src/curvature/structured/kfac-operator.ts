import { type Matrix, matrix, symmetricEigen } from '../../linalg/index.js';
import type { At } from '../../objective/objective.js';
import { checkNames, checkOptions } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { Block } from '../kronecker/blocks.js';
import type { FactorLayout } from '../kronecker/inverses.js';
import { blockPlace } from './block-place.js';
import {
  type FactorMeasurement,
  measuredFactors,
  type StructureOptions,
  structureOptions,
} from './measured-factors.js';
import { type SpectralBlock, type StructuredOperator, structuredOperator } from './structured-operator.js';

/** Eigenvalues of a factor, and its eigenvectors as columns; null where it is diagonal. */
interface FactorSpectrum {
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

export interface KfacOperator extends StructuredOperator {
  /**
   * (A + πγ I)⁻¹ ⊗ (G + γ/π I)⁻¹ with π² = (tr A / dim A) / (tr G / dim G), and (F + γ² I)⁻¹ for a block without Kronecker structure: the
   * factored Tikhonov damping of Martens and Grosse (2015, section 6.3). The weight decay is not added: γ² takes its place. InputError for a γ that is not positive.
   */
  factoredInverse(gamma: number): StructuredOperator;
}

/** Blocks with f(λ_A, λ_G) as their eigenvalues, g(λ) where there is no Kronecker structure. */
export function factoredBlocks(
  { blocks, chosen, diagonals }: Pick<FactorMeasurement, 'blocks' | 'chosen' | 'diagonals'>,
  spectra: readonly BlockSpectra[],
  f: (spectra: BlockSpectra) => (input: number, output: number) => number,
  g: (value: number) => number,
): SpectralBlock[] {
  const found = blocks.map((block, i): SpectralBlock => {
    const place = blockPlace(block, chosen);
    const { input, output } = spectra[i]!;
    if (input === null) return { place, left: output.vectors, right: null, values: output.values.map(g) };
    const pair = f(spectra[i]!);
    const values = new Float64Array(place.rows * place.columns);
    output.values.forEach((x, row) => {
      input.values.forEach((y, column) => {
        values[row * place.columns + column] = pair(y, x);
      });
    });
    return { place, left: output.vectors, right: input.vectors, values };
  });
  const rest = Object.entries(diagonals).map(([name, values]): SpectralBlock => {
    const start = chosen.starts.get(name)!;
    const at = Int32Array.from(values, (_, i) => start + i);
    const place = { names: [name], rows: values.length, columns: 1, at };
    return { place, left: null, right: null, values: values.map((x) => g(Math.max(0, x))) };
  });
  return [...found, ...rest];
}

/** The blocks with the objective's weight decay on their eigenvalues. */
export function withDecay(
  { objective: { weightDecay } }: At,
  blocks: readonly SpectralBlock[],
): readonly SpectralBlock[] {
  if (weightDecay === 0) return blocks;
  return blocks.map((block) => ({ ...block, values: block.values.map((x) => x + weightDecay) }));
}

const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function factoredInverseOf(gamma: number) {
  return ({ input, output }: BlockSpectra) => {
    const [a, g] = [mean(input!.values), mean(output.values)];
    const pi = a > 0 && g > 0 ? Math.sqrt(a / g) : 1;
    return (y: number, x: number): number => 1 / ((y + pi * gamma) * (x + gamma / pi));
  };
}

/**
 * The Kronecker-factored approximation A ⊗ G of the curvature over the whole data set, a block for each layer (Martens and Grosse 2015), in
 * the order of the parameters. `onRows` gives the objective over a sample of the rows. The weight decay is added as it is. Exact blocks of
 * the Gauss-Newton matrix for a deep linear network with a squared error, for one example, and for biases, gains and shifts on their own.
 * Cost: as `kroneckerFactors` for one pass over the data, and an eigendecomposition of every factor.
 * @throws As `kroneckerBlocks`, `parameterBlock`; InputError for options that do not fit.
 * @example
 * const approximation = await kfacOperator(objective.at(theta));
 * const step = await approximation.inverse(0.1).apply(direction);
 */
export async function kfacOperator(at: At, options: StructureOptions = {}): Promise<KfacOperator> {
  checkNames('kfacOperator', options, structureOptions);
  const measured = await measuredFactors(at, options);
  const spectra = factorSpectra(measured.layout, measured.blocks, measured.factors);
  const { size } = measured.chosen;
  const product = factoredBlocks(
    measured,
    spectra,
    () => (y, x) => x * y,
    (x) => x,
  );
  return Object.assign(structuredOperator('K-FAC', size, withDecay(at, product)), {
    factoredInverse: (gamma: number): StructuredOperator => {
      checkOptions('factoredInverse', { 'a finite number > 0': { gamma } });
      const inverse = factoredBlocks(measured, spectra, factoredInverseOf(gamma), (x) => 1 / (x + gamma * gamma));
      return structuredOperator(`K-FAC, damped by ${gamma}, inverse`, size, inverse);
    },
  });
}
