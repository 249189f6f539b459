import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from 'osculate/node';
import { csvOf } from '../export/csv.js';
import { jsonLinesOf } from '../export/json-lines.js';
import { parquetOf } from '../export/parquet.js';
import type { Row } from '../export/rows.js';
import { eventFileOf, type Scalar } from '../export/tensorboard.js';
import type { Point, Result } from '../study.js';
import type { Axis, EntrantAnalysis, ProblemAnalysis, StudyAnalysis } from './analysis.js';
import { finalJobs } from './jobs.js';
import type { KeptStudy } from './study-folder.js';

/** A run or a trial with what it is part of. */
interface Part {
  readonly result: Result;
  /** The same columns begin every row. */
  readonly about: Row;
}

function partsOf({ results: { declared } }: ProblemAnalysis, { results }: EntrantAnalysis): Part[] {
  const { entrant, optimizer, trials, runs } = results;
  const setting = entrant.tuned?.setting ?? null;
  const common = { problem: declared.problem, optimizer: entrant.spec, setting };
  return [
    ...trials.map((result) => ({
      result,
      about: {
        ...common,
        kind: 'trial',
        spec: result.summary.spec,
        value: result.value,
        seed: declared.tuning === false ? null : declared.tuning.seed,
      },
    })),
    ...runs.map((result) => ({
      result,
      about: { ...common, kind: 'run', spec: optimizer, value: chosenValue(optimizer, setting), seed: result.seed },
    })),
  ];
}

/** The value of a setting at the end of a spec: what the search put there. */
function chosenValue(optimizer: string, setting: string | null): number | null {
  const last = optimizer.split(':').at(-1)!;
  return setting !== null && last.startsWith(`${setting}=`) ? Number(last.slice(setting.length + 1)) : null;
}

const prefixed = (prefix: string, values: Point['values']): Row =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value]));

const place = ({ step, seconds, gradientEquivalents }: Pick<Point, Axis>): Row => ({
  step,
  seconds,
  gradientEquivalents,
});

const eachPart = ({ problems }: StudyAnalysis): Part[] =>
  problems.flatMap((problem) => problem.entrants.flatMap((entrant) => partsOf(problem, entrant)));

/** All points of all runs and trials: what they are of, where they are, `measure.*` and what the optimizer said, `detail.*`. */
function pointRows(analysis: StudyAnalysis): Row[] {
  return eachPart(analysis).flatMap(({ about, result }) =>
    result.points.map((point) => ({
      ...about,
      ...place(point),
      ...prefixed('measure', point.values),
      ...prefixed('detail', point.details),
    })),
  );
}

/** One row a run or trial: how it ended, and what it took to reach the problem's own target. */
function summaryRows(analysis: StudyAnalysis): Row[] {
  return eachPart(analysis).map(({ about, result: { summary } }) => ({
    ...about,
    title: summary.title,
    ending: summary.ending,
    ...place(summary.last),
    ...prefixed('measure', summary.last.values),
    targetStep: summary.solvedAt?.step ?? null,
    targetSeconds: summary.solvedAt?.seconds ?? null,
    targetGradientEquivalents: summary.solvedAt?.gradientEquivalents ?? null,
    peakMemory: summary.peakMemory,
    executor: summary.executor,
  }));
}

/** A run's curves for TensorBoard; its clock starts when the study did. */
function scalarsOf({ points }: Result, start: number): Scalar[] {
  return points.flatMap(({ step, seconds, gradientEquivalents, values, details }) => {
    const named = [
      ...Object.entries(values).map(([key, value]) => [`measure/${key}`, value] as const),
      ...Object.entries(details).map(([key, value]) => [`detail/${key}`, value] as const),
      ['cost/seconds', seconds] as const,
      ['cost/gradientEquivalents', gradientEquivalents] as const,
    ];
    return named.flatMap(([tag, value]) => (value === null ? [] : [{ tag, step, wallTime: start + seconds, value }]));
  });
}

/** Event files of the runs that are compared, by their place below `tensorboard`. */
function eventFiles({ study, environment }: KeptStudy, { problems }: StudyAnalysis): [string, Uint8Array][] {
  const start = Date.parse(environment.date) / 1000;
  return problems.flatMap(({ results: { declared }, entrants }) =>
    entrants.flatMap(({ results }) => {
      const jobs = finalJobs(study, declared, results.entrant, results.optimizer);
      return results.runs.map((run): [string, Uint8Array] => {
        const { folder } = jobs.find(({ seed }) => seed === run.seed)!;
        return [join(folder, `events.out.tfevents.${run.seed}.osculate`), eventFileOf(scalarsOf(run, start))];
      });
    }),
  );
}

/**
 * Writes all results of a study into its folder: `points.csv`, `points.jsonl` and `points.parquet` with a row a point, `summary.csv`
 * with a row a run, and `tensorboard/` with an event file for each run that is compared. Each file as a whole or not at all.
 * Returns the files written.
 */
export async function exportStudy(folder: string, kept: KeptStudy, analysis: StudyAnalysis): Promise<string[]> {
  const points = pointRows(analysis);
  const files: [string, string | Uint8Array][] = [
    ['points.csv', csvOf(points)],
    ['points.jsonl', jsonLinesOf(points)],
    ['points.parquet', parquetOf(points)],
    ['summary.csv', csvOf(summaryRows(analysis))],
    ...eventFiles(kept, analysis).map(([file, bytes]): [string, Uint8Array] => [join('tensorboard', file), bytes]),
  ];
  for (const [file, contents] of files) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    await writeFileAtomic(path, contents);
  }
  return files.map(([file]) => join(folder, file));
}
