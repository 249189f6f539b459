import { relative, resolve } from 'node:path';
import {
  type CurvatureModel,
  curvatureModel,
  eigenpairs,
  ggnOperator,
  hessianOperator,
  type LinearOperator,
  type SpectralDensity,
  spectralDensity,
} from 'osculate/curvature';
import { take } from 'osculate/data';
import { writeFileAtomic } from 'osculate/data/node';
import type { Executor } from 'osculate/runtime';
import { ortExecutor } from 'osculate/runtime/node';
import { type Generator, generator } from 'osculate/tensor';
import { exitStatus } from '../command-line/exit-status.js';
import { problemNamed } from '../problems/index.js';
import type { Problem } from '../problems/problem.js';
import type { Terminal } from '../report/progress.js';
import { spectrumHtml } from '../report/spectrum-html.js';
import { spectrumText } from '../report/spectrum-text.js';
import type { EigenvalueEnd, Spectrum } from '../spectrum.js';
import { UsageError } from '../usage-error.js';

export interface SpectrumOptions {
  readonly problem: string;
  readonly matrix: 'hessian' | 'ggn';
  readonly rows: number;
  readonly count: number;
  readonly probes: number;
  readonly steps: number;
  readonly seed: number;
  readonly threads: number;
  readonly html?: string;
  readonly json: boolean;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/** Of the residuals, relative to the largest eigenvalue: what float32 products allow with room to spare. */
const tolerance = 1e-3;

function checkNumbers({ rows, count, probes, steps }: SpectrumOptions): void {
  const least = { rows: [rows, 1], count: [count, 1], probes: [probes, 2], steps: [steps, 2] } as const;
  for (const [name, [value, lowest]] of Object.entries(least)) {
    if (value < lowest) throw new UsageError(`--${name} is ${value}; it must be at least ${lowest}`);
  }
}

async function modelOf(problem: Problem, options: SpectrumOptions, executor: Executor): Promise<CurvatureModel> {
  const { parameters, model, loss, train } = await problem.load(options.seed);
  const all = train.x.shape[0]!;
  if (options.rows > all) throw new UsageError(`--rows is ${options.rows}; the problem has ${all} training examples`);
  const rows = Array.from({ length: options.rows }, (_, i) => i);
  return curvatureModel({ executor, model, loss, parameters, x: take(train.x, rows), y: take(train.y, rows) });
}

async function endOf(
  operator: LinearOperator,
  which: EigenvalueEnd['which'],
  count: number,
  random: Generator,
): Promise<EigenvalueEnd> {
  const { status, values, residuals, applications } = await eigenpairs(operator, {
    generator: random,
    count,
    which,
    tolerance,
    maxApplications: 40 * (count + 5),
  });
  return { which, status, values: Array.from(values), residuals: Array.from(residuals), applications };
}

function summary(density: SpectralDensity): Pick<Spectrum, 'trace' | 'squares' | 'density'> {
  const { points, values, standardErrors, width } = density.curve();
  return {
    trace: density.traceOf((x) => x),
    squares: density.traceOf((x) => x * x),
    density: {
      points: Array.from(points),
      values: Array.from(values),
      standardErrors: Array.from(standardErrors),
      width,
    },
  };
}

async function measure(problem: Problem, options: SpectrumOptions, say: (text: string) => void): Promise<Spectrum> {
  const { matrix, rows, count, probes, steps, seed } = options;
  const executor = await ortExecutor({ threads: options.threads });
  try {
    const model = await modelOf(problem, options, executor);
    const operator = matrix === 'hessian' ? hessianOperator(model) : ggnOperator(model);
    const random = generator(seed);
    const started = performance.now();
    say(`largest ${count} eigenvalues of a ${operator.size} x ${operator.size} matrix`);
    const ends = [await endOf(operator, 'largest', count, random)];
    // The GGN's smallest eigenvalues are zeros by the thousand.
    if (matrix === 'hessian') {
      say(`smallest ${count} eigenvalues`);
      ends.push(await endOf(operator, 'smallest', count, random));
    }
    say(`density: ${probes} probes with ${steps} products each`);
    const density = await spectralDensity(operator, { generator: random, probes, steps });
    const seconds = (performance.now() - started) / 1000;
    const { size, applications } = operator;
    const settings = { problem: problem.name, matrix: operator.name, size, rows, probes, steps, seed };
    return { ...settings, ends, ...summary(density), applications, seconds };
  } finally {
    await executor.dispose();
  }
}

/**
 * Measures the curvature of a problem at its initial point: prints a table or JSON, writes the page. Resolves to the exit status.
 * @throws UsageError for an unknown problem or numbers that make no sense.
 */
export async function spectrum(options: SpectrumOptions, problem = problemNamed(options.problem)): Promise<number> {
  checkNumbers(options);
  const { stdout, stderr } = options;
  const result = await measure(problem, options, (text) => void (stderr.isTTY && stderr.write(`${text}\n`)));
  stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${spectrumText(result)}\n`);
  if (options.html !== undefined) {
    const path = resolve(options.html);
    await writeFileAtomic(path, spectrumHtml(result, problem));
    stderr.write(`report: ${relative(process.cwd(), path)}\n`);
  }
  return result.ends.every(({ status }) => status === 'converged') ? exitStatus.done : exitStatus.failed;
}
