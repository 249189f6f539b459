import type { Axis, EntrantAnalysis, ProblemAnalysis } from '../../studies/analysis.js';
import { type Standing, type Verdict, verdict } from '../../studies/verdict.js';
import { stepless } from '../../study.js';
import { megabytes } from '../format.js';
import { advantage, costNames, leastP, listed, probability, range, short, units } from './figures.js';
import { type AgainstReference, againstReference, type Place, referenceName } from './reference.js';
import { labelOf } from './series.js';

/** The costs that a summary speaks of. */
const spokenAxes = ['seconds', 'gradientEquivalents'] as const satisfies readonly Axis[];

const seedsText = (n: number): string => (n === 1 ? 'one seed' : `${n} seeds`);

/** How sure the lead over one optimizer is, with its figures. */
function leadOver(problem: ProblemAnalysis, { entrant, contrast, confidence: sure }: Standing, final: boolean): string {
  const { seeds, wins, p, test } = contrast;
  const by = advantage(contrast, final ? problem.judged.better : 'lower');
  const figures = [
    `beaten in ${wins === seeds ? `every seed (${wins} of ${seeds})` : `${wins} of ${seeds} seeds`}`,
    ...(by ? [`by ${by}`] : []),
    `${probability(p)}${test === 'sign' ? ' by signs' : ''}`,
  ];
  const limit = p === leastP(seeds) && sure === 'consistent' ? `, the least that ${seeds} seeds can show` : '';
  return `${labelOf(problem, entrant)}, ${figures.join(', ')}${limit}`;
}

/** What may be said of the best against the others, no more than the seeds allow. */
function standing(problem: ProblemAnalysis, { best, others, criterion }: Verdict): string {
  const [next] = others;
  if (!best || !next) return 'There is no other optimizer to compare with.';
  const seeds = best.results.runs.length;
  if (seeds === 1) return 'One seed: whether that is more than chance cannot be said.';
  if (seeds === 2) return `Two seeds: too few to say more. Next is ${leadOver(problem, next, criterion === 'final')}.`;
  const equal = others.filter((o) => o.confidence === 'none');
  const behind = others.filter((o) => o.confidence !== 'none');
  const alike = listed(equal.map(({ entrant }) => labelOf(problem, entrant)));
  const [closest] = behind;
  const lead =
    closest &&
    `${equal.length > 0 ? 'Next after those' : 'Next'} is ${leadOver(problem, closest, criterion === 'final')}.`;
  if (equal.length === 0) return `It is ahead of every other optimizer. ${lead}`;
  const nearest = equal[0]!;
  const which = equal.length > 1 ? 'the best of these, ' : '';
  const tie = `No difference from ${alike} is shown (${which}${leadOver(problem, nearest, criterion === 'final')}).`;
  return lead ? `${tie} ${lead}` : `${tie} So there is no winner.`;
}

const name = (problem: ProblemAnalysis, entrant: EntrantAnalysis): string => `**${labelOf(problem, entrant)}**`;

/** Better on average where they did not diverge, but not always there. */
function unstable(problem: ProblemAnalysis, best: EntrantAnalysis): string {
  const { key, better, title } = problem.judged;
  const value = (e: EntrantAnalysis): number =>
    (better === 'lower' ? 1 : -1) * (e.measures[key]?.estimate ?? Number.NaN);
  const names = problem.entrants
    .filter((e) => e.diverged > best.diverged && value(e) < value(best))
    .map((e) => `${labelOf(problem, e)} (${e.diverged} of ${e.results.runs.length} runs diverged)`);
  return names.length > 0 ? ` A better ${title}, but only where they did not diverge, have ${listed(names)}.` : '';
}

/** Who is best at the end. */
export function finalText(problem: ProblemAnalysis): string {
  const found = verdict(problem, 'final');
  const { judged, entrants, results } = problem;
  if (!found.best) return `At the end: every run of every optimizer diverged.`;
  if (found.solvers !== undefined) {
    const target = results.problem.target!;
    const names = entrants
      .filter((e) => e.results.runs.every(({ summary }) => summary.ending === 'solved'))
      .map((e) => labelOf(problem, e));
    return (
      `The target (${judged.title} ${judged.better === 'lower' ? 'at most' : 'at least'} ${short(target.value)}) was reached in every ` +
      `seed by ${names.length} of ${entrants.length}: ${listed(names)}. Runs end there, so last values are not compared.`
    );
  }
  const interval = found.best.measures[judged.key]!;
  const extreme = judged.better === 'lower' ? 'lowest' : 'highest';
  const known = Number.isFinite(interval.low) && Number.isFinite(interval.high);
  const diverged = found.best.diverged > 0 ? `; ${found.best.diverged} of its runs diverged` : '';
  return (
    `At the end, ${name(problem, found.best)} has the ${extreme} ${judged.title}: ${short(interval.estimate)} ` +
    `(${known ? `95 % interval ${range(interval)}, ` : ''}` +
    `${seedsText(found.best.results.runs.length)}${diverged}). ${standing(problem, found)}${unstable(problem, found.best)}`
  );
}

function aimText(problem: ProblemAnalysis): string {
  const { aim, entrants } = problem;
  if (!Number.isFinite(aim.value)) return '';
  const { measure } = aim;
  const reached = entrants.filter((e) => e.aim.median.seconds !== undefined).length;
  return (
    `The aim is ${measure.title} ${measure.better === 'lower' ? 'at most' : 'at least'} ${short(aim.value)} (${aim.source}); ` +
    `${reached} of ${entrants.length} optimizers reach it in at least half of their runs.`
  );
}

