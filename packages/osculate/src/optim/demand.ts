import type { Objective } from '../objective/objective.js';

/** What a method takes for an objective at its largest and in a usual step, beside one run of the gradient's program: for forecasts. */
export interface Demand {
  /** Vectors of the parameters' length and type that are alive at once: the parameters, the state, what a step makes. */
  readonly vectors: number;
  /** Bytes besides: matrices, vectors in double precision (default 0). */
  readonly bytes?: number;
  /** What most of these bytes are, as `its 500 × 500 Hessian`. */
  readonly what?: string;
  /** The largest of its programs and those that stay loaded beside it, in gradients' (default 1): values that are alive at once. */
  readonly programs?: number;
  /** Vectors that one run of a program is for, where it is not for one: each takes as much as a gradient does. */
  readonly together?: number;
  /** Gradients over the rows of a step that its other programs and itself amount to; from … to where it depends on the data. */
  readonly gradients: number | readonly [least: number, most: number];
  /** Rows of a step (default: `batchSize` in the settings, or all). */
  readonly rows?: number;
  /** Floating-point operations besides: on the engine, and in double precision beside it (default 0). */
  readonly engineFlops?: number;
  readonly flops?: number;
}

export type DemandOf = (objective: Objective) => Demand;

/** A method with the dense n × n curvature matrix: so many arrays of its size, work·n³ operations. */
export function denseDemand(name: string, matrices: number, work: number): DemandOf {
  return ({ layout: { size: n } }) => ({
    vectors: 10,
    // The unit vectors, and the products in the objective's type, are there beside what is counted.
    bytes: 8 * n ** 2 * (matrices + 2),
    what: `its ${n.toLocaleString('en')} × ${n.toLocaleString('en')} ${name}`,
    together: n,
    gradients: 2 * n,
    flops: work * n ** 3,
  });
}

/** Vectors that products leave behind from one collection of garbage to the next, which comes after some 64 MiB. */
const litter = (n: number): number => Math.min(2 ** 26, 2400 * n);

/** A method with products of about two gradients each, at most so many a step, and so many vectors in double precision. */
export function productsDemand(most: number, doubles: number): DemandOf {
  return ({ layout: { size: n } }) => ({
    vectors: 6,
    bytes: 8 * n * doubles + litter(n),
    programs: 3,
    gradients: [3, 2 + 2 * most],
  });
}

/** A method with products in a loop on the engine, on so many rows of those of a step (default: an eighth). */
export function engineDemand(most: number, productRows: number | undefined, gradientRows: number): DemandOf {
  return ({ layout: { size: n }, rows: all }) => {
    const rows = Math.min(all, gradientRows);
    const share = Math.min(1, (productRows ?? Math.max(rows / 8, 64)) / rows);
    return {
      vectors: 16,
      bytes: 8 * n * 4 + litter(n),
      programs: 2,
      rows,
      gradients: [2 + 3 * share, 3 + (2 * most + 5) * share],
    };
  };
}

/** A method with the dense Jacobian of the residuals: 2·m·n² operations and so many of its size. */
export function jacobianDemand(copies: number): DemandOf {
  return ({ layout: { size: n }, rows, batch }) => {
    const perRow = (batch(Math.min(2, rows)).outputs.size ?? 1) / Math.min(2, rows);
    const m = perRow * rows;
    return {
      vectors: 10,
      bytes: 8 * (copies * m * n + 3 * n ** 2),
      what: `its ${m.toLocaleString('en')} × ${n.toLocaleString('en')} Jacobian`,
      gradients: 2 + perRow,
      flops: 2 * m * n ** 2 + n ** 3,
    };
  };
}
