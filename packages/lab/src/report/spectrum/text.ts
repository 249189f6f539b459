import type { Estimate } from 'osculate/curvature';
import type { Spectrum } from '../../spectrum.js';
import { count, figure } from '../format.js';
import { alignedText } from '../table.js';

/** Rows of cells; the first row is the head. */
type Cells = readonly (readonly string[])[];

/** The eigenvalues at both ends with their residuals. */
export function eigenvalueCells({ ends }: Spectrum): Cells {
  const rows = ends.flatMap(({ which, status, values, residuals }) =>
    values.map((value, i) => [
      `${which} ${i + 1}`,
      figure(value),
      figure(residuals[i]!),
      status === 'converged' ? 'converged' : 'not converged',
    ]),
  );
  return [['eigenvalue', 'value', 'residual', ''], ...rows];
}

/** Totals over the spectrum with their standard errors. */
export function totalCells({ trace, squares }: Spectrum): Cells {
  const row = (name: string, { value, standardError }: Estimate): string[] => [
    name,
    figure(value),
    figure(standardError),
  ];
  return [['sum over all eigenvalues', 'estimate', 'standard error'], row('λ (trace)', trace), row('λ²', squares)];
}

/** What was measured, in a sentence. */
export function spectrumCaption({ problem, point, matrix, size, rows, applications, seconds }: Spectrum): string {
  const of = `${matrix} of ${problem} at ${point}, over ${count(rows)} examples`;
  return `${of}: ${count(size)} × ${count(size)}; ${count(applications)} products in ${seconds.toFixed(1)} s`;
}

/** The spectrum as text. */
export function spectrumText(spectrum: Spectrum): string {
  return [spectrumCaption(spectrum), alignedText(eigenvalueCells(spectrum)), alignedText(totalCells(spectrum))].join(
    '\n\n',
  );
}
