import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { parseHTML } from 'linkedom';
import { curveFit } from 'osculate/fit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addFit } from '../src/command-line/fit.js';
import { readColumns } from '../src/commands/fit/columns.js';
import { UsageError } from '../src/usage-error.js';

/** Misra1a of NIST StRD, with its certified values. */
const misra = `pressure,volume
77.6,10.07
114.9,14.73
141.1,17.94
190.8,23.93
239.9,29.61
289.0,35.18
332.8,40.02
378.4,44.82
434.8,50.76
477.3,55.05
536.8,61.01
593.1,66.40
689.1,75.47
760.0,81.78
`;
const model = 'b1*(1-exp(-b2*x))';
const start = 'b1=500,b2=1e-4';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'osculate-fit-'));
  file = join(folder, 'data.csv');
  writeFileSync(file, misra);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the subcommand in this process. */
async function run(...args: string[]): Promise<Outcome> {
  let [stdout, stderr, status] = ['', '', -1];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  const root = new Command().exitOverride().configureOutput({ outputError: () => undefined });
  addFit(root, (end) => {
    status = end;
  });
  root.commands[0]!.exitOverride().configureOutput({ writeErr: () => undefined });
  await root.parseAsync(['fit', ...args], { from: 'user' });
  return { status, stdout, stderr };
}

interface Printed {
  readonly status: string;
  readonly residualSumOfSquares: number;
  readonly parameters: readonly { name: string; value: number; standardError: number; state: string }[];
  readonly covariance: readonly (readonly number[])[];
  readonly warnings: readonly string[];
  readonly fixed: readonly string[];
  readonly tied: Readonly<Record<string, string>>;
}

async function printed(...args: string[]): Promise<Printed> {
  return JSON.parse((await run(...args, '--json')).stdout) as Printed;
}

