/**
 * The 35 problems of Moré, Garbow and Hillstrom 1981 from 1, 10 and 100 times the standard starts: how many known minima
 * `leastSquares` reaches, and SciPy's `least_squares` in the same run on the same residuals and exact Jacobians (SciPy runs as a child
 * process and asks for them).
 *
 * Usage: node benchmarks/fit-mgh.mjs
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { createViteServer } from 'vitest/node';

// The problems are TypeScript beside the tests: both they and the fits are loaded from source.
const server = await createViteServer({
  configFile: 'vitest.config.ts',
  server: { middlewareMode: true },
  logLevel: 'error',
});
const { mghProblems, isKnownMinimum } = await server.ssrLoadModule('/packages/osculate/test/optim/mgh/problems.ts');
const { tracedResiduals } = await server.ssrLoadModule('/packages/osculate/src/fit/residuals/traced-residuals.ts');
const { Constraints } = await server.ssrLoadModule('/packages/osculate/src/fit/constraints/constraints.ts');
/** @type {typeof import('osculate/fit')} */
const { leastSquares } = /** @type {any} */ (await server.ssrLoadModule('/packages/osculate/src/fit/index.ts'));

/** @type {any[]} */
const problems = mghProblems().map((/** @type {any} */ p) => ({
  ...p,
  traced: (/** @type {any} */ x) => p.residuals(x, p.m),
}));

const python = spawn(process.env.PYTHON ?? '/usr/bin/python3', ['benchmarks/peer_scipy_residuals.py'], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
const say = (/** @type {unknown} */ message) => python.stdin.write(`${JSON.stringify(message)}\n`);

/** SciPy's cost on one problem. */
async function scipy(/** @type {any} */ problem, /** @type {number[]} */ start, /** @type {object} */ settings) {
  const names = Array.from({ length: problem.n }, (_, i) => `p${i}`);
  const traced = tracedResiduals(problem.traced, problem.n, new Constraints('fit-mgh', names, {}));
  const m = traced.size;
  say({ start, m, ...settings });
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error('peer_scipy_residuals.py ended; is SciPy installed?');
    const message = JSON.parse(value);
    if (!('at' in message)) return message.cost;
    const [r, columns] = [new Float64Array(m), new Float64Array(m * problem.n)];
    traced.evaluate(Float64Array.from(message.at), r);
    traced.jacobian(Float64Array.from(message.at), r, columns);
    // JSON has no NaN: what is not finite becomes null.
    const rows = Array.from(r, (_, i) => Array.from({ length: problem.n }, (__, j) => columns[j * m + i]));
    say({ r: [...r], j: rows });
  }
}

/** @type {Record<string, (problem: any, start: number[]) => Promise<number> | number>} */
const sides = {
  'osculate leastSquares': (problem, start) => leastSquares(problem.traced, start).cost,
  'SciPy lm': (problem, start) => scipy(problem, start, { method: 'lm', x_scale: 1 }),
  "SciPy lm, x_scale='jac'": (problem, start) => scipy(problem, start, { method: 'lm', x_scale: 'jac' }),
  'SciPy trf': (problem, start) => scipy(problem, start, { method: 'trf', x_scale: 1 }),
  "SciPy trf, x_scale='jac'": (problem, start) => scipy(problem, start, { method: 'trf', x_scale: 'jac' }),
};

console.log(`${''.padEnd(26)}    x1   x10  x100   (known minima reached, of 35)`);
for (const [name, solve] of Object.entries(sides)) {
  let row = '';
  for (const factor of [1, 10, 100]) {
    let reached = 0;
    for (const problem of problems) {
      const cost = await solve(
        problem,
        problem.start.map((/** @type {number} */ x) => factor * x),
      );
      if (cost !== null && isKnownMinimum(problem, 2 * cost)) reached++;
    }
    row += String(reached).padStart(6);
  }
  console.log(name.padEnd(26), row);
}
python.stdin.end();
await server.close();
