import { folderName } from '../../run/folder.js';
import type { ProblemAnalysis, StudyAnalysis } from '../../studies/analysis.js';
import { escapeHtml } from '../page.js';
import { profileCharts, secondsFigure, sensitivityCharts } from './charts.js';
import { budgetText, short } from './figures.js';
import { missingLines, type StudyReport, winnerRows } from './html.js';
import { legendSvg } from './legend-svg.js';
import {
  emphasisedMarkdown,
  escapeMarkdown,
  markdownCode,
  markdownDefinitions,
  markdownImage,
  markdownTable,
} from './markdown-text.js';
import { protocol, settingsOf } from './protocol.js';
import { publishedRows } from './published-table.js';
import { referenceRows } from './reference-table.js';
import { labelOf, type Series, seriesOf } from './series.js';
import { headlines, shortWords } from './short-words.js';
import { cellLegend, problemWords } from './words.js';

/** A page in Markdown and the figures that it shows, by file name. */
export interface MarkdownReport {
  readonly page: string;
  readonly figures: Readonly<Record<string, string>>;
}

interface Figure {
  readonly file: string;
  readonly caption: string;
  readonly svg: string;
}

const shown = ({ caption, file }: Figure): string => markdownImage(caption, file);

/** A problem's name in the names of its files: `2-mnist-lstm-hidden-32`. */
const slug = ({ results }: ProblemAnalysis, i: number): string =>
  `${i + 1}-${folderName(results.problem.name)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')}`;

function curveFigures(problem: ProblemAnalysis, series: readonly Series[], i: number): Figure[] {
  const { title } = problem.results.problem;
  const drawn = [...new Set([problem.aim.measure, problem.judged])];
  const own = ownSeries(problem, series);
  return drawn.map((measure) => {
    const caption = `${title}: ${measure.title} against seconds`;
    const svg = legendSvg(secondsFigure(problem, series, measure), own, caption);
    return { file: `${slug(problem, i)}-${measure.key}.svg`, caption, svg };
  });
}

function searchFigures(problem: ProblemAnalysis, series: readonly Series[], i: number): Figure[] {
  const drawn = sensitivityCharts(problem, series).map(({ caption, svg: { logarithmic } }) => ({
    ...{ caption, svg: logarithmic },
    own: ownSeries(problem, series).filter(({ label }) =>
      logarithmic.includes(`aria-description="${escapeHtml(label)}"`),
    ),
  }));
  // A chart of one method shows little that its table does not.
  return drawn
    .filter(({ own }) => own.length > 1)
    .map(({ caption: what, svg, own }, k) => {
      const caption = `${problem.results.problem.title}: ${what}`;
      return { file: `${slug(problem, i)}-search-${k + 1}.svg`, caption, svg: legendSvg(svg, own, caption) };
    });
}

const ownSeries = (problem: ProblemAnalysis, series: readonly Series[]): Series[] =>
  problem.entrants.map((entrant) => series.find(({ label }) => label === labelOf(problem, entrant))!);

interface Section {
  readonly text: string;
  readonly figures: readonly Figure[];
}

function problemSection(problem: ProblemAnalysis, series: readonly Series[], i: number): Section {
  const { declared, problem: p } = problem.results;
  const curves = curveFigures(problem, series, i);
  const searches = searchFigures(problem, series, i);
  const share = declared.tuning === false ? 1 : declared.tuning.share;
  const searched = [
    `One trial a point, ${short(100 * share)} % of a run’s budget each. The thick line marks where the result is within 5 % of the best, × a trial that diverged.`,
    ...searches.map(shown),
  ];
  const measured = p.measures.map(({ title, meaning }) => [title, meaning] as const);
  const text = [
    `## ${escapeMarkdown(p.title)}`,
    escapeMarkdown(`${p.description} Hard because: ${p.difficulty}. Budget of a run: ${budgetText(declared.budget)}.`),
    ...problemWords(problem).map(emphasisedMarkdown),
    markdownTable(publishedRows(problem)),
    'Mean over seeds (geometric for what is shown on a logarithmic axis) \\[95 % interval\\]; seconds to the aim: median over seeds, runs that did not get there counted as later.',
    ...curves.map(shown),
    ...(searches.length > 0 ? ['### Sensitivity to what was searched for', ...searched] : []),
    '<details><summary>What was measured, and with which settings</summary>',
    markdownDefinitions([['problem', p.name], ...measured, ...settingsOf(problem)]),
    '</details>',
  ];
  return { text: text.join('\n\n'), figures: [...curves, ...searches] };
}

