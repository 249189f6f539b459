/**
 * Bundle adjustment of a generated scene: 50 cameras of 9 parameters (the model of "Bundle Adjustment in the Large") and up to 10 000
 * points, each seen by 6 cameras with pixel noise. Prints whether `blockLeastSquares` comes down to the noise floor, σ·√(1 − (n − 7)/m), its
 * time, iterations and memory above the loaded scene, each size in a process of its own; then a small scene beside SciPy's
 * `least_squares(method='trf', tr_solver='lsmr')` with the sparsity of the Jacobian given, as in SciPy's cookbook.
 *
 * Usage: node benchmarks/bundle-adjustment.mjs
 */
import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { createViteServer } from 'vitest/node';

const NOISE = 0.5;
const GAUGE = 7;
const SIZES = [2500, 5000, 10_000];
const SMALL = { cameras: 10, points: 300, views: 5, noise: NOISE };
const script = fileURLToPath(import.meta.url);

/** Fits a scene after a small one that warms up, and describes the fit. */
async function measure(/** @type {any} */ size) {
  // The scene is TypeScript beside the tests: both it and the fit are loaded from source.
  const server = await createViteServer({
    configFile: 'vitest.config.ts',
    server: { middlewareMode: true },
    logLevel: 'error',
  });
  const { scene } = await server.ssrLoadModule('/packages/osculate/test/fit/blocks/scene.ts');
  /** @type {typeof import('osculate/fit')} */
  const { blockLeastSquares } = /** @type {any} */ (await server.ssrLoadModule('/packages/osculate/src/fit/index.ts'));
  // As many observations as one batch of the compiled program, so that this is the program that the scene runs.
  for (let i = 0; i < 2; i++) blockLeastSquares(scene({ cameras: 8, points: 300, views: 5, noise: NOISE }).problem);
  const { problem } = scene(size);
  const used = () => {
    const { arrayBuffers, heapUsed, rss } = process.memoryUsage();
    return [arrayBuffers, heapUsed, rss];
  };
  globalThis.gc?.();
  const before = used();
  const peak = before.slice();
  const begin = performance.now();
  const fit = blockLeastSquares(problem, {
    onIteration: () => {
      used().forEach((bytes, i) => {
        peak[i] = Math.max(peak[i] ?? 0, bytes);
      });
    },
  });
  const seconds = (performance.now() - begin) / 1000;
  await server.close();
  const [arrays, heap, rss] = peak.map((bytes, i) => (bytes - (before[i] ?? 0)) / 1e6);
  const { status, rms, cost, iterations, evaluations } = fit;
  return { status, rms, cost, iterations, evaluations, seconds, arrays, heap, rss, problem };
}

/** The same in a process of its own, for its memory. */
function measured(/** @type {any} */ size) {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', script, JSON.stringify(size)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function floor(/** @type {any} */ { cameras, points, views }) {
  const m = 2 * points * views;
  return NOISE * Math.sqrt(1 - (9 * cameras + 3 * points - GAUGE) / m);
}

if (process.argv[2] !== undefined) {
  const size = JSON.parse(process.argv[2]);
  const { problem, ...rest } = await measure(size);
  const { residual: _, ...data } = problem;
  console.log(JSON.stringify({ ...rest, ...(size.send && { problem: data }) }));
} else {
  console.log('points  residuals  iterations  seconds     rms   floor  arrays MB   heap MB  process MB');
  for (const points of SIZES) {
    const size = { cameras: 50, points, views: 6, noise: NOISE };
    const { status, rms, iterations, seconds, arrays, heap, rss } = measured(size);
    const cells = [
      String(points).padStart(6),
      String(12 * points).padStart(10),
      String(iterations).padStart(11),
      seconds.toFixed(2).padStart(8),
      rms.toFixed(4).padStart(7),
      floor(size).toFixed(4).padStart(7),
      ...[arrays, heap, rss].map((x) => x.toFixed(1).padStart(10)),
    ];
    console.log(cells.join(' '), status);
  }
  const own = measured({ ...SMALL, send: true });
  const peer = spawnSync('python3', ['benchmarks/peer_scipy_bundle.py'], {
    input: JSON.stringify(own.problem),
    encoding: 'utf8',
  });
  if (peer.status !== 0) throw new Error(`${peer.stderr}\nIs SciPy installed?`);
  console.log(`\n${SMALL.cameras} cameras, ${SMALL.points} points, ${2 * SMALL.points * SMALL.views} residuals`);
  const rows = [
    ['osculate', own.cost, own.seconds, own.evaluations.residuals],
    ...JSON.parse(peer.stdout).map((/** @type {any} */ r) => [r.name, r.cost, r.seconds, r.evaluations]),
  ];
  for (const [name, cost, seconds, evaluations] of rows) {
    console.log(
      name.padEnd(28),
      `cost ${cost.toPrecision(10)}  ${seconds.toFixed(2).padStart(6)} s  ${String(evaluations).padStart(4)} evaluations`,
      `${(seconds / own.seconds).toFixed(1)}x`,
    );
  }
}
