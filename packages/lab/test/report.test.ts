import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { Measure } from '../src/problems/problem.js';
import { chartSvg, chartsFor } from '../src/report/charts.js';
import { clock, count, figure, megabytes } from '../src/report/format.js';
import { reportHtml } from '../src/report/html.js';
import { escapeHtml } from '../src/report/page.js';
import { ProgressLine, progressText } from '../src/report/progress.js';
import { textTable } from '../src/report/table.js';
import { commandOf, type Point, type Result, type Study } from '../src/study.js';

const study: Study = { problem: 'autoencoder', optimizers: ['adam', 'hessian-free'], budget: 60, seed: 7, threads: 2 };

function point(step: number, loss: number): Point {
  return {
    step,
    seconds: step / 10,
    gradientEquivalents: step / 4,
    values: { loss: Number.isFinite(loss) ? loss : null, testLoss: 7, accuracy: loss > 200 ? 0.5 : 0.9 },
    details: {},
  };
}

function result(title: string, losses: readonly number[]): Result {
  const points = losses.map((loss, i) => point(10 * i, loss));
  const reached = points.find((p) => p.values.accuracy! >= 0.8);
  const summary = {
    ...(reached && { solvedAt: reached }),
    spec: title.toLowerCase(),
    title,
    settings: { learningRate: 0.001 },
    ending: 'budget' as const,
    last: points.at(-1)!,
    peakMemory: 512 * 2 ** 20,
    executor: 'ONNX Runtime',
  };
  return { summary, points };
}

const results = [result('Adam', [500, 200, 120]), result('<Hessian> & "free"', [500, 150, Number.NaN])];
const measures: readonly Measure[] = [
  { key: 'loss', title: 'train loss', meaning: 'mean loss', better: 'lower', logarithmic: true },
  { key: 'testLoss', title: 'test loss', meaning: 'mean loss on other data', better: 'lower', logarithmic: true },
  { key: 'accuracy', title: 'accuracy', meaning: 'share of hits', better: 'higher', logarithmic: false },
];
const problem = {
  ...{ title: 'A problem', description: 'Words.', difficulty: 'none to speak of', measures, tuning: 'none' },
  target: { measure: 'accuracy', value: 0.8, source: 'the literature' },
};
const charts = chartsFor(measures);
const environment = {
  node: 'v20',
  platform: 'linux x64',
  processor: 'P',
  cores: 2,
  memory: 2 ** 34,
  date: '2026-01-01',
};

describe('numbers', () => {
  it.each([
    [0, '0'],
    [123.456, '123.5'],
    [0.00012345, '1.234e-4'],
    [12345678, '1.235e+7'],
    [Number.NaN, 'NaN'],
  ])('%d reads %s', (value, text) => expect(figure(value)).toBe(text));
  it('groups thousands, shows MiB and minutes', () => {
    expect(count(1234567)).toBe('1 234 567');
    expect(megabytes(1536 * 2 ** 20)).toBe('1 536 MiB');
    expect(clock(65.9)).toBe('1:05');
  });
});

describe('table', () => {
  it('aligns columns and has one line a contestant', () => {
    const lines = textTable(
      results.map((r) => r.summary),
      measures,
    ).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(
      /^optimizer +steps +gradient equivalents +seconds +train loss +test loss +accuracy +seconds to target .* ended$/,
    );
    expect(lines[2]).toMatch(/^Adam +20 +5 +2\.0 +120 +7 +0\.9 +1 +512 MiB +– +budget$/);
    expect(lines[3]!.indexOf('budget')).toBe(lines[2]!.indexOf('budget'));
  });
});

describe('progress line', () => {
  const state = { title: 'Adam', index: 1, total: 3, seconds: 30, budget: 60, step: 5 };
  it('says who, how far and how well', () => {
    expect(
      progressText({
        ...state,
        values: [
          ['train loss', 1.5],
          ['test error', 2],
        ],
      }),
    ).toBe('[1/3] Adam  ██████████░░░░░░░░░░ 0:30/1:00  step 5  train loss 1.5  test error 2');
  });
  it('writes nothing when the stream is not a terminal, and fits the width of one', () => {
    const written: string[] = [];
    const write = (text: string) => written.push(text);
    new ProgressLine({ write }).show('x');
    expect(written).toEqual([]);
    new ProgressLine({ write, isTTY: true, columns: 5 }).show('abcdefgh');
    expect(written).toEqual(['\r\u001b[Kabcd']);
  });
});

