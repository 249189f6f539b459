/**
 * A sum of 12 pseudo-Voigt peaks, 48 parameters, fitted to 2,000 points: the time of a fit with its model already compiled, against
 * SciPy's `least_squares` with the analytic Jacobian (lm: MINPACK; trf) on one thread and ml-levenberg-marquardt, which gets the exact
 * peaks and differences them. The sides alternate, round by round. Also the same fit with its 24 amplitudes of Lorentzians and Gaussians
 * as linear parameters of `variableProjection`.
 *
 * Usage: node benchmarks/pseudo-voigt.mjs [--rounds=7]
 */
import { performance } from 'node:perf_hooks';
import { levenbergMarquardt } from 'ml-levenberg-marquardt';
import { createViteServer } from 'vitest/node';
import { peer } from './peer.mjs';

const PEAKS = 12;
const POINTS = 2000;
const rounds = Number(process.argv.find((a) => a.startsWith('--rounds='))?.slice(9) ?? 7);
const median = (/** @type {readonly number[]} */ values) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const server = await createViteServer({
  configFile: 'vitest.config.ts',
  server: { middlewareMode: true },
  logLevel: 'error',
});
/** @type {any} */
const fit = await server.ssrLoadModule('/packages/osculate/src/fit/index.ts');
const { generator } = await server.ssrLoadModule('/packages/osculate/src/tensor/index.ts');

const random = generator(12);
const truth = Array.from({ length: PEAKS }, (_, k) => [
  1 + 4 * random.uniform(),
  4 + 8 * k + 2 * random.uniform(),
  0.8 + random.uniform(),
  0.2 + 0.6 * random.uniform(),
]).flat();
const start = truth.map((p, j) => p * (1 + [0.2, 0.005, 0.2, 0.3][j % 4] * (2 * random.uniform() - 1)));
const x = Float64Array.from({ length: POINTS }, (_, i) => (100 * i) / (POINTS - 1));
const profileOf = (/** @type {readonly number[]} */ p, /** @type {number} */ at) => {
  let sum = 0;
  for (let j = 0; j < p.length; j += 4) {
    const t = (at - p[j + 1]) / p[j + 2];
    sum += p[j] * (p[j + 3] / (1 + t * t) + (1 - p[j + 3]) * Math.exp(-Math.LN2 * t * t));
  }
  return sum;
};
const y = x.map((at) => profileOf(truth, at) + 0.02 * random.normal());

/** @param {any} at @param {readonly any[]} p */
const model = (at, p) => {
  let sum = null;
  for (let j = 0; j < p.length; j += 4) {
    const t = at.sub(p[j + 1]).div(p[j + 2]);
    const square = t.mul(t);
    const lorentz = square.add(1).reciprocal();
    const gauss = square.mul(-Math.LN2).exp();
    const peak = p[j].mul(gauss.add(p[j + 3].mul(lorentz.sub(gauss))));
    sum = sum === null ? peak : sum.add(peak);
  }
  return sum;
};
const ours = () => fit.curveFit(model, { x, y }, { start });
/** The same model, c·lorentz + d·gauss a peak. @param {any} at @param {readonly any[]} p */
const basis = (at, p) =>
  p.flatMap((centre, k) => {
    if (k % 2 === 1) return [];
    const t = at.sub(centre).div(p[k + 1]);
    const square = t.mul(t);
    return [square.add(1).reciprocal(), square.mul(-Math.LN2).exp()];
  });
const shapes = start.filter((_, j) => j % 4 === 1 || j % 4 === 2);
const projected = () => {
  const { nonlinear, linear, ...rest } = fit.variableProjection(basis, { x, y }, { start: shapes });
  const parameters = truth.map((_, j) => {
    const [k, role] = [Math.floor(j / 4), j % 4];
    const amplitude = linear[2 * k] + linear[2 * k + 1];
    return [amplitude, nonlinear[2 * k], nonlinear[2 * k + 1], linear[2 * k] / amplitude][role] ?? 0;
  });
  return { ...rest, parameters };
};
const npm = () =>
  levenbergMarquardt(
    { x: [...x], y: [...y] },
    (/** @type {number[]} */ p) => (/** @type {number} */ at) => profileOf(p, at),
    {
      initialValues: start,
      gradientDifference: start.map((s) => 1e-6 * Math.abs(s)),
      maxIterations: 30,
      errorTolerance: 1e-10,
    },
  );

const python = peer('peer_scipy_peaks.py', { env: { OPENBLAS_NUM_THREADS: '1' } });
const scipy = () => python.ask(JSON.stringify({ x: [...x], y: [...y], start, repeats: 5 }));

/** @param {() => any} solve @param {number} repeats */
const timed = (solve, repeats) => {
  const times = [];
  let result;
  for (let i = 0; i < repeats; i++) {
    const begin = performance.now();
    result = solve();
    times.push(performance.now() - begin);
  }
  return { result, milliseconds: median(times) };
};
const costOf = (/** @type {ArrayLike<number>} */ p) =>
  y.reduce((/** @type {number} */ sum, v, i) => sum + (profileOf(Array.from(p), x[i]) - v) ** 2, 0) / 2;

// Unmeasured: traces, compiles and warms.
timed(ours, 30);
timed(projected, 10);
await scipy();
/** @type {Record<string, { milliseconds: number[], cost: number }>} */
const sides = {};
const note = (/** @type {string} */ name, /** @type {number} */ milliseconds, /** @type {ArrayLike<number>} */ p) => {
  sides[name] ??= { milliseconds: [], cost: costOf(p) };
  sides[name].milliseconds.push(milliseconds);
};
let last;
for (let round = 0; round < rounds; round++) {
  const mine = timed(ours, 11);
  last = mine.result;
  note('osculate, curveFit', mine.milliseconds, mine.result.parameters);
  const mineProjected = timed(projected, 5);
  note('osculate, variableProjection', mineProjected.milliseconds, mineProjected.result.parameters);
  const theirs = await scipy();
  note('SciPy lm, analytic J', theirs.lm.milliseconds, theirs.lm.parameters);
  note('SciPy trf, analytic J', theirs.trf.milliseconds, theirs.trf.parameters);
  if (round === 0) {
    const slow = timed(npm, 1);
    note('ml-levenberg-marquardt', slow.milliseconds, slow.result.parameterValues);
  }
}
python.end();
console.log(`${''.padEnd(30)} median ms  least ms  times curveFit  cost`);
const base = median(sides['osculate, curveFit'].milliseconds);
for (const [name, { milliseconds, cost }] of Object.entries(sides)) {
  const middle = median(milliseconds);
  console.log(
    `${name.padEnd(30)} ${middle.toFixed(2).padStart(9)}  ${Math.min(...milliseconds)
      .toFixed(2)
      .padStart(8)}  ${(middle / base).toFixed(2).padStart(14)}  ${cost.toPrecision(12)}`,
  );
}
console.log(last.status, last.iterations, last.evaluations);
await server.close();
