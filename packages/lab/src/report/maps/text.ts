import type { BasinMap, Ending, EndKind } from '../../maps/basin-map.js';
import { count, figure } from '../format.js';
import { alignedText } from '../table.js';

type Cells = readonly (readonly string[])[];

const names: Readonly<Record<EndKind, string>> = {
  minimum: 'minimum',
  saddle: 'saddle',
  maximum: 'maximum',
  degenerate: 'degenerate point',
  away: 'away, or not finite',
  unfinished: 'not there yet, or stuck',
};

/** A coordinate that is zero but for its rounding reads 0. */
const coordinate = (x: number): string => figure(Math.abs(x) < 5e-5 ? 0 : x);

/** The name of an ending: "minimum (3, 2)". */
export function endingName({ kind, point }: Ending): string {
  return point ? `${names[kind]} (${point.x.map(coordinate).join(', ')})` : names[kind];
}

/** Several endings of one colour: "4 saddles". */
export function severalName({ kind }: Ending, number: number): string {
  return `${number} ${kind === 'minimum' ? 'minima' : kind === 'maximum' ? 'maxima' : `${names[kind]}s`}`;
}

/** What was done, in a sentence. */
export function mapCaption({ title, window: [x0, x1, y0, y1], grid, maxSteps, tolerance, seconds }: BasinMap): string {
  return (
    `${title} from ${grid} × ${grid} starts with x in [${x0}, ${x1}] and y in [${y0}, ${y1}], to ‖∇f‖ ≤ ${tolerance}, at most ` +
    `${count(maxSteps)} steps each; ${seconds.toFixed(1)} s`
  );
}

const percent = (share: number): string => {
  if (share === 0) return '–';
  return share < 0.0005 ? '< 0.1 %' : `${(100 * share).toFixed(1)} %`;
};

/** A row an optimizer: success, steps and work. */
export function successCells({ maps }: BasinMap): Cells {
  const rows = maps.map(({ title, success, successSteps, work }) => [
    title,
    percent(success),
    successSteps ? count(successSteps.median) : '–',
    successSteps ? count(successSteps.high) : '–',
    figure(work),
  ]);
  return [['optimizer', 'in a minimum', 'median steps', '95 % within', 'gradient equivalents a start'], ...rows];
}

/** A row an ending, a column an optimizer. */
export function shareCells({ endings, maps }: BasinMap): Cells {
  const rows = endings.flatMap((ending, k) => {
    const shares = maps.map((one) => one.shares[k]!);
    // Nobody asks how many starts had no end where all had one.
    if (ending.point === undefined && shares.every((share) => share === 0)) return [];
    const f = ending.point ? figure(Math.abs(ending.point.f) < 1e-12 ? 0 : ending.point.f) : '';
    return [[endingName(ending), f, ...shares.map(percent)]];
  });
  return [['ended in', 'f', ...maps.map(({ title }) => title)], ...rows];
}

/** The maps as text: shares, not pictures. */
export function mapText(map: BasinMap): string {
  return [mapCaption(map), alignedText(successCells(map)), alignedText(shareCells(map))].join('\n\n');
}
