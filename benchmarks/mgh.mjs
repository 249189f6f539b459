/**
 * The 35 problems of Moré, Garbow and Hillstrom 1981 by every method of the Newton family: which known minima are reached, from the
 * standard starts and from ten times those, and in how many steps and gradient equivalents.
 *
 * Usage: node benchmarks/mgh.mjs [most steps]
 */
import { createViteServer } from 'vitest/node';

const maxSteps = Number(process.argv[2] ?? 1000);
// The problems are TypeScript beside the tests: both they and the methods are loaded from source.
const server = await createViteServer({
  configFile: 'vitest.config.ts',
  server: { middlewareMode: true },
  logLevel: 'error',
});
const { mghProblems, isKnownMinimum } = await server.ssrLoadModule('/packages/osculate/test/optim/mgh/problems.ts');
/** @type {typeof import('osculate/optim')} */
const optim = /** @type {any} */ (await server.ssrLoadModule('/packages/osculate/src/optim/index.ts'));

/** @type {Record<string, import('osculate/optim').Optimizer>} */
const methods = {
  'Newton, plain': optim.plainNewton(),
  Newton: optim.newton(),
  'Newton, modified Cholesky': optim.modifiedNewton(),
  'Newton, saddle-free': optim.saddleFreeNewton(),
  'trust region': optim.trustRegion(),
  dogleg: optim.dogleg(),
  ARC: optim.adaptiveCubic(),
  BFGS: optim.bfgs(),
  'L-BFGS': optim.lbfgs(),
  'Gauss-Newton': optim.gaussNewton(),
  'Levenberg-Marquardt': optim.levenbergMarquardt(),
  'Newton-CG': optim.newtonCg(),
  'Gauss-Newton-CG': optim.gaussNewtonCg(),
  'trust-region Newton-CG': optim.trustRegionNewtonCg(),
  'ARC, Lanczos': optim.adaptiveCubicLanczos(),
  'saddle-free, Krylov': optim.saddleFreeKrylov(),
};
const problems = mghProblems();
const header = problems.map((/** @type {{ number: number }} */ p) => String(p.number).padStart(5)).join('');

for (const factor of [1, 10]) {
  console.log(
    `\nSteps to a known minimum from ${factor} x the standard start (at most ${maxSteps}; - none, local minima included)`,
  );
  console.log(`${''.padEnd(27)} solved   steps     work  ${header}`);
  for (const [name, method] of Object.entries(methods)) {
    let [solved, steps, work] = [0, 0, 0];
    let row = '';
    for (const problem of problems) {
      const start = Float64Array.from(problem.start, (x) => factor * x);
      const result = await optim.minimize(problem.objective(), start, { method, maxSteps, tolerance: 1e-10 });
      const reached = isKnownMinimum(problem, result.f);
      row += (reached ? String(result.steps) : '-').padStart(5);
      solved += reached ? 1 : 0;
      steps += result.steps;
      work += result.work;
    }
    console.log(
      `${name.padEnd(27)} ${`${solved}/35`.padStart(6)} ${String(steps).padStart(7)} ${work.toFixed(0).padStart(8)}  ${row}`,
    );
  }
}
await server.close();
