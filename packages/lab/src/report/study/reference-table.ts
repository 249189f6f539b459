import type { ProblemAnalysis, StudyAnalysis } from '../../studies/analysis.js';
import { againstReference, referenceOf, speedCell } from './reference.js';
import { labelOf } from './series.js';

/** Problems whose aim the study declares: there the reference is known to reach it. */
export const withReference = ({ problems }: StudyAnalysis): ProblemAnalysis[] =>
  problems.filter((problem) => problem.results.declared.aim && againstReference(problem).length > 0);

/** How many times as fast as the reference each optimizer is on each problem that has one; the first row is the head. */
export function referenceRows(analysis: StudyAnalysis): readonly (readonly string[])[] {
  const problems = withReference(analysis);
  const columns = problems.map((problem) => {
    const found = againstReference(problem);
    const others = found.map((other) => [labelOf(problem, other.entrant), speedCell(problem, other)] as const);
    return new Map([[labelOf(problem, referenceOf(problem)!), 'reference'], ...others]);
  });
  const names = [...new Set(columns.flatMap((cells) => [...cells.keys()]))];
  return [
    ['optimizer', ...problems.map(({ results }) => results.problem.title)],
    ...names.map((name) => [name, ...columns.map((cells) => cells.get(name) ?? '')]),
  ];
}
