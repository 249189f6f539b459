import type { Command } from 'commander';
import { study } from '../commands/study.js';
import { cancellation } from './cancellation.js';
import type { End } from './exit-status.js';
import { positive } from './values.js';

interface StudyFlags {
  out?: string;
  report?: string;
  saveEvery?: number;
  json?: boolean;
}

/** Adds `osculate study`. */
export function addStudy(root: Command, end: End): void {
  root
    .command('study')
    .description(
      'run a study declared in a YAML file: problems, optimizers, seeds, the search for settings; goes on where it was cut off',
    )
    .argument('<file>', 'the study file')
    .option('--out <folder>', 'where the runs are kept (default: runs/ and the name of the file)')
    .option('--report <file>', 'the HTML report (default: report.html in that folder)')
    .option(
      '--save-every <seconds>',
      'seconds between checkpoints of a run, more where one takes long (default: 10)',
      positive,
    )
    .option('--json', 'print the results as JSON')
    .addHelpText('after', '\nExit status: 0 done, 1 a run failed, 2 wrong use, 130 interrupted with the work saved.')
    .action(async (file: string, { json = false, ...flags }: StudyFlags) => {
      const { stdout, stderr } = process;
      end(await study({ file, ...flags, json, signal: cancellation(), stdout, stderr }));
    });
}
