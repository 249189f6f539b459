import { InputError } from '../../tensor/errors.js';
import type { CurvatureModel } from '../operators/index.js';
import { blockPlace } from './block-place.js';
import { type BlockSpectra, factorSpectra } from './factor-spectra.js';
import { type FactorMeasurement, measuredFactors, type StructureOptions } from './measured-factors.js';
import type { SpectralBlock } from './spectral-block.js';
import { type StructuredOperator, structuredOperator } from './structured-operator.js';

export interface KfacOperator extends StructuredOperator {
  /**
   * (A + πγ I)⁻¹ ⊗ (G + γ/π I)⁻¹ with π² = (tr A / dim A) / (tr G / dim G), and (F + γ² I)⁻¹ for a block without Kronecker structure: the
   * factored Tikhonov damping of Martens and Grosse (2015, section 6.3). InputError for a γ that is not positive.
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

const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function factoredInverseOf(gamma: number) {
  return ({ input, output }: BlockSpectra) => {
    const [a, g] = [mean(input!.values), mean(output.values)];
    const pi = a > 0 && g > 0 ? Math.sqrt(a / g) : 1;
    return (y: number, x: number): number => 1 / ((y + pi * gamma) * (x + gamma / pi));
  };
}

/**
 * The Kronecker-factored approximation A ⊗ G of the curvature over the whole data set, a block for each layer (Martens and Grosse 2015),
 * in the order of the parameters. For a sample of the rows make the model from them. Exact blocks of the Gauss-Newton matrix for a deep linear
 * network with a squared error, for one example, and for biases, gains and shifts on their own. Cost: as `kroneckerFactors` for one pass over
 * the data, and an eigendecomposition of every factor. Errors as `kroneckerBlocks`, `parameterBlock`; InputError for options that do not fit.
 */
export async function kfacOperator(model: CurvatureModel, options: StructureOptions = {}): Promise<KfacOperator> {
  const measured = await measuredFactors(model, options);
  const spectra = factorSpectra(measured.layout, measured.blocks, measured.factors);
  const { size } = measured.chosen;
  const product = factoredBlocks(
    measured,
    spectra,
    () => (y, x) => x * y,
    (x) => x,
  );
  return Object.assign(structuredOperator('K-FAC', size, product), {
    factoredInverse: (gamma: number): StructuredOperator => {
      if (!(gamma > 0 && gamma < Infinity)) {
        throw new InputError(`factoredInverse: gamma is ${gamma}; it must be a positive number`);
      }
      const inverse = factoredBlocks(measured, spectra, factoredInverseOf(gamma), (x) => 1 / (x + gamma * gamma));
      return structuredOperator(`K-FAC, damped by ${gamma}, inverse`, size, inverse);
    },
  });
}
