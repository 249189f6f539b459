import { alignedText } from '../table.js';
import { missingLines, type StudyReport, winnerRows } from './html.js';
import { problemRows } from './table.js';
import { cellLegend, problemWords } from './words.js';

const plain = (text: string): string => text.replaceAll('**', '');

/** The report for a terminal: who won, then a table and what it says for each problem. */
export function studyText({ kept, analysis, missing }: StudyReport): string {
  const { problems } = analysis;
  const sections = problems.map((problem) =>
    [
      problem.results.problem.title,
      '',
      alignedText(problemRows(problem)),
      '',
      ...problemWords(problem).map((text) => plain(text)),
    ].join('\n'),
  );
  const unfinished = missing.length > 0 ? [['Not finished; missing:', ...missingLines(missing)].join('\n  ')] : [];
  const winners = problems.length > 0 ? [alignedText(winnerRows(analysis)), cellLegend] : ['No run is finished yet.'];
  return `${[kept.study.title, ...unfinished, ...winners, ...sections].join('\n\n')}\n`;
}
