import { dotAt } from '../../linalg/vectors.js';
import type { Box } from '../bounds.js';
import type { CheckedData } from '../residuals/fit-data.js';
import type { ResidualProblem } from '../residuals/problem.js';
import type { Basis } from './basis.js';
import { LinearPart } from './linear-part.js';

/** Which Jacobian of the projected residuals: the exact one, or Kaufman's, which leaves out a term and needs no less here but time. */
export type ProjectedJacobian = 'golub-pereyra' | 'kaufman';

/** The residuals with the best coefficients, as a problem of the nonlinear parameters. */
export interface ProjectedProblem extends ResidualProblem {
  /** The best coefficients at a point; NaN where the basis is not finite. */
  coefficientsAt(at: Float64Array): Float64Array;
}

/** The work of a projected problem: the basis, weighted, at the point last asked for. */
class Projection {
  readonly linear: LinearPart;
  private readonly columns: Float64Array[];
  private readonly g: Float64Array;
  private readonly last: Float64Array;
  private readonly residuals: Float64Array;

  constructor(
    private readonly basis: Basis,
    private readonly data: CheckedData,
    linearBox: Box,
  ) {
    const { size: m, columns } = basis;
    this.columns = columns.map(() => new Float64Array(m));
    this.g = new Float64Array(m);
    this.residuals = new Float64Array(m);
    this.last = new Float64Array(basis.at.length).fill(Number.NaN);
    this.linear = new LinearPart(m, columns.length, linearBox);
  }

  /** The residuals at a point, computed unless it is the last one. */
  at(point: Float64Array): Float64Array {
    if (point.every((v, k) => v === this.last[k])) return this.residuals;
    this.last.set(point);
    const { basis, data, columns, g } = this;
    basis.at.set(point);
    basis.runValues();
    columns.forEach((column, j) => {
      column.set(basis.columns[j]!);
      data.whitening?.apply(column);
    });
    for (let i = 0; i < g.length; i++) g[i] = (basis.fixed ? basis.fixed[i]! : 0) - data.y[i]!;
    data.whitening?.apply(g);
    this.linear.solve(columns, g, this.residuals);
    return this.residuals;
  }

  jacobian(point: Float64Array, kind: ProjectedJacobian, result: Float64Array): void {
    const r = this.at(point);
    const { basis, data, columns, linear } = this;
    const [m, p] = [basis.size, columns.length];
    basis.at.set(point);
    basis.runPartials();
    const v = Array.from(point, () => new Float64Array(m));
    const z = Array.from(point, () => new Float64Array(p));
    for (const { column, parameter, values } of basis.partials) {
      const slope = data.whitening ? values.slice() : values;
      data.whitening?.apply(slope);
      const c = column === p ? 1 : linear.coefficients[column]!;
      const sum = v[parameter]!;
      for (let i = 0; i < m; i++) sum[i]! += c * slope[i]!;
      if (column < p) z[parameter]![column] = dotAt(slope, 0, r, 0, m);
    }
    const finite = v.every((sum) => Number.isFinite(dotAt(sum, 0, sum, 0, m)));
    const derivatives = finite ? linear.derivatives(columns, v, kind === 'kaufman' ? null : z) : v;
    derivatives.forEach((column, k) => {
      result.set(column, k * m);
    });
  }
}

/** min over c of ‖Φ(α)c + f(α) − y‖ as residuals of α, weighted, with their exact derivatives (Golub and Pereyra 1973). */
export function projectedProblem(
  basis: Basis,
  data: CheckedData,
  linearBox: Box,
  kind: ProjectedJacobian,
): ProjectedProblem {
  const projection = new Projection(basis, data, linearBox);
  return {
    size: basis.size,
    parameters: basis.at.length,
    evaluate: (at, residuals) => residuals.set(projection.at(at)),
    jacobian: (at, _residuals, columns) => {
      projection.jacobian(at, kind, columns);
      return 0;
    },
    coefficientsAt: (at) => {
      projection.at(at);
      return projection.linear.coefficients.slice();
    },
  };
}
