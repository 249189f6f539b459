import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { writeFileAtomic } from 'osculate/node';
import { exitStatus } from '../command-line/exit-status.js';
import type { Terminal } from '../report/progress.js';
import { type StudyReport, studyHtml } from '../report/study/html.js';
import { studyJson } from '../report/study/json.js';
import { type MarkdownReport, studyMarkdown } from '../report/study/markdown.js';
import { studyText } from '../report/study/text.js';
import { writePage } from '../report/write-page.js';
import { analyseStudy } from '../studies/analysis.js';
import { exportStudy } from '../studies/export-study.js';
import { missingRuns } from '../studies/missing.js';
import { studyResults } from '../studies/results.js';
import { type KeptStudy, readStudyFolder } from '../studies/study-folder.js';
import { UsageError } from '../usage-error.js';
import { holdsComparison, reportComparison } from './compare.js';

export interface PublishOptions {
  /** The page; `report.html` in the study's folder when absent. */
  readonly report?: string;
  /** A folder for the same as Markdown with figures as files. */
  readonly markdown?: string;
  readonly json: boolean;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
}

/** Writes `README.md` and the figures that it shows into a folder, each file as a whole or not at all. */
async function writeMarkdown(folder: string, { page, figures }: MarkdownReport, stderr: Terminal): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [file, svg] of Object.entries(figures)) await writeFileAtomic(join(folder, file), svg);
  await writePage(join(folder, 'README.md'), page, stderr);
}

/** Analyses what is finished of a study; writes the page and the exports into its folder, prints tables or JSON. */
export async function publishStudy(folder: string, kept: KeptStudy, options: PublishOptions): Promise<void> {
  const { json, stdout, stderr } = options;
  const results = studyResults(folder, kept.study);
  const report: StudyReport = { kept, analysis: analyseStudy(results), missing: missingRuns(results) };
  const page = options.report ?? join(folder, 'report.html');
  await writePage(page, studyHtml(report), stderr);
  const { markdown } = options;
  if (markdown !== undefined) {
    await writeMarkdown(markdown, studyMarkdown(report, { runs: folder, page: markdown }), stderr);
  }
  const exported = await exportStudy(folder, kept, report.analysis);
  if (json) stdout.write(`${JSON.stringify({ ...studyJson(report), report: page, exported }, null, 2)}\n`);
  else stdout.write(studyText(report));
  stderr.write(`data: ${exported.length} files in ${relative(process.cwd(), folder) || '.'}\n`);
}

/** The report of one folder. */
async function reportOf(folder: string, options: PublishOptions): Promise<void> {
  if (!holdsComparison(folder)) {
    await publishStudy(folder, readStudyFolder(folder), options);
    return;
  }
  const { markdown, report = join(folder, 'report.html'), json, stdout, stderr } = options;
  if (markdown !== undefined) throw new UsageError(`${folder} holds one comparison; --markdown is for studies`);
  await reportComparison(folder, { report, json, stdout, stderr });
}

/** The folders with runs in a folder that has none of its own. */
function foldersIn(root: string): string[] {
  if (!existsSync(root) || !statSync(root).isDirectory() || existsSync(join(root, 'study.json'))) return [];
  const names = readdirSync(root).sort();
  return names.map((name) => join(root, name)).filter((folder) => existsSync(join(folder, 'study.json')));
}

/**
 * `osculate report`: the report of the folder of a study or a comparison, finished or not; of all that are in a folder of folders, each
 * into its own. Resolves to the exit status.
 */
export async function report(folder: string, options: PublishOptions): Promise<number> {
  const inside = foldersIn(folder);
  if (inside.length === 0) {
    await reportOf(folder, options);
    return exitStatus.done;
  }
  if (inside.length > 1 && (options.report ?? options.markdown) !== undefined) {
    throw new UsageError(
      `${folder} holds ${inside.length} folders of runs (${inside.join(', ')}); name one for --html or --markdown`,
    );
  }
  if (inside.length > 1 && options.json) {
    throw new UsageError(
      `${folder} holds ${inside.length} folders of runs (${inside.join(', ')}); name one for --json`,
    );
  }
  const damaged: string[] = [];
  for (const each of inside) {
    options.stderr.write(`${each}:\n`);
    try {
      await reportOf(each, options);
    } catch (error) {
      // The others can be reported all the same.
      if (!(error instanceof UsageError) || inside.length === 1) throw error;
      damaged.push(error.message);
    }
  }
  if (damaged.length === 0) return exitStatus.done;
  throw new UsageError(`no report of ${damaged.length} of ${inside.length} folders: ${damaged.join('; ')}`);
}
