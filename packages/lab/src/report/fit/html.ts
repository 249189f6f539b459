import type { FitStatistics } from 'osculate/fit';
import { escapeHtml as e, htmlTable, page } from '../page.js';
import { type FitPicture, fitChart, residualChart } from './charts.js';

export interface FitPage {
  readonly file: string;
  readonly model: string;
  readonly yName: string;
  /** The text report. */
  readonly report: string;
  readonly statistics: FitStatistics;
  /** Formulas of tied parameters. */
  readonly tied: Readonly<Record<string, string>>;
  readonly picture: FitPicture;
}

function digits(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : '';
}

function table({ parameters, level }: FitStatistics, tied: FitPage['tied']): string {
  const head = ['parameter', 'value', 'standard error', `${Number((100 * level).toPrecision(6))}% interval`, 'state'];
  const rows = parameters.map(({ name, value, standardError, interval, state }) => {
    const known = state === 'estimated' || state === 'tied';
    const range = known ? `${digits(interval[0])} … ${digits(interval[1])}` : '';
    const label = tied[name] === undefined ? name : `${name} = ${tied[name]}`;
    return [label, digits(value), known ? digits(standardError) : '', range, state];
  });
  return htmlTable([head, ...rows]);
}

function caption({ curve }: FitPicture, level: number): string {
  if (curve.length === 0) return 'Observed against fitted values, with the line on which they agree';
  const percent = `${Number((100 * level).toPrecision(6))}%`;
  const prediction = curve[0]!.above === undefined ? '' : ' (dark) and the prediction band (light)';
  return `Data, fit, and the ${percent} confidence band${prediction}, each point by point`;
}

/** One self-contained page about a fit: nothing is loaded from anywhere. */
export function fitHtml({ file, model, yName, report, statistics, picture, tied }: FitPage): string {
  const body = `<main>
<h1>${e(yName)} = ${e(model)}</h1>
<p class="lead">fitted to ${e(file)}</p>
${table(statistics, tied)}
<h2>Plots</h2>
<div class="charts">
<figure><figcaption>${e(caption(picture, statistics.level))}</figcaption>${fitChart(picture)}</figure>
<figure><figcaption>Residuals: observed less fitted${picture.weighted ? ', over σ' : ''}</figcaption>${residualChart(picture)}</figure>
</div>
<h2>Report</h2>
<pre>${e(report)}</pre>
</main>`;
  return page(`osculate fit: ${model}`, body);
}
