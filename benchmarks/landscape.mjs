/**
 * Time of a 51 x 51 landscape of a convolutional network (16 and 32 channels, on MNIST) along two filter-normalised random directions,
 * with its quadratic model. Other groupings of points are timed on a part of the grid, to see what is fastest.
 *
 * Usage: node benchmarks/landscape.mjs [examples]   (needs `npm run build`)
 */
import { landscape, randomDirection } from 'osculate/curvature';
import { take } from 'osculate/data';
import { mnistDigits, ortExecutor } from 'osculate/node';
import { supervisedObjective } from 'osculate/objective';
import { generator } from 'osculate/tensor';
import { cases } from './cases.mjs';

const bar = 30;
const resolution = 51;
const examples = Number(process.argv[2] ?? 500);
const { layer, loss } = /** @type {import('./cases.mjs').Case} */ (cases.cnn);
const { train } = await mnistDigits();
const rows = Array.from({ length: examples }, (_, i) => i);
const x = { ...take(train.x, rows), shape: [examples, 1, 28, 28] };
const y = take(train.y, rows);
const executor = await ortExecutor({ threads: 2 });
const parameters = layer.init(generator(1));
const objective = supervisedObjective({ executor, model: layer.apply, loss, parameters, x, y });
const at = objective.at(objective.layout.flat(parameters));
const random = generator(2);
const directions = [0, 1].map(() => randomDirection(objective.layout, at.parameters, random));

/** Seconds of a landscape. @param {number} side @param {{ points?: number, memory?: number }} [grouping] */
async function seconds(side, grouping = {}) {
  const from = performance.now();
  const { trust } = await landscape(at, { directions, resolution: side, ...grouping });
  return { time: (performance.now() - from) / 1000, trust };
}

await seconds(3);
const { time, trust } = await seconds(resolution);
const each = (1e6 * time) / resolution ** 2 / examples;
console.log(
  `${resolution} x ${resolution} points, ${examples} examples, ${objective.layout.size} parameters: ${time.toFixed(1)} s (bar ${bar}), ${each.toFixed(1)} µs a point and example; trust radius ${trust.radius.toFixed(2)}`,
);
for (const grouping of [{ points: 1, memory: 2 ** 30 }, { points: 4 }]) {
  const part = 7;
  await seconds(3, grouping);
  const { time: partTime } = await seconds(part, grouping);
  const cost = (1e6 * partTime) / part ** 2 / examples;
  console.log(`${JSON.stringify(grouping)}: ${cost.toFixed(1)} µs a point and example`);
}
await executor.dispose();
process.exitCode = time <= bar ? 0 : 1;
