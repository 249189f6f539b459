import { axes, type Criterion, type EntrantAnalysis, type ProblemAnalysis } from '../../studies/analysis.js';
import { verdict } from '../../studies/verdict.js';
import type { StudyReport } from './html.js';
import { labelOf } from './series.js';

function entrantOf(problem: ProblemAnalysis, entrant: EntrantAnalysis) {
  const { results, measures, aim, convergence, generalisation, sensitivity, events } = entrant;
  const { searchSeconds, peakMemory, diverged } = entrant;
  return {
    optimizer: labelOf(problem, entrant),
    spec: results.optimizer,
    tuned: results.entrant.tuned ?? null,
    seeds: results.runs.map(({ seed }) => seed),
    measures,
    aim,
    convergence: convergence ?? null,
    generalisation: generalisation ?? null,
    sensitivity: sensitivity ?? null,
    searchSeconds,
    peakMemory,
    diverged,
    events: events ?? null,
  };
}

function verdictOf(problem: ProblemAnalysis, criterion: Criterion) {
  const { best, others, solvers } = verdict(problem, criterion);
  return {
    criterion,
    best: best ? labelOf(problem, best) : null,
    ...(solvers !== undefined && { solvers }),
    against: others.map(({ entrant, contrast, confidence }) => ({
      optimizer: labelOf(problem, entrant),
      confidence,
      ...contrast,
    })),
  };
}

/** All figures of the report as plain data; intervals without ends have null there. */
export function studyJson({ kept, analysis, missing }: StudyReport) {
  return {
    ...kept,
    missing,
    problems: analysis.problems.map((problem) => ({
      problem: problem.results.declared.problem,
      judged: problem.judged.key,
      aim: { measure: problem.aim.measure.key, value: problem.aim.value, source: problem.aim.source },
      entrants: problem.entrants.map((entrant) => entrantOf(problem, entrant)),
      verdicts: (['final', ...axes] as const).map((criterion) => verdictOf(problem, criterion)),
    })),
    profiles: analysis.profiles,
  };
}
