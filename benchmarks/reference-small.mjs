/**
 * What a call costs on a small problem: the value and gradient of a residual sum of squares with 4 parameters and 50
 * points, on the reference executor and in a hand-written loop that computes the same, interleaved.
 * Build first (`npm run build`), then `node benchmarks/reference-small.mjs`.
 */
import { grad } from 'osculate';
import { compile } from 'osculate/compile';
import { referenceExecutor } from 'osculate/runtime';
import { constant, input, ndarray } from 'osculate/tensor';

const points = 50;
const rounds = 15;
const calls = 5000;

const xs = Float64Array.from({ length: points }, (_, i) => (4 * i) / points);
const ys = xs.map((x) => 2.5 * Math.exp(-1.3 * x) + 0.4 * x - 0.7 + 0.01 * Math.sin(37 * x));

/** Σ (b1·exp(−b2·x) + b3·x + b4 − y)² and its gradient, as a person would write them. */
/** @param {Float64Array} b @param {Float64Array} gradient */
function byHand(b, gradient) {
  const [b1, b2, b3, b4] = [b[0], b[1], b[2], b[3]];
  let [value, g1, g2, g3, g4] = [0, 0, 0, 0, 0];
  for (let i = 0; i < points; i++) {
    const x = xs[i];
    const decay = Math.exp(-b2 * x);
    const residual = b1 * decay + b3 * x + b4 - ys[i];
    value += residual * residual;
    g1 += residual * decay;
    g2 -= residual * b1 * x * decay;
    g3 += residual * x;
    g4 += residual;
  }
  gradient[0] = 2 * g1;
  gradient[1] = 2 * g2;
  gradient[2] = 2 * g3;
  gradient[3] = 2 * g4;
  return value;
}

function build() {
  const b = input('b', 'f64', [4]);
  const [b1, b2, b3, b4] = [0, 1, 2, 3].map((i) => b.slice([i], [i + 1]));
  const x = constant(ndarray('f64', xs));
  const residual = b1
    .mul(b2.neg().mul(x).exp())
    .add(b3.mul(x))
    .add(b4)
    .sub(constant(ndarray('f64', ys)));
  const value = residual.mul(residual).sum();
  return compile({ value, gradient: grad(value, b) });
}

const program = referenceExecutor().loadSync(build());
const b = Float64Array.of(2, 1, 0.5, -0.5);
const [value, gradient, expected] = [new Float64Array(1), new Float64Array(4), new Float64Array(4)];
const bound = program.bind({ b }, { value, gradient });

bound();
const reference = byHand(b, expected);
const error = Math.max(Math.abs(value[0] - reference), ...gradient.map((g, i) => Math.abs(g - expected[i])));
if (!(error < 1e-12)) throw new Error(`the two disagree by ${error}`);

/** Names and one call of each way; the parameters move, so that nothing can be kept from the last call. */
const ways = {
  'by hand': () => byHand(b, expected),
  bind: bound,
  runSync: () => program.runSync({ b }),
  'run (await)': () => program.run({ b }),
};

async function microseconds(call, awaited) {
  const start = performance.now();
  for (let i = 0; i < calls; i++) {
    b[0] = 2 + i * 1e-6;
    if (awaited) await call();
    else call();
  }
  return ((performance.now() - start) / calls) * 1000;
}

/** @type {Record<string, number[]>} */
const samples = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
for (let round = 0; round < rounds + 3; round++) {
  for (const [name, call] of Object.entries(ways)) {
    const time = await microseconds(call, name.includes('await'));
    if (round >= 3) samples[name].push(time);
  }
}

const median = (list) => [...list].sort((a, z) => a - z)[list.length >> 1];
const base = median(samples['by hand']);
console.log(`value and gradient, 4 parameters, ${points} points (median of ${rounds} rounds of ${calls} calls)`);
for (const [name, list] of Object.entries(samples)) {
  const time = median(list);
  console.log(`${name.padEnd(12)} ${time.toFixed(2).padStart(7)} µs a call   ${(time / base).toFixed(2)} × by hand`);
}
