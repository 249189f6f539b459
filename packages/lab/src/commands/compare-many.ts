import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from 'osculate/node';
import { stringify } from 'yaml';
import { parseContestants } from '../contestants.js';
import { problemNamed } from '../problems/index.js';
import type { Terminal } from '../report/progress.js';
import { folderName } from '../run/folder.js';
import { UsageError } from '../usage-error.js';
import { study } from './study.js';

/** What is compared: several problems, several seeds, or settings that are searched for. */
export interface Comparison {
  readonly problems: readonly string[];
  /** On every problem; those that suit each when absent. */
  readonly optimizers?: readonly string[];
  /** Seconds of stepping; that of each problem when absent. */
  readonly budget?: number;
  readonly seeds: readonly number[];
  /** Values tried of every optimizer's main setting; absent: all run as given. */
  readonly trials?: number;
  readonly threads: number;
}

export interface CompareManyOptions {
  readonly comparison: Comparison;
  /** The folder of the runs; one that belongs to this comparison when absent. */
  readonly out?: string;
  /** Makes the runs that are there again. */
  readonly fresh: boolean;
  readonly report: string;
  readonly saveEvery?: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/** The seed of studies' searches, unless it is one of those compared. */
const searchSeed = 1000;

/** The comparison as a study file. @throws UsageError for a problem or an optimizer that does not exist. */
export function studyFileOf({ problems, optimizers, budget, seeds, trials, threads }: Comparison): string {
  if (optimizers) parseContestants(optimizers.join(','));
  const seed = seeds.includes(searchSeed) ? Math.max(...seeds) + 1 : searchSeed;
  const declared = {
    title: `Comparison on ${problems.join(', ')}`,
    seeds,
    threads,
    tuning: trials === undefined ? false : { trials, seed },
    problems: problems.map((problem) => {
      const { optimizers: suited, budget: usual } = problemNamed(problem);
      return { problem, budget: { seconds: budget ?? usual }, optimizers: optimizers ?? suited };
    }),
  };
  // Every list as such: who edits the file wants no anchors.
  return stringify(declared, { aliasDuplicateObjects: false });
}

/** Writes the study file into the folder. @throws UsageError when runs of something else are there. */
async function claim(folder: string, text: string, { comparison, fresh }: CompareManyOptions): Promise<string> {
  const file = join(folder, 'study.yaml');
  const known = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (known !== text && existsSync(join(folder, 'study.json')) && !fresh) {
    throw new UsageError(`${folder} holds another comparison; choose another --out, or start again there with --fresh`);
  }
  if (fresh) {
    for (const name of ['study.json', ...comparison.problems.map(folderName)])
      rmSync(join(folder, name), { recursive: true, force: true });
  }
  mkdirSync(folder, { recursive: true });
  await writeFileAtomic(file, text);
  return file;
}

/**
 * Compares optimizers on several problems, over several seeds or with a search for settings: as a study, whose file is kept in its folder.
 * The same comparison has the same folder, and goes on there where it was cut off. Resolves to the exit status.
 */
export async function compareMany(options: CompareManyOptions): Promise<number> {
  const { comparison, out, fresh, ...rest } = options;
  const text = studyFileOf(comparison);
  const folder = out ?? join('runs', `compare-${createHash('sha256').update(text).digest('hex').slice(0, 10)}`);
  const file = await claim(folder, text, options);
  return study({ ...rest, file, out: folder });
}
