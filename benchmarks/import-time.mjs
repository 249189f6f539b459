/**
 * How long an import takes beyond an empty program: medians of wall-clock time and of processor time, all programs in turn. The modules by
 * themselves, which bundlers get, are the other side.
 * Run after `npm run build`: node benchmarks/import-time.mjs [rounds, 21]
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const rounds = Number(process.argv[2] ?? 21);
const library = new URL('../packages/osculate/', import.meta.url);
/** @type {{ exports: Record<string, { default: string }> }} */
const { exports } = JSON.parse(readFileSync(new URL('package.json', library), 'utf8'));

/** Milliseconds that an entry may take: what a user of a command notices. @type {Record<string, number>} */
const bars = { '.': 100, './fit': 60 };

const programs = [
  { name: 'empty', statement: '', bar: '' },
  ...['.', './fit', './nn', './tensor', './node'].flatMap((subpath) => {
    const name = `osculate${subpath.slice(1)}`;
    const modules = new URL((exports[subpath]?.default ?? '').replace('/bundle/', '/'), library).href;
    return [
      { name, statement: `import ${JSON.stringify(name)};`, bar: bars[subpath] ?? '' },
      { name: `${name}, modules`, statement: `import ${JSON.stringify(modules)};`, bar: '' },
    ];
  }),
];

/** @param {string} statement */
function measure(statement) {
  const report = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);';
  const started = performance.now();
  const args = ['--input-type=module', '--eval', `${statement}${report}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: library, encoding: 'utf8' });
  const wall = performance.now() - started;
  if (status !== 0) throw new Error(stderr);
  return { wall, processor: Number(stdout) };
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

const runs = programs.map(() => /** @type {ReturnType<typeof measure>[]} */ ([]));
for (let round = 0; round < rounds; round++) {
  programs.forEach(({ statement }, i) => {
    runs[i]?.push(measure(statement));
  });
}

const [wall0 = 0, ...walls] = runs.map((times) => median(times.map(({ wall }) => wall)));
const [processor0 = 0, ...processors] = runs.map((times) => median(times.map(({ processor }) => processor)));
console.log(`an empty program: ${wall0.toFixed(0)} ms, ${processor0.toFixed(0)} ms of processor time; beyond it:`);
console.log('wall ms  processor ms  program');
programs.slice(1).forEach(({ name, bar }, i) => {
  const [wall, processor] = [(walls[i] ?? 0) - wall0, (processors[i] ?? 0) - processor0].map((ms) => ms.toFixed(0));
  console.log(`${wall?.padStart(7)}${processor?.padStart(14)}  ${name}${bar && ` (at most ${bar})`}`);
});
