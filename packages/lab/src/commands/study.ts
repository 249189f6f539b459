import { existsSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { exitStatus } from '../command-line/exit-status.js';
import { environment } from '../environment.js';
import { textOf } from '../file-contents.js';
import { ProgressLine, progressText, type Terminal } from '../report/progress.js';
import { removeLeftovers } from '../run/leftovers.js';
import { supervise } from '../run/supervise.js';
import type { Job } from '../studies/jobs.js';
import { runStudy } from '../studies/run-study.js';
import { type DeclaredStudy, readStudyFile } from '../studies/study-file.js';
import { type KeptStudy, readStudyFolder, writeStudyFolder } from '../studies/study-folder.js';
import type { Budget } from '../study.js';
import { UsageError } from '../usage-error.js';
import { publishStudy } from './report.js';

export interface StudyOptions {
  readonly file: string;
  /** The folder of the runs. */
  readonly out?: string;
  readonly report?: string;
  /** Seconds between checkpoints of a run. */
  readonly saveEvery?: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/** The folder with the study in it; what it holds of the same study is kept. @throws UsageError when it holds another study. */
async function openFolder(folder: string, study: DeclaredStudy, file: string): Promise<KeptStudy> {
  const known = existsSync(join(folder, 'study.json')) ? readStudyFolder(folder) : undefined;
  if (known && JSON.stringify(known.study) !== JSON.stringify(study)) {
    throw new UsageError(
      `${folder} holds runs of another study (or of this one before it was edited); choose another --out`,
    );
  }
  const kept = known ?? { study, file, environment: environment(new Date()) };
  if (!known) await writeStudyFolder(folder, kept);
  // Also of a command that was killed before its study was written.
  removeLeftovers(folder);
  return kept;
}

/** How much of a budget is spent, and the whole, in the unit that comes first. */
function spent({ seconds, steps, gradientEquivalents }: Budget, at: { seconds: number; step: number; work: number }) {
  if (seconds !== undefined) return { seconds: at.seconds, budget: seconds };
  const share = steps !== undefined ? at.step / steps : at.work / gradientEquivalents!;
  return { seconds: at.seconds, budget: at.seconds / Math.max(share, 1e-9) };
}

/**
 * Runs a study: what is missing of it in its folder, each run in a process of its own, then the report. Resolves to the exit status.
 */
export async function study(options: StudyOptions): Promise<number> {
  const { file, json, signal, stdout, stderr, saveEvery } = options;
  const declared = readStudyFile(textOf(file), file);
  const folder = options.out ?? join('runs', basename(file, extname(file)));
  const kept = await openFolder(folder, declared, file);
  const line = new ProgressLine(stderr);
  let place = { index: 0, total: 0 };
  const execute = async (job: Job): Promise<boolean> => {
    const { problem, optimizer, seed, budget } = job;
    const title = `${problem} ${optimizer} seed ${seed}`;
    line.show(`[${place.index}/${place.total}] ${title}: starting`);
    const finished = await supervise(
      { ...job, folder: join(folder, job.folder), ...(saveEvery !== undefined && { saveEvery }) },
      {
        signal,
        note: (text) => line.note(`${problem}: ${text}`),
        progress: ({ seconds, step, point }) => {
          const at = spent(budget, { seconds, step, work: point.gradientEquivalents });
          line.show(progressText({ title, ...place, ...at, step, values: [] }));
        },
      },
    );
    line.clear();
    return finished;
  };
  const begin = (_: Job, done: number, total: number): void => {
    place = { index: done + 1, total };
  };
  if (!(await runStudy(folder, declared, { signal, execute, begin }))) {
    stderr.write(`interrupted: the work is saved in ${folder}; the same command goes on from there\n`);
    return exitStatus.interrupted;
  }
  await publishStudy(folder, kept, { report: options.report ?? join(folder, 'report.html'), json, stdout, stderr });
  return exitStatus.done;
}
