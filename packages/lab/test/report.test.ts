import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { chartSvg, charts } from '../src/report/charts.js';
import { clock, count, figure, megabytes } from '../src/report/format.js';
import { reportHtml } from '../src/report/html.js';
import { escapeHtml } from '../src/report/page.js';
import { ProgressLine, progressText } from '../src/report/progress.js';
import { textTable } from '../src/report/table.js';
import { commandOf, type Point, type Result, type Study } from '../src/study.js';

const study: Study = { problem: 'autoencoder', optimizers: ['adam', 'hessian-free'], budget: 60, seed: 7, threads: 2 };

function point(step: number, trainLoss: number): Point {
  return {
    step,
    seconds: step / 10,
    gradientEquivalents: step / 4,
    trainLoss,
    testLoss: trainLoss + 1,
    trainError: 12,
    testError: 13,
    details: {},
  };
}

function result(title: string, losses: readonly number[]): Result {
  const points = losses.map((loss, i) => point(10 * i, loss));
  const summary = {
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
const problem = {
  title: 'A problem',
  description: 'Words.',
  lossName: 'the loss',
  errorName: 'the error',
  tuning: 'none',
};
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
    const lines = textTable(results.map((r) => r.summary)).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^optimizer +steps +gradient equivalents +seconds .* ended$/);
    expect(lines[2]).toMatch(/^Adam +20 +5 +2\.0 +120 +121 +12 +13 +512 MiB +budget$/);
    expect(lines[3]!.indexOf('budget')).toBe(lines[2]!.indexOf('budget'));
  });
});

describe('progress line', () => {
  const state = { title: 'Adam', index: 1, total: 3, seconds: 30, budget: 60, step: 5, trainLoss: 1.5, testError: 2 };
  it('says who, how far and how well', () => {
    expect(progressText(state)).toBe(
      '[1/3] Adam  ██████████░░░░░░░░░░ 0:30/1:00  step 5  train loss 1.5  test error 2',
    );
  });
  it('writes nothing when the stream is no terminal, and fits the width of one', () => {
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
    expect(adam.flatMap((g) => [...g.querySelectorAll('circle')])).toHaveLength(spec.logarithmic ? 2 : 3);
    expect(chartSvg(spec, results)).not.toMatch(/NaN|undefined/);
  });
  it('leaves out what is not finite', () => {
    const { document } = parseHTML(chartSvg(charts.find((c) => c.x === 'seconds' && c.y === 'trainLoss')!, results));
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
  it('names the winner among finite losses, the settings and the command', () => {
    expect(html).toContain('<b>Adam</b> has the lowest training loss (120)');
    expect(html).toContain('learningRate = 0.001');
    expect(html).toContain(commandOf(study));
    expect(commandOf(study)).toBe(
      'npm start -- autoencoder --optimizers adam,hessian-free --budget 60 --seed 7 --threads 2',
    );
  });
});
