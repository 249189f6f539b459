/**
 * The 27 nonlinear regressions of NIST StRD from both starts: correct digits of the parameters, and the time of a fit with its model
 * already compiled, against SciPy's `least_squares(method='lm')` and ml-levenberg-marquardt in the same run. All stop at their default
 * tolerances, of which osculate's are the tightest; ml-levenberg-marquardt also runs with options that suit it better.
 *
 * Usage: node benchmarks/nist.mjs [--rows]
 */
import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { levenbergMarquardt } from 'ml-levenberg-marquardt';
import { createViteServer } from 'vitest/node';

const REPEATS = 31;
const median = (/** @type {readonly number[]} */ values) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

// The problems are TypeScript beside the tests: both they and the fits are loaded from source.
const server = await createViteServer({
  configFile: 'vitest.config.ts',
  server: { middlewareMode: true },
  logLevel: 'error',
});
const { nistProblems, correctDigits } = await server.ssrLoadModule('/packages/osculate/test/fit/nist.ts');
/** @type {typeof import('osculate/fit')} */
const { curveFit } = /** @type {any} */ (await server.ssrLoadModule('/packages/osculate/src/fit/index.ts'));

const runs = nistProblems().flatMap((/** @type {any} */ problem) =>
  problem.starts.map((/** @type {number[]} */ start, /** @type {number} */ i) => ({
    problem,
    start,
    label: `${problem.name} ${i + 1}`,
  })),
);

/** @param {(problem: any, start: number[]) => ArrayLike<number>} solve @param {number} repeats */
function timed(solve, repeats = REPEATS) {
  return runs.map(({ problem, start }) => {
    const times = [];
    /** @type {ArrayLike<number>} */
    let parameters = start;
    for (let i = 0; i < repeats; i++) {
      const begin = performance.now();
      parameters = solve(problem, start);
      times.push(performance.now() - begin);
    }
    return { parameters, milliseconds: median(times) };
  });
}

/** @param {(problem: any) => any} model */
const ours = (model) => (/** @type {any} */ problem, /** @type {number[]} */ start) => {
  const x = problem.x[0].length === 1 ? problem.x.map((/** @type {Float64Array} */ row) => row[0]) : problem.x;
  return curveFit(model(problem), { x, y: problem.y }, { start }).parameters;
};
const traced = ours((problem) => problem.traced);
const plain = ours((problem) => ({ model: problem.numeric }));

/** The npm package; x is the number of the row, since it takes one predictor. @param {(start: number[]) => object} options */
const npm = (options) => (/** @type {any} */ problem, /** @type {number[]} */ start) => {
  const x = problem.x.map((/** @type {any} */ _, /** @type {number} */ i) => i);
  const model = (/** @type {number[]} */ p) => (/** @type {number} */ i) => problem.numeric(problem.x[i], p);
  try {
    return levenbergMarquardt({ x, y: problem.y }, model, { initialValues: start, ...options(start) }).parameterValues;
  } catch {
    return start;
  }
};
const tuned = (/** @type {number[]} */ start) => ({
  gradientDifference: start.map((s) => 1e-6 * Math.abs(s)),
  centralDifference: true,
  maxIterations: 1000,
  errorTolerance: 1e-30,
});

const python = spawnSync('python3', ['benchmarks/peer_scipy_fit.py'], {
  input: JSON.stringify(
    runs.map(({ problem, start }) => ({
      name: problem.name,
      x: problem.x.map((/** @type {Float64Array} */ r) => [...r]),
      y: [...problem.y],
      start,
    })),
  ),
  encoding: 'utf8',
  maxBuffer: 1 << 26,
  env: { ...process.env, OPENBLAS_NUM_THREADS: '1' },
});
if (python.status !== 0) throw new Error(`peer_scipy_fit.py failed; is SciPy installed?\n${python.stderr}`);
/** @type {any[]} */
const answers = JSON.parse(python.stdout);

// Unmeasured: traces, compiles and warms.
timed(traced);
timed(traced);
/** @type {Record<string, any[]>} */
const sides = {
  'osculate, traced': timed(traced),
  'osculate, plain function': timed(plain, 7),
  'SciPy lm, differences': answers.map((a) => a.default),
  'SciPy lm, analytic J': answers.map((a) => a.analytic),
  'ml-lm, defaults': timed(
    npm(() => ({})),
    1,
  ),
  'ml-lm, tuned': timed(npm(tuned), 1),
};

console.log(
  `${''.padEnd(26)} LRE>=9  LRE>=6  least  mean LRE  median ms  all 54 ms  slower than traced (median of ratios)`,
);
const base = sides['osculate, traced'] ?? [];
for (const [name, results] of Object.entries(sides)) {
  const digits = results.map((r, i) => correctDigits(Float64Array.from(r.parameters), runs[i].problem.certified));
  const times = results.map((r) => r.milliseconds);
  const count = (/** @type {number} */ least) => digits.filter((d) => d >= least).length;
  const total = times.reduce((a, b) => a + b, 0);
  const ratio = median(times.map((t, i) => t / base[i].milliseconds));
  console.log(
    `${name.padEnd(26)} ${`${count(9)}/54`.padStart(6)}  ${`${count(6)}/54`.padStart(6)}  ${Math.min(...digits)
      .toFixed(1)
      .padStart(
        5,
      )}  ${(digits.reduce((a, b) => a + b, 0) / 54).toFixed(2).padStart(8)}  ${median(times).toFixed(3).padStart(9)}  ${total.toFixed(1).padStart(9)}  ${ratio.toFixed(1).padStart(6)}`,
  );
}
if (process.argv.includes('--rows')) {
  console.log(`\nms of each fit\n${''.padEnd(12)} ${Object.keys(sides).join(' | ')}`);
  runs.forEach((/** @type {any} */ run, /** @type {number} */ i) => {
    console.log(
      run.label.padEnd(12),
      Object.values(sides)
        .map((r) => r[i].milliseconds.toFixed(3))
        .join('  '),
    );
  });
}
await server.close();
