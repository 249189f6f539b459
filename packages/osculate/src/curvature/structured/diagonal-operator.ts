import { ShapeError } from '../../tensor/errors.js';
import type { LinearOperator } from '../operators/index.js';
import { type StructuredOperator, structuredOperator } from './structured-operator.js';

/**
 * The diagonal matrix with the given elements: those of `operator.diagonal()`, say, whose closest diagonal matrix it is. ShapeError when there
 * are none.
 */
export function diagonalOperator(elements: Float64Array, name = 'diagonal'): StructuredOperator {
  const rows = elements.length;
  if (rows === 0) throw new ShapeError('diagonalOperator: there are no elements; give at least one');
  const place = { names: [name], rows, columns: 1, at: Int32Array.from({ length: rows }, (_, i) => i) };
  return structuredOperator(name, rows, [{ place, left: null, right: null, values: elements.slice() }]);
}

/** The diagonal part of an operator: exact, at the cost of its `diagonal`. */
export async function diagonalPart(operator: LinearOperator): Promise<StructuredOperator> {
  return diagonalOperator(await operator.diagonal(), `diagonal of ${operator.name}`);
}