function costText(problem: ProblemAnalysis, axis: Axis): string {
  const found = verdict(problem, axis);
  const { best } = found;
  if (!best) return '';
  const { aim, diverged } = best;
  const later = diverged > 0 ? `; ${diverged} of its runs diverged in the end` : '';
  return (
    `In ${costNames[axis]} to the aim, ${name(problem, best)} is first: median ${short(aim.median[axis]!)} ${units[axis]}, ` +
    `reached in ${aim.reached} of ${aim.runs}${later}. ${standing(problem, found)}`
  );
}

/** Against the reference, in seconds to the aim. */
export function referenceText(problem: ProblemAnalysis): string {
  const found = againstReference(problem);
  if (found.length === 0) return '';
  const at = (place: Place): AgainstReference[] => found.filter((f) => f.place === place);
  const ahead = at('ahead').map(({ entrant, time }) => {
    const by = advantage(time, 'lower');
    return `${name(problem, entrant)}${by ? ` by ${by}` : ''}`;
  });
  const names = (place: Place): string => listed(at(place).map(({ entrant }) => labelOf(problem, entrant)));
  const parts = [
    ahead.length > 0 ? `ahead: ${listed(ahead)}` : 'nobody is ahead',
    ...(names('behind') === '' ? [] : [`behind: ${names('behind')}`]),
    ...(names('open') === '' ? [] : [`no difference shown: ${names('open')}`]),
  ];
  return `Against ${referenceName(problem)} in seconds to the aim: ${parts.join('; ')}.`;
}

function costOf(problem: ProblemAnalysis, entrant: EntrantAnalysis): string {
  const { peakMemory, searchSeconds, results, sensitivity } = entrant;
  const parts = [
    `${megabytes(peakMemory)} of memory`,
    results.trials.length > 0
      ? `${short(searchSeconds)} s for a search over ${results.trials.length} values`
      : 'no search (run as given)',
    ...(sensitivity
      ? [
          `its ${results.entrant.tuned?.setting ?? 'setting'} within 5 % of the best over ${sensitivity.open ? 'at least ' : ''}` +
            `${short(sensitivity.decades)} decades`,
        ]
      : []),
  ];
  return `${labelOf(problem, entrant)}: ${parts.join(', ')}`;
}

/** What the best ones cost besides time, and the first of the list to compare with. */
function priceText(problem: ProblemAnalysis): string {
  const best = [
    ...(verdict(problem, 'final').solvers === undefined ? [verdict(problem, 'final').best] : []),
    ...spokenAxes.map((axis) => verdict(problem, axis).best),
    problem.entrants[0],
  ];
  const shown = [...new Set(best.filter((b) => b !== undefined))];
  return `What it cost: ${shown.map((entrant) => costOf(problem, entrant)).join('; ')}.`;
}

function troubleText(problem: ProblemAnalysis): string {
  const diverged = problem.entrants
    .filter((e) => e.diverged > 0)
    .map((e) => `${labelOf(problem, e)} (${e.diverged} of ${e.results.runs.length})`);
  // The last values of such a run are those of the start.
  const idle = problem.entrants
    .map((e) => ({ e, runs: e.results.runs.filter(({ summary }) => stepless(summary)).length }))
    .filter(({ runs }) => runs > 0)
    .map(({ e, runs }) => `${labelOf(problem, e)} (${runs} of ${e.results.runs.length})`);
  return [
    ...(diverged.length > 0 ? [`Diverged: ${listed(diverged)}.`] : []),
    ...(idle.length > 0
      ? [`Not one step fitted into the budget, so that this says nothing of them: ${listed(idle)}.`]
      : []),
  ].join(' ');
}

/** What the figures of a problem say, in sentences; names of winners between `**`. */
export function problemWords(problem: ProblemAnalysis): readonly string[] {
  return [
    finalText(problem),
    aimText(problem),
    ...spokenAxes.map((axis) => costText(problem, axis)),
    referenceText(problem),
    [priceText(problem), troubleText(problem)].filter((t) => t !== '').join(' '),
  ].filter((text) => text !== '');
}

/** The winner by a criterion in a cell, with how sure that is. */
export function winnerCell(problem: ProblemAnalysis, found: Verdict): string {
  const { best, others, solvers } = found;
  if (solvers !== undefined) return `${solvers} of ${problem.entrants.length} solve it`;
  if (!best) return found.criterion === 'final' ? 'all diverged' : 'not reached';
  const label = labelOf(problem, best);
  if (others.length === 0) return `${label} (alone)`;
  const seeds = best.results.runs.length;
  if (seeds < 3) return `${label} (${seedsText(seeds)})`;
  const equal = others.filter((o) => o.confidence === 'none').map(({ entrant }) => labelOf(problem, entrant));
  if (equal.length === 0) return others.every((o) => o.confidence === 'shown') ? `${label} ✓✓` : `${label} ✓`;
  const more = equal.length > 2 ? `${equal.slice(0, 2).join(', ')} and ${equal.length - 2} more` : listed(equal);
  return `${label} ≈ ${more}`;
}

/** Explains the cells. */
export const cellLegend =
  '✓✓ better than every other with p ≤ 0.05; ✓ better than every other in every seed and by more than the seeds scatter, with too few ' +
  'seeds for p ≤ 0.05; ≈ no difference shown from those named. p values are not corrected for the number of comparisons.';
