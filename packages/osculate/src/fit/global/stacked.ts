import type { ResidualProblem } from '../residuals/problem.js';

/** One set's problem among others. */
export interface StackedSet {
  /** The problem with the set's data loaded: sets of one model and shape share what was compiled for it. */
  load(): ResidualProblem;
  /** For each of its parameters, the place among all. */
  readonly places: readonly number[];
}

/** One set's residuals and parameters among all. */
class Part {
  readonly size: number;
  readonly p: Float64Array;
  readonly direction: Float64Array;
  readonly columns: Float64Array;
  readonly square: Float64Array;

  constructor(
    readonly set: StackedSet,
    readonly from: number,
    { size, parameters }: ResidualProblem,
  ) {
    this.size = size;
    this.p = new Float64Array(parameters);
    this.direction = new Float64Array(parameters);
    this.columns = new Float64Array(parameters * size);
    this.square = new Float64Array(parameters * parameters);
  }

  gather(all: Float64Array, into: Float64Array): Float64Array {
    this.set.places.forEach((place, j) => {
      into[j] = all[place]!;
    });
    return into;
  }

  rows(all: Float64Array): Float64Array {
    return all.subarray(this.from, this.from + this.size);
  }
}

/** The residuals of all sets one after the other, as a problem of n parameters. Cost: that of the sets, and a Jacobian of m×n in all. */
export function stacked(sets: readonly StackedSet[], n: number): ResidualProblem {
  let m = 0;
  const problems = sets.map((set) => set.load());
  const parts = sets.map((set, d) => {
    const part = new Part(set, m, problems[d]!);
    m += part.size;
    return part;
  });
  const accuracies = problems.flatMap(({ accuracy }) => (accuracy === undefined ? [] : [accuracy]));
  const jacobian: ResidualProblem['jacobian'] = (at, residuals, columns) => {
    columns.fill(0);
    let differences = 0;
    for (const part of parts) {
      const taken = part.set.load().jacobian(part.gather(at, part.p), part.rows(residuals), part.columns);
      differences = Math.max(differences, taken);
      part.set.places.forEach((place, j) => {
        const from = part.columns.subarray(j * part.size, (j + 1) * part.size);
        columns.set(from, place * m + part.from);
      });
    }
    return differences;
  };
  const secondDirectional: NonNullable<ResidualProblem['secondDirectional']> = (at, direction, result) => {
    for (const part of parts) {
      const along = part.gather(direction, part.direction);
      part.set.load().secondDirectional!(part.gather(at, part.p), along, part.rows(result));
    }
  };
  const curvature: NonNullable<ResidualProblem['curvature']> = (at, weights, result) => {
    result.fill(0);
    let differences = 0;
    for (const part of parts) {
      const taken = part.set.load().curvature!(part.gather(at, part.p), part.rows(weights), part.square);
      differences = Math.max(differences, taken);
      const { places } = part.set;
      places.forEach((row, i) => {
        places.forEach((column, j) => {
          result[row * n + column]! += part.square[i * places.length + j]!;
        });
      });
    }
    return differences;
  };
  return {
    size: m,
    parameters: n,
    ...(accuracies.length > 0 && { accuracy: Math.max(...accuracies) }),
    evaluate: (at, residuals) => {
      for (const part of parts) part.set.load().evaluate(part.gather(at, part.p), part.rows(residuals));
    },
    jacobian,
    ...(problems.every((problem) => problem.secondDirectional) && { secondDirectional }),
    ...(problems.every((problem) => problem.curvature) && { curvature }),
  };
}
