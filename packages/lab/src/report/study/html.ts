import { axes, type Criterion, type ProblemAnalysis, type StudyAnalysis } from '../../studies/analysis.js';
import type { Missing } from '../../studies/missing.js';
import type { KeptStudy } from '../../studies/study-folder.js';
import { verdict } from '../../studies/verdict.js';
import { shellWord } from '../../study.js';
import { escapeHtml as e, page } from '../page.js';
import { type Chart, curveCharts, profileCharts, sensitivityCharts } from './charts.js';
import { budgetText, costNames, short } from './figures.js';
import { protocol, settingsOf } from './protocol.js';
import { studyScript, studyStyle } from './script.js';
import { labelOf, type Series, seriesOf } from './series.js';
import { problemRows } from './table.js';
import { cellLegend, problemWords, winnerCell } from './words.js';

/** Everything that a report of a study shows. */
export interface StudyReport {
  readonly kept: KeptStudy;
  readonly analysis: StudyAnalysis;
  readonly missing: readonly Missing[];
}

/** Words between `**` in bold. */
const emphasised = (text: string): string => e(text).replace(/\*\*(.+?)\*\*/g, '<b>$1</b>');

/** A piece of the line that stands for an optimizer in the charts. */
const swatch = ({ colour, dash }: Series): string =>
  `<svg class="line" width="26" height="8" aria-hidden="true"><line x1="0" x2="26" y1="4" y2="4" stroke="${colour}" stroke-width="3" stroke-dasharray="${dash}"/></svg>`;

function definitions(pairs: readonly (readonly [string, string])[]): string {
  return `<dl>${pairs.map(([k, v]) => `<dt>${e(k)}</dt><dd>${e(v)}</dd>`).join('')}</dl>`;
}

/** A table whose first column may carry swatches. */
function table(rows: readonly (readonly string[])[], first: (row: number) => string = () => ''): string {
  const [head = [], ...body] = rows;
  const line = (tag: string, row: readonly string[], before = ''): string =>
    `<tr>${row.map((cell, i) => `<${tag}>${i === 0 ? before : ''}${e(cell)}</${tag}>`).join('')}</tr>`;
  const lines = body.map((row, i) => line('td', row, first(i))).join('\n');
  return `<div class="scroll"><table><thead>${line('th', head)}</thead><tbody>${lines}</tbody></table></div>`;
}

function figures(charts: readonly Chart[]): string {
  const drawn = charts.map(({ caption, svg }) => {
    const both =
      svg.linear === undefined
        ? svg.logarithmic
        : `<div class="x-logarithmic">${svg.logarithmic}</div><div class="x-linear">${svg.linear}</div>`;
    return `<figure><figcaption>${e(caption)}</figcaption>${both}</figure>`;
  });
  return `<div class="charts">\n${drawn.join('\n')}\n</div>`;
}

function legend(series: readonly Series[]): string {
  return series
    .map(
      (s) => `<button type="button" aria-pressed="true" data-series="${e(s.label)}">${swatch(s)}${e(s.label)}</button>`,
    )
    .join(' ');
}

function switches(linear: boolean): string {
  const button = (name: string, text: string, on: boolean): string =>
    `<button type="button" data-switch="${name}" aria-pressed="${on}">${text}</button>`;
  return `${button('linear', 'linear cost axis', linear)} ${button('smooth', 'smooth the lines', false)}`;
}

const seriesIn = (problem: ProblemAnalysis, series: readonly Series[]): Series[] =>
  problem.entrants.map((entrant) => series.find(({ label }) => label === labelOf(problem, entrant))!);

const anchor = (i: number): string => `problem-${i + 1}`;

function problemSection(problem: ProblemAnalysis, series: readonly Series[], i: number): string {
  const { declared, problem: p } = problem.results;
  const own = seriesIn(problem, series);
  const linear = p.kind === 'supervised';
  const sensitive = sensitivityCharts(problem, series);
  return `<section id="${anchor(i)}"${linear ? ' class="linear"' : ''}>
<h2>${e(p.title)}</h2>
<p class="lead">${e(p.description)} Hard because: ${e(p.difficulty)}.</p>
${table(problemRows(problem), (row) => swatch(own[row]!))}
<p class="lead">Mean over seeds (geometric where the axis is logarithmic) [95 % interval]. Budget of a run: ${e(budgetText(declared.budget))}.
Medians to the aim count runs that did not get there as later.</p>
<p class="controls">${legend(own)} ${switches(linear)}</p>
${figures(curveCharts(problem, series))}
${
  sensitive.length > 0
    ? `<h3>Sensitivity to what was searched for</h3>
<p class="lead">One trial a point, ${short(100 * (declared.tuning === false ? 1 : declared.tuning.share))} % of the budget each; the thick line marks where the result is within 5 % of the best, × a trial that diverged.</p>
${figures(sensitive)}`
    : ''
}
<h3>What was measured</h3>
${definitions([['problem', p.name], ...p.measures.map(({ title, meaning }) => [title, meaning] as const), ...settingsOf(problem)])}
</section>`;
}

