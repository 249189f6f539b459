import type { Command } from 'commander';
import type { End } from './exit-status.js';

interface ReportFlags {
  html?: string;
  markdown?: string;
  json?: boolean;
}

/** Adds `osculate report`. */
export function addReport(root: Command, end: End): void {
  root
    .command('report')
    .description(
      'write the report of a study or a comparison, finished or not, from its folder: a page, tables, data files',
    )
    .argument('<folder>', 'what `osculate study` or `osculate compare` made, or a folder of such folders, as runs')
    .option('--html <file>', 'the page (default: report.html in the folder)')
    .option('--markdown <folder>', 'also a README.md with figures as SVG files, to be read on a repository site')
    .option('--json', 'print all figures as JSON')
    .addHelpText(
      'after',
      '\nOf a study it also writes points.csv, points.jsonl, points.parquet, summary.csv and tensorboard/ into the folder.' +
        '\nExit status: 0 done, 2 wrong use or a damaged file.',
    )
    .action(async (folder: string, { html, json = false, ...flags }: ReportFlags) => {
      const { report } = await import('../commands/report.js');
      const { stdout, stderr } = process;
      end(await report(folder, { ...(html !== undefined && { report: html }), ...flags, json, stdout, stderr }));
    });
}
