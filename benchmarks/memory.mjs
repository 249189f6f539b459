/**
 * Memory of a Hessian-vector product at 10 million parameters, above the process with the model loaded and above the
 * activations of one forward pass.
 *
 * Usage: node --expose-gc benchmarks/memory.mjs
 */
import { hvp } from 'osculate';
import { compile, costOf } from 'osculate/compile';
import { dense, sequential, softmaxCrossEntropy, tanh } from 'osculate/nn';
import { ortExecutor } from 'osculate/node';
import { generator, input, leaves, parameters } from 'osculate/tensor';

const widths = [784, 2000, 2000, 2000, 200, 10];
const batch = 64;
const layers = widths
  .slice(1)
  .flatMap((width, i) => [dense(widths[i], width), tanh()])
  .slice(0, -1);
const model = sequential(layers);
const tree = model.init(generator(0));
const named = leaves(tree);
const parameterBytes = 4 * named.reduce((sum, [, a]) => sum + a.data.length, 0);
const weights = parameters(tree, 'w.');
const v = parameters(tree, 'v.');
const x = input('x', 'f32', [batch, widths[0]]);
const y = input('y', 'i32', [batch]);
const outputs = model.apply(weights, x);
const program = compile(hvp(softmaxCrossEntropy().value(outputs, y), weights, v));
const activations = 4 * batch * widths.slice(1).reduce((a, b) => a + b, 0);
/** @type {Record<string, any>} */
const feeds = { x: new Float32Array(batch * widths[0]).fill(0.1), y: new Int32Array(batch) };
for (const [name, a] of named) {
  feeds[`w.${name}`] = a;
  feeds[`v.${name}`] = { ...a, data: new Float32Array(a.data.length).fill(0.01) };
}
const executor = await ortExecutor({ threads: 2 });
const executable = await executor.load(program);
globalThis.gc?.();
const before = process.memoryUsage.rss();
const peakBefore = 1024 * process.resourceUsage().maxRSS;
for (let i = 0; i < 5; i++) await executable.run(feeds);
const peak = 1024 * process.resourceUsage().maxRSS;
const mb = (/** @type {number} */ bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const above = Math.max(peak, peakBefore) - before;
console.log(
  `parameters ${parameterBytes / 4} (${mb(parameterBytes)}), activations of a forward pass ${mb(activations)}`,
);
console.log(`resident before ${mb(before)}, peak ${mb(peak)}: ${mb(above)} more`);
console.log(`above the activations: ${((above - activations) / parameterBytes).toFixed(2)} x the parameters (bar: 8)`);
console.log(
  `graph: ${costOf(program.outputs).nodes} nodes, ${mb(costOf(program.outputs).peakBytes)} of intermediates at most`,
);
await executor.dispose();
