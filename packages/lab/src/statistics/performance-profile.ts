/** What a solver needs on each problem, in the same order for all; undefined where it fails. */
export type Costs = Readonly<Record<string, readonly (number | undefined)[]>>;

export interface ProfileStep {
  readonly ratio: number;
  /** Share of the problems solved within `ratio` times the least cost. */
  readonly share: number;
}

/**
 * Performance profiles (Dolan and Moré 2002): ρ(τ) of a solver is the share of problems on which its cost is at most τ times the least
 * of all solvers. ρ(1) is how often it wins, the last value how often it solves. Problems that nobody solves count for nobody.
 */
export function performanceProfiles(costs: Costs): Record<string, ProfileStep[]> {
  const solvers = Object.keys(costs);
  const problems = Math.max(0, ...solvers.map((solver) => costs[solver]!.length));
  const least = Array.from({ length: problems }, (_, p) =>
    Math.min(...solvers.map((s) => costs[s]![p] ?? Number.POSITIVE_INFINITY)),
  );
  return Object.fromEntries(
    solvers.map((solver) => {
      const ratios = costs[solver]!.flatMap((cost, p) =>
        cost === undefined ? [] : [cost === least[p] ? 1 : cost / least[p]!],
      );
      ratios.sort((a, b) => a - b);
      const steps = ratios.map((ratio, i) => ({ ratio, share: (i + 1) / problems }));
      // Of equal ratios only the last says how many problems there are.
      return [solver, steps.filter(({ ratio }, i) => steps[i + 1]?.ratio !== ratio)];
    }),
  );
}
