import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { writeFileAtomic } from 'osculate/data/node';
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

/** `osculate report`: the report of a study's folder, finished or not. Resolves to the exit status. */
export async function report(folder: string, options: PublishOptions): Promise<number> {
  await publishStudy(folder, readStudyFolder(folder), options);
  return exitStatus.done;
}
