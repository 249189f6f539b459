import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { writeFileAtomic } from 'osculate/node';
import pc from 'picocolors';
import { exitStatus } from '../command-line/exit-status.js';
import { type Contestant, parseContestants } from '../contestants.js';
import { type Environment, environment } from '../environment.js';
import { problemNamed } from '../problems/index.js';
import { shownMeasures } from '../report/charts.js';
import { reportHtml } from '../report/html.js';
import { ProgressLine, progressText, type Terminal } from '../report/progress.js';
import { textTable } from '../report/table.js';
import { folderName, RunFolder } from '../run/folder.js';
import { removeLeftovers } from '../run/leftovers.js';
import { supervise } from '../run/supervise.js';
import { commandOf, type Result, type Study, stepless } from '../study.js';
import { UsageError } from '../usage-error.js';

export interface CompareOptions {
  readonly study: Study;
  /** The folder of the runs; chosen when absent. */
  readonly out?: string;
  /** Never goes on with an unfinished comparison. */
  readonly fresh: boolean;
  readonly report: string;
  /** Seconds between checkpoints of a run. */
  readonly saveEvery?: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

const root = 'runs';

function storedStudy(folder: string): Study | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'study.json'), 'utf8')) as Study;
  } catch {
    return undefined;
  }
}

/** What a comparison's folder holds once its report is written, and not before. */
const resultsFile = 'results.json';

/** The machine and the day of a finished comparison. */
function storedEnvironment(folder: string): Environment | undefined {
  const file = join(folder, resultsFile);
  if (!existsSync(file)) return undefined;
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { environment?: Environment }).environment;
  } catch {
    return undefined;
  }
}

function isUnfinished(folder: string, study: Study): boolean {
  const same = JSON.stringify(storedStudy(folder)) === JSON.stringify(study);
  return same && !existsSync(join(folder, resultsFile));
}

/** The newest folder below `runs` that holds the same comparison, not finished. */
function unfinishedFolder(study: Study): string | undefined {
  let names: string[] = [];
  try {
    names = readdirSync(root);
  } catch {
    return undefined;
  }
  return names
    .sort()
    .reverse()
    .map((name) => join(root, name))
    .find((folder) => isUnfinished(folder, study));
}

function newFolder(study: Study, now: Date): string {
  return join(root, `${now.toISOString().slice(0, 19).replace(/[:T]/g, '-')}-${folderName(study.problem)}`);
}

/** @throws UsageError when the folder holds runs of another comparison, which must not be taken for those of this one. */
function refuseOther(folder: string, study: Study): void {
  const known = storedStudy(folder);
  if (known === undefined || JSON.stringify(known) === JSON.stringify(study)) return;
  throw new UsageError(`${folder} holds another comparison; choose another --out, or start again there with --fresh`);
}

async function chooseFolder({ study, out, fresh, stderr }: CompareOptions): Promise<string> {
  const found = fresh ? undefined : out ? (isUnfinished(out, study) ? out : undefined) : unfinishedFolder(study);
  if (found) {
    removeLeftovers(found);
    stderr.write(`going on with the unfinished comparison in ${found} (--fresh starts again)\n`);
    return found;
  }
  const folder = out ?? newFolder(study, new Date());
  if (fresh) {
    for (const name of [resultsFile, ...study.optimizers.map(folderName)])
      rmSync(join(folder, name), { recursive: true, force: true });
  } else refuseOther(folder, study);
  mkdirSync(folder, { recursive: true });
  await writeFileAtomic(join(folder, 'study.json'), `${JSON.stringify(study, null, 2)}\n`);
  removeLeftovers(folder);
  return folder;
}

/** What the report of a comparison needs of how it was asked for. */
type Publishing = Pick<CompareOptions, 'study' | 'report' | 'json' | 'stdout' | 'stderr'>;