const criteria: readonly (readonly [Criterion, string])[] = [
  ['final', 'best at the end'],
  ['seconds', 'first in seconds to the aim'],
  ['gradientEquivalents', 'first in gradient equivalents to the aim'],
];

/** Problems and their winners; the first row is the head. */
export function winnerRows({ problems }: StudyAnalysis): readonly (readonly string[])[] {
  return [
    ['problem', ...criteria.map(([, head]) => head)],
    ...problems.map((problem) => [
      problem.results.problem.title,
      ...criteria.map(([criterion]) => winnerCell(problem, verdict(problem, criterion))),
    ]),
  ];
}

/** What is missing, one line an optimizer. */
export function missingLines(missing: readonly Missing[]): string[] {
  return missing.map(({ problem, optimizer, trials, seeds }) => {
    const parts = [
      ...(trials === undefined ? ['nothing finished'] : trials > 0 ? [`${trials} trials`] : []),
      ...(seeds.length > 0 && trials !== undefined ? [`seeds ${seeds.join(', ')}`] : []),
    ];
    return `${problem}, ${optimizer}: ${parts.join(', ')}`;
  });
}

function missingPart(missing: readonly Missing[]): string {
  if (missing.length === 0) return '';
  const lines = missingLines(missing).map((line) => `<li>${e(line)}</li>`);
  return `<div class="warning"><p>This study is not finished; all statements are about what is there. Missing:</p><ul>${lines.join('')}</ul></div>`;
}

function summary({ analysis }: StudyReport): string {
  const { problems } = analysis;
  if (problems.length === 0) return '<p>No run is finished yet.</p>';
  const words = problems.map(
    (problem, i) =>
      `<h3><a href="#${anchor(i)}">${e(problem.results.problem.title)}</a></h3>\n${problemWords(problem)
        .map((text) => `<p>${emphasised(text)}</p>`)
        .join('\n')}`,
  );
  return `<h2>Who won</h2>
<div class="winners">${table(winnerRows(analysis))}</div>
<p class="lead">${e(cellLegend)}</p>
<h2>In words</h2>
<div class="words">${words.join('\n')}</div>`;
}

/** How many of the problems a method was run on, where that is not all of them. */
function coverage({ problems }: StudyAnalysis): string {
  const names = new Map<string, number>();
  for (const problem of problems) {
    for (const spec of new Set(problem.entrants.map(({ results }) => results.entrant.spec.split(':')[0]!))) {
      names.set(spec, (names.get(spec) ?? 0) + 1);
    }
  }
  const partial = [...names].filter(([, n]) => n < problems.length).map(([spec, n]) => `${spec} (${n})`);
  return partial.length > 0
    ? ` Not run on all ${problems.length} problems, and so without a chance on the others: ${partial.join(', ')}.`
    : '';
}

function profiles(analysis: StudyAnalysis, series: readonly Series[]): string {
  if (analysis.problems.length < 2) return '';
  return `<section>
<h2>Over all problems</h2>
<p class="lead">The share of the ${analysis.problems.length} problems on which an optimizer reached the aim (median over seeds) within so many times the least ${e(Object.values(axes.map((a) => costNames[a])).join(', '))} of all (Dolan and Moré 2002): the left end says how often it was the best, the right end how often it got there at all.${e(coverage(analysis))}</p>
<p class="controls">${legend(series)}</p>
${figures(profileCharts(analysis, series))}
</section>`;
}

/** One self-contained page about a study: nothing is loaded from anywhere. */
export function studyHtml(report: StudyReport): string {
  const { kept, analysis, missing } = report;
  const series = seriesOf(analysis.problems);
  const body = `<style>${studyStyle}</style>
<main>
<h1>${e(kept.study.title)}</h1>
${missingPart(missing)}
${summary(report)}
${profiles(analysis, series)}
${analysis.problems.map((problem, i) => problemSection(problem, series, i)).join('\n')}
<section>
<h2>How it was done</h2>
${definitions(protocol(kept, analysis))}
<h2>Run it again</h2>
<pre>${e(`npx osculate study ${shellWord(kept.file)}`)}</pre>
</section>
</main>
<script>${studyScript}</script>`;
  return page(`osculate: ${kept.study.title}`, body);
}