function overall(analysis: StudyAnalysis, series: readonly Series[]): Section {
  if (analysis.problems.length < 2) return { text: '', figures: [] };
  const [{ caption, svg }] = profileCharts(analysis, series) as [ReturnType<typeof profileCharts>[number]];
  const figure = { file: 'profile-seconds.svg', caption, svg: legendSvg(svg.logarithmic, series, caption) };
  const text = [
    '## Over all problems',
    `The share of the ${analysis.problems.length} problems on which an optimizer reached the aim within so many times the seconds of the fastest (Dolan and Moré 2002). One that was not run on a problem has not solved it.`,
    shown(figure),
  ];
  return { text: text.join('\n\n'), figures: [figure] };
}

/** What no figure of the study can say. */
function limits({ kept, analysis }: StudyReport): string {
  const { seeds, problems } = kept.study;
  const least = 2 / 2 ** seeds.length;
  const list = [
    `${seeds.length} seeds: the paired test cannot show less than p = ${short(least)}${least > 0.05 ? ', so that no single comparison is significant at 5 %; what is called ahead was ahead in every seed and by more than the seeds scatter' : ''}. Nothing is corrected for the number of comparisons.`,
    `The budgets are short (${short(Math.min(...problems.flatMap(({ budget }) => budget.seconds ?? [])))} s and more a run) and the models small: what holds here need not hold for models that take days.`,
    'One setting of each method was searched for, on a grid, on this problem; the others have the library’s defaults. A search over several settings could change the order.',
    'Trials are shorter than runs: the value that is best early need not be the best for a whole run.',
    'No learning rate schedules: every rate is constant over a run, as the search found it.',
    'Times are those of this implementation on this machine, on few cores. Counts of steps and of gradient equivalents, in the data files, do not depend on either.',
    ...(analysis.problems.some(({ results }) => results.declared.aim)
      ? [
          'The aim is what one method reaches, so the question answered is whether others get there sooner, not who is best in the end; last values are in the tables.',
        ]
      : []),
  ];
  return list.map((line) => `- ${escapeMarkdown(line)}`).join('\n');
}

/** Where things are, as the commands that make the page name them. */
export interface MarkdownPlaces {
  readonly runs: string;
  readonly page: string;
}

function rerun({ kept }: StudyReport, { runs, page }: MarkdownPlaces): string {
  const commands = [`npx osculate study ${kept.file} --out ${runs}`, `npx osculate report ${runs} --markdown ${page}`];
  return `\`\`\`sh\n${commands.join('\n')}\n\`\`\``;
}

function missingPart({ missing }: StudyReport): string[] {
  if (missing.length === 0) return [];
  const lines = missingLines(missing).map((line) => `> - ${escapeMarkdown(line)}`);
  return [`> **This study is not finished**; all statements are about what is there. Missing:\n>\n${lines.join('\n')}`];
}

/** The page of a study for a repository: what was found in words first, then tables and figures, then how it was done and what it cannot say. */
export function studyMarkdown(report: StudyReport, places: MarkdownPlaces): MarkdownReport {
  const { kept, analysis } = report;
  const series = seriesOf(analysis.problems);
  const sections = analysis.problems.map((problem, i) => problemSection(problem, series, i));
  const profile = overall(analysis, series);
  const against = referenceRows(analysis);
  const head = headlines(analysis);
  const parts = [
    `# ${escapeMarkdown(kept.study.title)}`,
    `Written by ${markdownCode('osculate report')} from the results of ${markdownCode(kept.file)}; every figure here is regenerated by the commands at the end.`,
    ...missingPart(report),
    '## In short',
    ...(head
      ? [`**${escapeMarkdown(head.question)}**`, head.answers.map((line) => `- ${emphasisedMarkdown(line)}`).join('\n')]
      : []),
    ...shortWords(analysis).map(emphasisedMarkdown),
    ...(against.length > 1
      ? [
          '## Times as fast as the reference',
          markdownTable(against),
          'Seconds of the reference to the aim over those of the optimizer, paired by seed: geometric mean \\[95 % interval\\]. Bold: faster in every seed and by more than the seeds scatter. “< 0.5 ×”: no run got there in the whole budget, so that it is slower than that.',
        ]
      : []),
    '## Who won',
    markdownTable(winnerRows(analysis)),
    escapeMarkdown(cellLegend),
    profile.text,
    ...sections.map(({ text }) => text),
    '## How it was done',
    markdownDefinitions(protocol(kept, analysis)),
    '## What it cannot say',
    limits(report),
    '## Run it again',
    rerun(report, places),
  ];
  const figures = [...profile.figures, ...sections.flatMap((section) => section.figures)];
  return {
    page: `${parts.filter((part) => part !== '').join('\n\n')}\n`,
    figures: Object.fromEntries(figures.map(({ file, svg }) => [file, svg])),
  };
}
