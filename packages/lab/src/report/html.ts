import type { Environment } from '../environment.js';
import type { Problem } from '../problems/problem.js';
import { commandOf, type Result, type Study } from '../study.js';
import { chartSvg, charts, colourOf } from './charts.js';
import { count, figure } from './format.js';
import { escapeHtml as e, page } from './page.js';
import { script } from './page-parts.js';
import { columns } from './table.js';

export interface ReportData {
  readonly study: Study;
  readonly problem: Pick<Problem, 'title' | 'description' | 'lossName' | 'errorName' | 'tuning'>;
  readonly results: readonly Result[];
  readonly environment: Environment;
}

function best(results: readonly Result[], measure: 'trainLoss' | 'testError'): Result {
  const value = (r: Result): number => {
    const v = r.summary.last[measure];
    return Number.isFinite(v) ? v : Number.POSITIVE_INFINITY;
  };
  return results.reduce((a, b) => (value(b) < value(a) ? b : a));
}

/** What the numbers say, in words, with their limits. */
function verdict({ study, results }: ReportData): string {
  const [loss, error] = [best(results, 'trainLoss'), best(results, 'testError')];
  const fewest = results.reduce((a, b) => (b.summary.last.step < a.summary.last.step ? b : a));
  const name = (r: Result): string => `<b>${e(r.summary.title)}</b>`;
  const lowest = `the lowest training loss (${figure(loss.summary.last.trainLoss)})`;
  const nearest = `the lowest test error (${figure(error.summary.last.testError)})`;
  const first =
    loss === error
      ? `${name(loss)} has ${lowest} and ${nearest}`
      : `${name(loss)} has ${lowest}, ${name(error)} ${nearest}`;
  return (
    `After ${study.budget} seconds each, ${first}. ${name(fewest)} took the fewest iterations ` +
    `(${count(fewest.summary.last.step)}). One seed and the settings shown below: a difference of a few percent is no ranking.`
  );
}

function table(results: readonly Result[]): string {
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

function figures(results: readonly Result[]): string {
  return charts
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
    ['loss', problem.lossName],
    ['error', problem.errorName],
    [
      'curves',
      'measured on 2,000 fixed digits of the training set and 2,000 of the test set, outside the time that counts',
    ],
    ['gradient equivalent', 'the arithmetic of one gradient over the whole training set'],
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
${table(results)}
<h2>Curves</h2>
${legend(results)}
<div class="charts">
${figures(results)}
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
