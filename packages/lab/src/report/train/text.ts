import type { TrainResult } from '../../commands/train/result.js';
import type { Point } from '../../study.js';
import { clock, count, figure } from '../format.js';
import { alignedText } from '../table.js';

const shown = (value: number | null | undefined): string =>
  value === undefined ? '' : value === null ? 'not finite' : figure(value);

/** The point with the lowest validation loss; undefined without validation. */
function best(points: readonly Point[]): Point | undefined {
  const lossOf = ({ values }: Point): number => values.validationLoss ?? Number.POSITIVE_INFINITY;
  const finite = points.filter((p) => Number.isFinite(lossOf(p)));
  return finite.reduce<Point | undefined>((b, p) => (b === undefined || lossOf(p) < lossOf(b) ? p : b), undefined);
}

/** Start, best and end of a run; the first row is the head. */
export function trainCells({ points, rows }: TrainResult): string[][] {
  const measures = [
    'train loss',
    'train error',
    ...(rows.validation > 0 ? ['validation loss', 'validation error'] : []),
  ];
  const keys = ['trainLoss', 'trainError', 'validationLoss', 'validationError'].slice(0, measures.length);
  const row = (name: string, p: Point | undefined): string[][] =>
    p ? [[name, count(p.step), p.seconds.toFixed(1), ...keys.map((key) => shown(p.values[key]))]] : [];
  return [
    ['', 'step', 'seconds', ...measures],
    ...row('start', points[0]),
    ...row('best validation', rows.validation > 0 ? best(points) : undefined),
    ...row('end', points.at(-1)),
  ];
}

const endings = {
  budget: 'the time is spent',
  work: 'the work is done',
  steps: 'the run finished all its steps',
  diverged: 'the run diverged',
  cancelled: 'interrupted',
} as const;

/** What was trained, in lines. */
export function trainCaption(result: TrainResult): string[] {
  const { model, optimizer, loss, errorName, parameters, rows, reason, output } = result;
  const held = rows.validation > 0 ? `, ${count(rows.validation)} held out` : '';
  return [
    `${model}, output ${output}: ${count(parameters)} parameters on ${count(rows.train)} examples${held}`,
    `${optimizer}; loss: ${loss}; error: ${errorName}; ${endings[reason]}`,
  ];
}

/** The result of a run as text. */
export function trainText(result: TrainResult): string {
  const written = result.out === null ? [] : [`written: ${result.out}`];
  return [...trainCaption(result), '', alignedText(trainCells(result)), '', ...written].join('\n').trimEnd();
}

/** One line about a run under way. */
export function trainProgress(
  { title, steps, seconds: budget }: { readonly title: string; readonly steps?: number; readonly seconds?: number },
  seconds: number,
  step: number,
  loss: number,
  point: Point,
): string {
  const { validationLoss } = point.values;
  const held = validationLoss === undefined ? '' : `  validation loss ${shown(validationLoss)}`;
  const of = steps === undefined ? '' : `/${count(steps)}`;
  const time = budget === undefined ? clock(seconds) : `${clock(seconds)}/${clock(budget)}`;
  return `${title}  step ${count(step)}${of}  ${time}  loss ${figure(loss)}${held}`;
}
