import { euclideanNorm } from '../../linalg/dense/norms.js';
import { generator } from '../../tensor/random.js';

/** Columns up to which the norms are taken one by one. */
const FEW = 32;
/** Random products otherwise: squares within 35 % (one standard deviation), which is enough for a scaling. */
const PROBES = 16;

interface ColumnProducts {
  readonly rows: number;
  readonly columns: number;
  apply(v: Float64Array, result: Float64Array): void;
  applyTranspose(u: Float64Array, result: Float64Array): void;
}

/**
 * Norms of a matrix's columns from its products: exactly, by one product a column, for few columns; otherwise from E[(Aᵀz)ⱼ²] = ‖aⱼ‖² for
 * standard normal z, 16 of them and always the same, with a relative standard error of √(2/16) in the squares. Normal rather than ±1,
 * since signs can cancel exactly (a column of two equal numbers) and a scale must not be 0.
 */
export function columnNorms({ rows, columns, apply, applyTranspose }: ColumnProducts, norms: Float64Array): void {
  if (columns <= FEW) {
    const [unit, column] = [new Float64Array(columns), new Float64Array(rows)];
    for (let j = 0; j < columns; j++) {
      unit.fill(0)[j] = 1;
      apply(unit, column);
      norms[j] = euclideanNorm(column);
    }
    return;
  }
  const random = generator(0);
  const [probe, product] = [new Float64Array(rows), new Float64Array(columns)];
  norms.fill(0);
  for (let k = 0; k < PROBES; k++) {
    for (let i = 0; i < rows; i++) probe[i] = random.normal();
    applyTranspose(probe, product);
    for (let j = 0; j < columns; j++) norms[j]! += product[j]! ** 2 / PROBES;
  }
  for (let j = 0; j < columns; j++) norms[j] = Math.sqrt(norms[j]!);
}
