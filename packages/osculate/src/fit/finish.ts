import { rowsOfColumns } from '../linalg/dense/transpose.js';
import type { Box } from './bounds.js';
import type { Counts } from './residuals/counted.js';
import type { FitStatus, LeastSquaresResult } from './result.js';
import { Factorization } from './trust-region/factorization.js';
import type { Iterate } from './trust-region/iterate.js';
import { CLOSE, relativeOffset } from './trust-region/run.js';

/** Where a run ended. */
export interface FitEnd {
  readonly status: FitStatus;
  readonly iterations: number;
  readonly iterate: Iterate;
  /** Memory to factor in; none when nothing was factored. */
  readonly memory?: Factorization;
}

/** An end with what its Jacobian says about it. */
export interface DescribedEnd extends FitEnd {
  readonly offset: number;
  readonly rank: number;
  /** Free parameters that the data do not determine, by index. */
  readonly loose: readonly number[];
  readonly free: Int8Array;
  /** Whether another run might do better. */
  readonly doubtful: boolean;
}

/** Factors the Jacobian at the end of a run. */
export function describeFit(end: FitEnd, box: Box): DescribedEnd {
  const { iterate } = end;
  const { size: m, parameters: n } = iterate.problem;
  const free = new Int8Array(n).fill(1);
  if (end.status === 'non-finite-start')
    return { ...end, offset: Number.NaN, rank: 0, loose: [], free, doubtful: false };
  box.free(iterate.x, iterate.gradient, free);
  const f = end.memory ?? new Factorization(m, n);
  const scale = iterate.norms.map((d) => d || 1) as Float64Array;
  const { accuracy } = iterate.problem;
  if (f.holds(iterate, free) && scale.every((d, j) => d === f.scale[j])) f.rankWithin(accuracy);
  else f.factorModel(iterate, scale, free, accuracy);
  const offset = relativeOffset(f);
  const loose = [...f.pivots.subarray(f.rank, f.k)].sort((a, b) => a - b);
  const settled = m <= n || offset < CLOSE || iterate.cost === 0;
  const stopped = end.status === 'stalled' || end.status === 'max-evaluations';
  const doubtful = end.status !== 'target-cost' && (loose.length > 0 || stopped || !settled);
  return { ...end, offset, rank: f.rank, loose, free, doubtful };
}

const messages: Readonly<Record<FitStatus, string>> = {
  'converged-gradient': 'the residuals are orthogonal to the columns of the Jacobian within gradientTolerance',
  'converged-step': 'no step longer than stepTolerance, relative to the parameters, is left',
  'converged-cost': 'neither the cost nor its prediction falls by more than costTolerance of it',
  'relative-offset':
    'the relative offset is below offsetTolerance: steps left are far shorter than the standard errors',
  singular: 'the fit came to rest where the Jacobian lacks full rank: some parameters are not determined by the data',
  'target-cost': 'the cost came down to targetCost; the fit stopped there, short of the minimum',
  stalled: 'no trial point with a lower cost was found, although the gradient does not vanish',
  'max-evaluations': 'maxEvaluations points were evaluated before any tolerance was met',
  'non-finite-start':
    'the residuals or their derivatives at the start are not finite, or overflow when squared; give another start',
};

interface Context {
  readonly box: Box;
  readonly names: readonly string[];
  readonly start: Float64Array;
  readonly counts: Counts;
  readonly iterations: number;
}

/** What a user should know about the solution beside its status. */
function warningsOf(end: DescribedEnd, { box, names, start }: Context): string[] {
  const { x, norms, cost } = end.iterate;
  const size = Math.sqrt(2 * cost);
  const warnings: string[] = [];
  names.forEach((name, j) => {
    if (box.lower[j] === box.upper[j]) return;
    if (box.side(x, j) !== 0)
      warnings.push(`${name} is at its ${box.side(x, j) < 0 ? 'lower' : 'upper'} bound ${x[j]}`);
    const influence = Math.abs(x[j]!) * norms[j]!;
    if (Math.abs(x[j]!) >= 10 * Math.abs(start[j]!) && influence <= 1e-9 * size)
      warnings.push(`${name} is drifting to infinity: the residuals hardly depend on it any more`);
  });
  if (end.loose.length > 0) {
    const list = end.loose.map((j) => names[j]).join(', ');
    warnings.push(`not identifiable: changes of ${list} can be made up for by the other parameters, or change nothing`);
  }
  return warnings;
}

const settledStatuses: readonly FitStatus[] = [
  'converged-gradient',
  'converged-step',
  'converged-cost',
  'relative-offset',
  'stalled',
];

/** The result of the better run. */
export function finish(end: DescribedEnd, context: Context): LeastSquaresResult {
  const { iterate, free, offset, rank, loose } = end;
  const { size: m, parameters: n } = iterate.problem;
  const { x, gradient } = iterate;
  const status = loose.length > 0 && settledStatuses.includes(end.status) ? 'singular' : end.status;
  const activeBounds = Int8Array.from(x, (_, j) => (free[j] === 0 ? context.box.side(x, j) : 0));
  const { points: _, ...evaluations } = context.counts;
  let gradientNorm = 0;
  for (let j = 0; j < n; j++) if (free[j] === 1) gradientNorm = Math.max(gradientNorm, Math.abs(gradient[j]!));
  return {
    status,
    message: messages[status],
    parameters: x.slice(),
    names: context.names,
    cost: iterate.cost,
    residuals: iterate.residuals.slice(),
    jacobian: rowsOfColumns(iterate.columns, m, n),
    gradientNorm,
    relativeOffset: offset,
    rank,
    activeBounds,
    evaluations,
    iterations: context.iterations,
    warnings: warningsOf(end, context),
  };
}