describe('charts', () => {
  it.each(charts.map((c) => [c.title, c] as const))('%s: a path and dots for every contestant', (_, spec) => {
    const { document } = parseHTML(chartSvg(spec, results));
    const adam = [...document.querySelectorAll('g[aria-description="Adam"]')];
    expect(adam.some((g) => g.querySelector('path'))).toBe(true);
    expect(adam.flatMap((g) => [...g.querySelectorAll('circle')])).toHaveLength(spec.x === 'step' ? 2 : 3);
    expect(chartSvg(spec, results)).not.toMatch(/NaN|undefined/);
  });
  it('spreads costs that differ by more than a factor of ten, and only those, on a logarithmic axis', () => {
    const [, work] = charts;
    // With a start that a logarithmic axis has no room for.
    const circles = (of: readonly Result[]) =>
      parseHTML(chartSvg(work!, of)).document.querySelectorAll('circle').length;
    expect(circles([result('A', [5, 4]), result('B', [5, 4, 3])])).toBe(5);
    const long = result(
      'B',
      Array.from({ length: 12 }, (_, i) => 12 - i),
    );
    expect(circles([result('A', [5, 4]), long])).toBe(12);
  });

  it('draws the seventh contestant in the colour of the text, which shows on dark pages too', () => {
    const seven = Array.from({ length: 7 }, (_, i) => result(`M${i}`, [5, 4]));
    const { document } = parseHTML(chartSvg(charts[1]!, seven));
    expect(document.querySelector('g[aria-description="M6"]')!.getAttribute('stroke')).toBe('currentColor');
  });

  it('leaves out what is not finite', () => {
    const { document } = parseHTML(
      chartSvg(charts.find((c) => c.x === 'seconds' && c.measure.key === 'loss')!, results),
    );
    const groups = [...document.querySelectorAll('g')].filter((g) =>
      g.getAttribute('aria-description')?.startsWith('<Hessian>'),
    );
    expect(groups.flatMap((g) => [...g.querySelectorAll('circle')])).toHaveLength(2);
  });
});

describe('report', () => {
  const html = reportHtml({ study, problem, results, environment });
  it('is one file that loads nothing', () => {
    expect(html).not.toMatch(/(src|href)\s*=\s*["'](?!#)/);
    expect(html).not.toMatch(/url\(|@import|https?:\/\/(?!www\.w3\.org)/);
  });
  it('escapes text', () => {
    expect(html).toContain(escapeHtml('<Hessian> & "free"'));
    expect(parseHTML(html).document.querySelector('hessian')).toBeNull();
  });
  it('says who reached the target, and what the figures are', () => {
    expect(html).toContain('2 of 2 reached the target (accuracy at least 0.8), first <b>Adam</b>, after 1 seconds');
    for (const { meaning } of measures) expect(html).toContain(`<dd>${meaning}</dd>`);
    expect(
      reportHtml({ study, problem: { ...problem, target: undefined as never }, results, environment }),
    ).not.toContain('target (');
  });
  it('shows a measure that may be negative or zero on a linear axis', () => {
    const accuracy = charts.find((c) => c.measure.key === 'accuracy' && c.x === 'seconds')!;
    const zero = { ...result('Adam', [1]), points: [{ ...point(0, 1), values: { accuracy: 0 } }] };
    expect(parseHTML(chartSvg(accuracy, [zero])).document.querySelectorAll('circle')).toHaveLength(1);
  });
  it('names the winner among finite losses, the settings and the command', () => {
    expect(html).toContain('<b>Adam</b> has the lowest train loss (120) and the highest accuracy (0.9)');
    expect(html).toContain('learningRate = 0.001');
    expect(html).toContain(commandOf(study));
    expect(commandOf(study)).toBe(
      'npm start -- autoencoder --optimizers adam,hessian-free --budget 60 --seed 7 --threads 2',
    );
  });

  it('declares no winner that made no step', () => {
    const idle = result('Idle', [1]);
    const page = (runs: readonly Result[]) => reportHtml({ study, problem, results: runs, environment });
    expect(page([...results, idle])).toContain('<b>Adam</b> has the lowest train loss (120)');
    expect(page([...results, idle])).toContain(
      'Not one step of <b>Idle</b> fitted into 60 seconds: give a larger budget.',
    );
    expect(page([idle])).not.toContain('has the lowest');
    expect(page(results)).not.toContain('Not one step');
  });

  it('quotes in the command what a shell would take apart', () => {
    const own = commandOf({ ...study, problem: "onnx:it's mine.onnx:data=d.npz" });
    expect(own).toContain(` -- 'onnx:it'\\''s mine.onnx:data=d.npz' --optimizers adam`);
  });
});
