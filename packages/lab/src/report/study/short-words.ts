import { optimizers } from '../../optimizers/index.js';
import {
  compareEntrants,
  type EntrantAnalysis,
  type ProblemAnalysis,
  type StudyAnalysis,
} from '../../studies/analysis.js';
import { confidence } from '../../studies/contrast.js';
import { verdict } from '../../studies/verdict.js';
import { advantage, listed } from './figures.js';
import { againstReference, referenceName, referenceOf, speedCell } from './reference.js';
import { withReference } from './reference-table.js';
import { labelOf } from './series.js';
import { finalText, referenceText } from './words.js';

/** Methods that use more than gradients one by one: curvature, or matrices of gradients. */
const beyondFirstOrder = ({ results }: EntrantAnalysis): boolean =>
  optimizers[results.entrant.spec.split(':')[0]!]?.family !== 'first order';

/** Which methods beyond first order are ahead of the reference on one problem, with how many times as fast. */
function aheadOn(problem: ProblemAnalysis): string {
  const ahead = againstReference(problem)
    .filter(({ entrant, place }) => place === 'ahead' && beyondFirstOrder(entrant))
    .map((found) => `**${labelOf(problem, found.entrant)}** (${speedCell(problem, found).replaceAll('**', '')})`);
  return ahead.length > 0 ? `yes: ${listed(ahead)}` : 'no';
}

/** For every model: is a method beyond first order ahead of the reference? One line a model, the question first; none without models. */
export function headlines(
  analysis: StudyAnalysis,
): { readonly question: string; readonly answers: readonly string[] } | undefined {
  const models = withReference(analysis).filter(({ results }) => results.problem.kind === 'supervised');
  const references = [...new Set(models.map(referenceName))];
  if (references.length !== 1) return undefined;
  return {
    question: `Is a method with curvature, or with matrices of gradients, ahead of ${references[0]} in seconds to the same result?`,
    answers: models.map((problem) => `${problem.results.problem.title}: ${aheadOn(problem)}.`),
  };
}

/** The best last value against that of the reference, for the same time. */
function equalTimeText(problem: ProblemAnalysis): string {
  const reference = referenceOf(problem)!;
  const { best, solvers } = verdict(problem, 'final');
  if (!best || solvers !== undefined) return '';
  const what = `${problem.judged.title} at the end of the same time`;
  if (best === reference) return `The best ${what} has ${referenceName(problem)}.`;
  const found = compareEntrants(problem, best, reference, 'final');
  const by = advantage(found, problem.judged.better);
  const sure = confidence(found) === 'none' ? ', which is no more than the seeds scatter' : '';
  return `The best ${what} has **${labelOf(problem, best)}**${by ? `, better than that of ${referenceName(problem)} by ${by}` : ''}${sure}.`;
}

/** What the study found, a sentence or two a problem; names of those that are ahead between `**`. */
export function shortWords(analysis: StudyAnalysis): string[] {
  const known = withReference(analysis);
  return analysis.problems.map((problem) => {
    const { title } = problem.results.problem;
    const found = known.includes(problem) ? `${referenceText(problem)} ${equalTimeText(problem)}` : finalText(problem);
    return `**${title}.** ${found.trim()}`;
  });
}
