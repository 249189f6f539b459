import type { LandscapeData } from '../../landscape.js';
import { count, figure } from '../format.js';
import { alignedText } from '../table.js';

type Cells = readonly (readonly string[])[];

/** What was measured, in a sentence. */
export function landscapeCaption({ problem, point, axes, rows, size, seconds }: LandscapeData): string {
  const points = axes.map((axis) => axis.length).join(' × ');
  return `loss of ${problem} around ${point}, over ${count(rows)} ${rows === 1 ? 'example' : 'examples'}: ${points} points in ${count(size)} dimensions, ${seconds.toFixed(1)} s`;
}

/** Where the quadratic model and the loss part, in a sentence. */
export function trustSentence({ trust, tolerance }: LandscapeData): string {
  const share = `${figure(100 * tolerance)} % of the change of the loss`;
  if (trust.wholeGrid) return `The quadratic model is within ${share} everywhere shown`;
  if (trust.radius === 0) return `The quadratic model is beyond ${share} at the nearest points already`;
  return `The quadratic model is within ${share} up to a radius of ${figure(trust.radius)}`;
}

/** The directions with slopes and curvatures of the quadratic model along them. */
export function directionCells({ directions, quadratic, axes }: LandscapeData): Cells {
  const rows = directions.map(({ name, norm }, i) => [
    name,
    figure(norm),
    `${figure(axes[i]![0]!)} … ${figure(axes[i]!.at(-1)!)}`,
    figure(quadratic.slopes[i]!),
    figure(quadratic.curvatures[i]![i]!),
    figure(quadratic.curvatures[i]![i]! / norm ** 2),
  ]);
  return [['direction', 'length', 'coordinates', 'slope', 'curvature', 'per unit length'], ...rows];
}

/** Loss here, lowest on the grid, and what is not finite. */
export function lossCells({ quadratic, lowest, nonFinite, path }: LandscapeData): Cells {
  const at = lowest ? ` at (${lowest.coordinates.map(figure).join(', ')})` : '';
  return [
    ['loss', ''],
    ['here', figure(quadratic.value)],
    ['lowest on the grid', lowest ? `${figure(lowest.loss)}${at}` : 'none is finite'],
    ...(nonFinite > 0 ? [['points that are not finite', count(nonFinite)]] : []),
    ...(path ? [['share of the path seen', `${(100 * path.explained).toFixed(1)} %`]] : []),
  ];
}

/** The landscape as text. */
export function landscapeText(data: LandscapeData): string {
  return [
    landscapeCaption(data),
    alignedText(directionCells(data)),
    alignedText(lossCells(data)),
    `${trustSentence(data)}.`,
  ].join('\n\n');
}
