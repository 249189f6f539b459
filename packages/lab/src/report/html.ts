import type { Environment } from '../environment.js';
import type { Measure, Problem } from '../problems/problem.js';
import { commandOf, type Result, type Study, stepless } from '../study.js';
import { chartSvg, chartsFor, colourOf, shownMeasures } from './charts.js';
import { count, figure } from './format.js';
import { escapeHtml as e, page } from './page.js';
import { script } from './page-parts.js';
import { columnsFor } from './table.js';

export interface ReportData {
  readonly study: Study;
  readonly problem: Pick<Problem, 'title' | 'description' | 'difficulty' | 'measures' | 'target' | 'tuning'>;
  readonly results: readonly Result[];
  readonly environment: Environment;
}

/** The result that is best by a measure; what is not finite loses. */
function best(results: readonly Result[], { key, better }: Measure): Result {
  const sign = better === 'lower' ? 1 : -1;
  const value = (r: Result): number => sign * (r.summary.last.values[key] ?? sign * Number.POSITIVE_INFINITY);
  return results.reduce((a, b) => (value(b) < value(a) ? b : a));
}

const nameOf = (r: Result): string => `<b>${e(r.summary.title)}</b>`;

/** Who is best by what is minimised and by what is judged by. */
function winners({ problem, results }: ReportData): string {
  const claims = shownMeasures(problem.measures).map((measure) => {
    const winner = best(results, measure);
    const extreme = measure.better === 'lower' ? 'lowest' : 'highest';
    const value = winner.summary.last.values[measure.key] ?? Number.NaN;
    return { winner, what: `the ${extreme} ${e(measure.title)} (${figure(value)})` };
  });
  const [first, second] = claims;
  if (!second) return `${nameOf(first!.winner)} has ${first!.what}`;
  if (first!.winner === second.winner) return `${nameOf(second.winner)} has ${first!.what} and ${second.what}`;
  return `${nameOf(first!.winner)} has ${first!.what}, ${nameOf(second.winner)} ${second.what}`;
}

/** Who reached the target, and who was first. */
function solvers({ problem: { target, measures }, results }: ReportData): string {
  if (!target) return '';
  const { title, better } = measures.find(({ key }) => key === target.measure)!;
  const aim = `${e(title)} ${better === 'lower' ? 'at most' : 'at least'} ${figure(target.value)}`;
  const solved = results.filter((r) => r.summary.solvedAt);
  if (solved.length === 0) return ` None reached the target (${aim}).`;
  const first = solved.reduce((a, b) => (b.summary.solvedAt!.seconds < a.summary.solvedAt!.seconds ? b : a));
  const time = figure(first.summary.solvedAt!.seconds);
  return ` ${solved.length} of ${results.length} reached the target (${aim}), first ${nameOf(first)}, after ${time} seconds.`;
}

/** Those that did not get to make a step. */
function idle(results: readonly Result[], budget: number): string {
  const names = results.filter(({ summary }) => stepless(summary)).map(nameOf);
  return names.length > 0
    ? ` Not one step of ${names.join(', ')} fitted into ${budget} seconds: give a larger budget.`
    : '';
}

/** What the numbers say, in words, with their limits. */
function verdict({ results: all, ...data }: ReportData): string {
  const { study } = data;
  const results = all.filter(({ summary }) => !stepless(summary));
  const none = idle(all, study.budget);
  if (results.length === 0) return none.trim();
  const fewest = results.reduce((a, b) => (b.summary.last.step < a.summary.last.step ? b : a));
  return (
    `After ${study.budget} seconds each at most, ${winners({ ...data, results })}.${solvers({ ...data, results })} ${nameOf(fewest)} took the fewest iterations ` +
    `(${count(fewest.summary.last.step)}). One seed and the settings shown below: a difference of a few percent is not a ranking.${none}`
  );
}

function table({ results, problem }: ReportData): string {
  const columns = columnsFor(problem.measures);
  const head = columns.map((c) => `<th>${e(c.head)}</th>`).join('');
  const rows = results.map(({ summary }, i) => {
    const cells = columns.map((c, k) =>
      k === 0
        ? `<td><span class="swatch" style="background:${colourOf(i)}"></span>${e(c.cell(summary))}</td>`
        : `<td>${e(c.cell(summary))}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function legend(results: readonly Result[]): string {
  const items = results.map(
    ({ summary }, i) =>
      `<button type="button" aria-pressed="true" data-series="${e(summary.title)}">` +
      `<span class="swatch" style="background:${colourOf(i)}"></span>${e(summary.title)}</button>`,
  );
  return `<p class="legend">${items.join(' ')}</p>`;
}

function figures({ results, problem }: ReportData): string {
  return chartsFor(problem.measures)
    .map((spec) => `<figure><figcaption>${e(spec.title)}</figcaption>${chartSvg(spec, results)}</figure>`)
    .join('\n');
}

function definitions(pairs: readonly (readonly [string, string])[]): string {
  return `<dl>${pairs.map(([k, v]) => `<dt>${e(k)}</dt><dd>${e(v)}</dd>`).join('')}</dl>`;
}

function settings(results: readonly Result[]): string {
  return definitions(
    results.map(({ summary }) => [
      summary.title,
      `${Object.entries(summary.settings)
        .map(([k, v]) => `${k} = ${v}`)
        .join(', ')} — ${summary.executor}`,
    ]),
  );
}

function setting({ study, problem, environment: m }: ReportData): string {
  return definitions([
    ...problem.measures.map(({ title, meaning }) => [title, meaning] as const),
    ...(problem.target ? [['target', `${problem.target.value}: ${problem.target.source}`] as const] : []),
    ['difficulty', problem.difficulty],
    ['curves', 'measured on at most 2,000 fixed examples of each set, outside the time that counts'],
    [
      'gradient equivalent',
      'the arithmetic of one gradient over the whole training set, or of one gradient of a function',
    ],
    ['peak memory', 'largest resident memory of the process of that run: Node, ONNX Runtime and data included'],
    [
      'budget',
      `${study.budget} seconds of stepping for each optimizer; a step that ends more than 5 % later does not count`,
    ],
    ['tuning', problem.tuning],
    ['seed', String(study.seed)],
    [
      'machine',
      `${m.processor}, ${m.cores} cores, ${(m.memory / 2 ** 30).toFixed(0)} GiB; ${study.threads} threads used`,
    ],
    ['software', `Node ${m.node}, ${m.platform}`],
    ['date', m.date],
  ]);
}

/** One self-contained page: nothing is loaded from anywhere. */
export function reportHtml(data: ReportData): string {
  const { problem, results, study } = data;
  const body = `<main>
<h1>${e(problem.title)}</h1>
<p class="lead">${e(problem.description)}</p>
<p>${verdict(data)}</p>
${table(data)}
<h2>Curves</h2>
${legend(results)}
<div class="charts">
${figures(data)}
</div>
<h2>Settings of the optimizers</h2>
${settings(results)}
<h2>How it was measured</h2>
${setting(data)}
<h2>Run it again</h2>
<pre>${e(commandOf(study))}</pre>
</main>
<script>${script}</script>`;
  return page(`osculate: ${problem.title}`, body);
}