/** Runs one contestant unless that is done already. False when it was cancelled. */
async function runOne(
  options: CompareOptions,
  contestant: Contestant,
  index: number,
  folder: RunFolder,
  line: ProgressLine,
) {
  const { study, signal, saveEvery } = options;
  const { measures } = problemNamed(study.problem);
  if (folder.summary()) return true;
  const total = study.optimizers.length;
  line.show(`[${index}/${total}] ${contestant.title}: starting`);
  const { problem, budget, seed, threads } = study;
  const limit = { seconds: budget };
  const request = {
    ...{ problem, optimizer: contestant.spec, budget: limit, seed, threads, folder: folder.path },
    ...(saveEvery !== undefined && { saveEvery }),
  };
  const finished = await supervise(request, {
    signal,
    note: (text) => line.note(text),
    progress: ({ seconds, step, point }) => {
      const values = shownMeasures(measures).map(({ key, title }) => [title, point.values[key] ?? Number.NaN] as const);
      line.show(progressText({ title: contestant.title, index, total, seconds, budget, step, values }));
    },
  });
  line.clear();
  return finished;
}

async function publish(
  options: Publishing,
  results: readonly Result[],
  folder: string,
  finished = true,
): Promise<void> {
  const { study, json, stdout, stderr } = options;
  const report = resolve(options.report);
  // Where the runs were made, if their report is written again.
  const machine = storedEnvironment(folder) ?? environment(new Date());
  const problem = problemNamed(study.problem);
  await writeFileAtomic(report, reportHtml({ study, problem, results, environment: machine }));
  const summaries = results.map((r) => r.summary);
  const text = `${JSON.stringify({ study, environment: machine, results: summaries, report, runs: folder }, null, 2)}\n`;
  if (finished) await writeFileAtomic(join(folder, resultsFile), text);
  const idle = summaries.filter(stepless).map(({ title }) => title);
  if (idle.length > 0) {
    stderr.write(`not one step of ${idle.join(', ')} fitted into ${study.budget} s: give a larger --budget\n`);
  }
  if (json) {
    stdout.write(text);
    return;
  }
  stdout.write(`${pc.bold(problem.title)}: ${study.budget} s for each optimizer, seed ${study.seed}\n\n`);
  stdout.write(`${textTable(summaries, problem.measures)}\n\n`);
  for (const { title, meaning } of problem.measures) stdout.write(`${title}: ${meaning}\n`);
  stderr.write(`report: ${relative(process.cwd(), report)}   runs: ${folder}\n`);
}

/** Compares optimizers on a problem: runs each in turn, prints the table, writes the report. Resolves to the exit status. */
export async function compare(options: CompareOptions): Promise<number> {
  const { study, signal, stderr } = options;
  const contestants = parseContestants(study.optimizers.join(','));
  problemNamed(study.problem);
  const folder = await chooseFolder(options);
  const results: Result[] = [];
  const line = new ProgressLine(stderr);
  for (const [i, contestant] of contestants.entries()) {
    const run = new RunFolder(join(folder, folderName(contestant.spec)));
    const finished = !signal.aborted && (await runOne(options, contestant, i + 1, run, line));
    if (!finished) {
      stderr.write(`interrupted: the work is saved in ${folder}; the same command goes on from there\n`);
      return exitStatus.interrupted;
    }
    results.push({ summary: run.summary()!, points: run.points() });
  }
  await publish(options, results, folder);
  return 0;
}

/** Whether a folder holds runs of `osculate compare` on one problem with one seed. */
export function holdsComparison(folder: string): boolean {
  const known: Partial<Study> | undefined = storedStudy(folder);
  return typeof known?.problem === 'string' && Array.isArray(known.optimizers);
}

/** Writes the report of such a folder again, of the optimizers whose runs are finished. @throws UsageError when none is */
export async function reportComparison(folder: string, options: Omit<Publishing, 'study'>): Promise<void> {
  const study = storedStudy(folder)!;
  const results = parseContestants(study.optimizers.join(',')).flatMap(({ spec }): Result[] => {
    const path = join(folder, folderName(spec));
    const run = existsSync(path) ? new RunFolder(path) : undefined;
    const summary = run?.summary();
    return run && summary ? [{ summary, points: run.points() }] : [];
  });
  if (results.length === 0)
    throw new UsageError(`${folder}: no run is finished there; \`${commandOf(study)}\` makes them`);
  const missing = study.optimizers.length - results.length;
  if (missing > 0) options.stderr.write(`${folder}: ${missing} of ${study.optimizers.length} runs are not finished\n`);
  await publish({ ...options, study }, results, folder, missing === 0);
}

/** The number of threads used when none is given. */
export function defaultThreads(): number {
  return availableParallelism();
}