describe('osculate fit', () => {
  it('prints the certified parameters and standard errors of a NIST problem', async () => {
    const { status, stdout, stderr } = await run(file, '--model', model, '--start', start);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('volume = b1*(1-exp(-b2*x))');
    expect(stdout).toMatch(/b1 +238\.9421 +± 2\.707008 /);
    expect(stdout).toMatch(/b2 +0\.0005501564 +± 0\.000007266869 /);
    expect(stdout).toContain('volume: data o, fit ·');
    expect(stdout.split('\n').filter((row) => row.includes('│') && row.includes('o')).length).toBeGreaterThan(8);
  });

  it('prints them as JSON in full', async () => {
    const { status, parameters, residualSumOfSquares, covariance } = await printed(file, '-m', model, '-s', start);
    expect(status).toMatch(/converged|relative-offset/);
    expect(residualSumOfSquares / 1.2455138894e-1).toBeCloseTo(1, 9);
    expect(parameters.map(({ name }) => name)).toEqual(['b1', 'b2']);
    expect(parameters[0]!.value / 2.3894212918e2).toBeCloseTo(1, 9);
    expect(parameters[1]!.standardError / 7.2668688436e-6).toBeCloseTo(1, 8);
    expect(Math.sqrt(covariance[0]![0]!) / 2.7070075241).toBeCloseTo(1, 8);
  });

  it('takes columns by their names in the formula, bounds, and a start in another order', async () => {
    const named = 'b1*(1-exp(-b2*pressure))';
    const args = [file, '--model', named, '--start', 'b2=1e-4,b1=500', '--bounds', 'b1=:200,b2=0:1'];
    const { parameters, warnings } = await printed(...args);
    expect(parameters.map(({ name, state }) => [name, state])).toEqual([
      ['b2', 'estimated'],
      ['b1', 'held'],
    ]);
    expect(parameters[1]!.value).toBe(200);
    expect(warnings).toEqual([
      'b1 started at 500, outside its bounds, and was moved to 200',
      'b1 is at its upper bound 200',
    ]);
  });

  it('holds parameters, at a value or at their start', async () => {
    const args = [file, '-m', model, '-s', 'b1=240,b2=1e-4'];
    const rate = await printed(...args, '--fix', 'b1');
    expect(rate.parameters.map(({ name, state }) => [name, state])).toEqual([
      ['b1', 'fixed'],
      ['b2', 'estimated'],
    ]);
    expect(rate.parameters[0]!.value).toBe(240);
    expect(rate.fixed).toEqual(['b1']);
    const given = await printed(file, '-m', model, '-s', 'b2=1e-4', '--fix', 'b1=238.94212918');
    expect(given.parameters[0]!.value / 5.5015643181e-4).toBeCloseTo(1, 8);
    const { stdout } = await run(...args, '--fix', 'b1=2.5e2');
    expect(stdout).toMatch(/b1 +250 +\(fixed\)/);
  });

  it('ties parameters by formulas, with parameters that only occur in these', async () => {
    // The asymptote as the product of the rate and the slope at 0.
    const html = join(folder, 'fit.html');
    const args = [file, '-m', model, '-s', 'slope=0.1,b2=1e-4', '--tie', 'b1=slope*inverse', '--tie', 'inverse = 1/b2'];
    const { parameters, tied } = await printed(...args, '--html', html);
    expect(parameters.map(({ name, state }) => [name, state])).toEqual([
      ['slope', 'estimated'],
      ['b2', 'estimated'],
      ['b1', 'tied'],
      ['inverse', 'tied'],
    ]);
    expect(tied).toEqual({ b1: 'slope*inverse', inverse: '1/b2' });
    // The certified standard error of b1, now by the delta method.
    expect(parameters[2]!.value / 2.3894212918e2).toBeCloseTo(1, 8);
    expect(parameters[2]!.standardError / 2.7070075241).toBeCloseTo(1, 6);
    expect(readFileSync(html, 'utf8')).toContain('<td>b1 = slope*inverse</td>');
  });

  it('takes the scale of a robust loss, and errors for it', async () => {
    const args = [file, '-m', model, '-s', start, '--loss', 'huber'];
    const plain = await printed(file, '-m', model, '-s', start);
    const wide = await printed(...args, '--loss-scale', '50');
    expect(wide.parameters[1]!.standardError / plain.parameters[1]!.standardError).toBeCloseTo(1, 8);
    const narrow = await printed(...args, '--loss-scale', '0.05');
    expect(narrow.parameters[1]!.standardError / plain.parameters[1]!.standardError).not.toBeCloseTo(1, 2);
    expect((await run(...args)).stdout).toContain('errors of an M-estimator, huber loss of scale 1');
  });

  it('fits several columns of x', async () => {
    const rows = [
      [1, 2],
      [2, 1],
      [3, 3],
      [4, 1],
      [1, 1],
      [2, 5],
    ].map(([u, v], i) => [u!, v!, 2 * u! ** 1.5 * Math.exp(-0.3 * v!) + 0.01 * Math.sin(i)]);
    writeFileSync(file, `u,v,y\n${rows.map((row) => row.join(',')).join('\n')}\n`);
    const { parameters } = await printed(file, '-m', 'a*u^p*exp(-k*v)', '-s', 'a=1,p=1,k=0.1');
    const { parameters: p } = curveFit(
      { model: ([u, v], [a, q, k]) => a! * u! ** q! * Math.exp(-k! * v!) },
      { x: rows.map((row) => row.slice(0, 2)), y: rows.map((row) => row[2]!) },
      { start: [1, 1, 0.1] },
    );
    parameters.forEach(({ value }, j) => {
      expect(value / p[j]!).toBeCloseTo(1, 7);
    });
  });

  it('fits orthogonal distances where x has errors', async () => {
    // Pearson's data with York's weights, and the published line.
    const x = [0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4];
    const y = [5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5];
    const wx = [1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1];
    const wy = [1, 1.8, 4, 8, 20, 20, 70, 70, 100, 500];
    const rows = x.map((xi, i) => [xi, y[i]!, wx[i]! ** -0.5, wy[i]! ** -0.5].join(','));
    writeFileSync(file, `t,v,st,sv\n${rows.join('\n')}\n`);
    const html = join(folder, 'fit.html');
    for (const [formula, errors] of [
      ['a+b*x', 'st'],
      ['a+b*t', 't=st'],
    ] as const) {
      const args = [file, '-m', formula, '-s', 'a=5,b=-0.5', '--y', 'v', '--sigma', 'sv', '--sigma-x', errors];
      const { parameters, residualSumOfSquares } = await printed(...args, '--html', html);
      expect(parameters[0]!.value).toBeCloseTo(5.47991022, 7);
      expect(parameters[1]!.value).toBeCloseTo(-0.480533407, 8);
      expect(residualSumOfSquares).toBeCloseTo(11.866353194, 7);
      expect(readFileSync(html, 'utf8')).toContain('residual / σ');
    }
  });

  it('weighs by a column of sigmas, which are absolute or not', async () => {
    writeFileSync(file, 't;v;s\n0;1;0.5\n1;2;0.5\n2;4;1\n3;3;1\n');
    const args = [file, '--delimiter', ';', '-m', 'a', '-s', 'a=1', '--y', 'v', '--sigma', 's'];
    const mean = (4 * 1 + 4 * 2 + 4 + 3) / 10;
    const square = 4 * (1 - mean) ** 2 + 4 * (2 - mean) ** 2 + (4 - mean) ** 2 + (3 - mean) ** 2;
    const relative = await printed(...args);
    const absolute = await printed(...args, '--absolute-sigma');
    expect(relative.parameters[0]!.value).toBeCloseTo(mean, 12);
    expect(relative.parameters[0]!.standardError).toBeCloseTo(Math.sqrt(square / 3 / 10), 12);
    expect(absolute.parameters[0]!.standardError).toBeCloseTo(Math.sqrt(1 / 10), 12);
  });

  it('writes a page with plots of data, fit, bands and residuals', async () => {
    const html = join(folder, 'fit.html');
    const { stderr } = await run(file, '-m', model, '-s', start, '--html', html);
    expect(stderr).toMatch(/^report: .*fit\.html\n$/);
    const { document } = parseHTML(readFileSync(html, 'utf8'));
    const marks = [...document.querySelectorAll('svg g[aria-description]')].map((mark) =>
      mark.getAttribute('aria-description'),
    );
    for (const mark of ['prediction band', 'confidence band', 'fit', 'data', 'residuals'])
      expect(marks).toContain(mark);
    expect(document.querySelectorAll('g[aria-description=data] circle')).toHaveLength(14);
    expect(document.querySelector('h1')!.textContent).toBe(`volume = ${model}`);
    expect(document.querySelector('td:nth-child(2)')!.textContent).toBe('238.9421');
    expect(readFileSync(html, 'utf8')).not.toMatch(/NaN|undefined|https?:(?!\/\/www\.w3\.org)/);
  });

  it('draws observed against fitted values for several variables', async () => {
    writeFileSync(file, 'u,v,y\n1,2,5.1\n2,1,4.2\n3,3,9\n4,1,6.1\n1,1,2.9\n');
    const html = join(folder, 'fit.html');
    const { stdout } = await run(file, '-m', 'a*u + b*v', '-s', 'a=1,b=1', '--html', html);
    expect(stdout).toContain('fitted y');
    expect(readFileSync(html, 'utf8')).toContain('Observed against fitted values');
  });

  it('ends with status 1 where the model has no value at the start', async () => {
    const { status, stdout } = await run(file, '-m', 'sqrt(a)*x', '-s', 'a=-1', '--html', join(folder, 'fit.html'));
    expect(status).toBe(1);
    expect(stdout).toContain('non-finite-start');
  });

  it.each([
    [
      ['-s', 'a=1', '-m', 'a*z'],
      /"z" is neither a parameter of --start nor a column; the columns are pressure, volume/,
    ],
    [['-s', 'a=1,k=2', '-m', 'a*x'], /the parameter "k" does not appear/],
    [['-s', 'a=1', '-m', 'a*foo(x)'], /position 3: there is no function "foo"/],
    [['-s', 'a=1', '-m', 'a*x', '--y', 'w'], /--y: there is no column "w"/],
    [['-s', 'a=1', '-m', 'a*x', '--x', 'w', '--y', 'volume'], /--x: there is no column "w"/],
    [['-s', 'a=1', '-m', 'a*pressure', '--x', 'volume'], /the model has no "x"/],
    [['-s', 'a=1', '-m', 'a*x', '--bounds', 'b=0:1'], /--bounds: there is no parameter "b"/],
    [
      ['-s', 'a=1', '-m', 'a*x', '--sigma-x', 'pressure', '--x', 'volume', '--y', 'pressure'],
      /give the .* by --sigma too/,
    ],
    [['-s', 'a=1', '-m', 'a*pressure', '--sigma-x', 'u=volume'], /no variable "u"; it has pressure/],
    [['-s', 'a=1', '-m', 'a*pressure', '--sigma-x', 'w'], /--sigma-x: there is no column "w"/],
    [
      ['-s', 'a=1', '-m', 'a*pressure*volume', '--sigma-x', 'w'],
      /say for which variable, as pressure=column; there are 2/,
    ],
    [['-s', 'b=1', '-m', 'a*x', '--fix', 'a'], /--fix: "a" has no value in --start; give one, as a=1/],
    [['-s', 'a=1,b=1', '-m', 'a*x', '--fix', 'a=2'], /the parameter "b" does not appear/],
    [['-s', 'a=1', '-m', 'a*x+b', '--tie', 'b=2*q'], /b = 2\*q: there is no parameter "q"; there are a, b/],
    [['-s', 'a=1', '-m', 'a*x+b', '--tie', 'b=2*'], /expression "2\*", position/],
    [['-s', 'c=1', '-m', 'a*x+b+c', '--tie', 'b=a', '--tie', 'a=2*b'], /cycle, b → a → b/],
    [['-s', 'a=1', '-m', 'a*x+b', '--tie', 'b=a', '--bounds', 'b=0:1'], /b = a cannot have bounds/],
    [['-s', 'a=1', '-m', 'a*x+b', '--tie', 'b=a', '--fix', 'b=1'], /b is both fixed and tied/],
    [['-s', 'a=1', '-m', 'a'], /choose the column to fit with --y/],
  ])('%j is refused', async (args, message) => {
    await expect(run(file, ...args)).rejects.toThrow(UsageError);
    await expect(run(file, ...args)).rejects.toThrow(message);
  });

  it.each([
    [['-s', 'a', '-m', 'a*x'], /"a" is not of the form name=value/],
    [['-s', 'a=1,a=2', '-m', 'a*x'], /"a" is there twice/],
    [['-s', 'a=one', '-m', 'a*x'], /must be a finite number/],
    [['-s', 'a=1', '-m', 'a*x', '-b', 'a=1'], /not of the form lower:upper/],
    [['-s', 'a=1', '-m', 'a*x', '-b', 'a=2:1'], /exceeds the upper/],
    [['-s', 'a=1', '-m', 'a*x', '--level', '95'], /between 0 and 1/],
    [['-s', 'a=1', '-m', 'a*x', '--loss', 'l4'], /Allowed choices are linear, huber/],
    [['-s', 'a=1', '-m', 'a*x', '--fix', 'a='], /The value of "a" is ""/],
    [['-s', 'a=1', '-m', 'a*x', '--fix', 'a,a=1'], /"a" is there twice/],
    [['-s', 'a=1', '-m', 'a*x', '--tie', 'b'], /"b" is not of the form name=formula/],
    [['-s', 'a=1', '-m', 'a*x', '--tie', 'b=a', '--tie', 'b=2*a'], /"b" is there twice/],
    [['-s', 'a=1', '-m', 'a*x', '--loss-scale', '0'], /must be a positive number/],
    [['-s', 'a=1'], /required option.*--model/],
  ])('%j is wrong use', async (args, message) => {
    await expect(run(file, ...args)).rejects.toThrow(message);
  });

  it('refuses a file that is not there, and data that are not numbers, with their line', async () => {
    await expect(run(join(folder, 'none.csv'), '-m', 'a*x', '-s', 'a=1')).rejects.toThrow(/cannot be read/);
    writeFileSync(file, 'x,y\n1,2\n2,oops\n');
    await expect(run(file, '-m', 'a*x', '-s', 'a=1')).rejects.toThrow(
      /line 3, column "y": "oops" is not a finite number/,
    );
  });
});

describe('readColumns', () => {
  it('reads only the columns it needs', () => {
    const { rows, y, yName } = readColumns('x,note,y\n1,hello,2\n3,there,4\n', ',', ['x'], {});
    expect([yName, [...y], rows.map((row) => [...row])]).toEqual(['y', [2, 4], [[1], [3]]]);
  });

  it('asks which column is x where several could be', () => {
    expect(() => readColumns('a,b,y\n1,2,3\n', ',', ['x'], {})).toThrow(/"x" is neither.*choose one with --x/);
    expect(readColumns('a,b,y\n1,2,3\n', ',', ['x'], { x: 'b' }).rows[0]).toEqual(Float64Array.of(2));
  });
});
