import * as Plot from '@observablehq/plot';
import { type CurveFit, type FitStatistics, fitBands, type OrthogonalDistanceResult } from 'osculate/fit';
import type { FitColumns } from '../../commands/fit/columns.js';
import { colourOf } from '../charts.js';
import { plotSvg } from '../plot-svg.js';

interface Observation {
  readonly x: number;
  readonly y: number;
  readonly fitted: number;
  /** Weighted: (fitted − y)/σ, with the sign of y − fitted. */
  readonly residual: number;
  readonly sigma?: number;
}

interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
  /** Prediction band; absent where observations have sigmas of their own, which a new one has not. */
  readonly below?: number;
  readonly above?: number;
}

/** What the plots of a fit show. */
export interface FitPicture {
  /** Against the variable, where there is one, otherwise against the fitted value. */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly observations: readonly Observation[];
  /** Empty for several variables. */
  readonly curve: readonly CurvePoint[];
  readonly weighted: boolean;
}

/** A fit, with what it was made from. */
export interface Fitted {
  readonly columns: FitColumns;
  /** With errors of x, the residuals are distances, and the fitted points lie off the observations in x as well. */
  readonly result: CurveFit & Partial<Pick<OrthogonalDistanceResult, 'epsilons'>>;
  readonly statistics: FitStatistics;
}

const points = 201;

/** The fitted curve over the range of x, with its bands. */
function curveOf(x: readonly number[], { columns, result, statistics }: Fitted): CurvePoint[] {
  if (x.length === 0 || !result.parameters.every(Number.isFinite)) return [];
  const [from, to] = [x.reduce((a, b) => Math.min(a, b)), x.reduce((a, b) => Math.max(a, b))];
  const grid = Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
  const values = result.predict(grid);
  const { confidence, prediction } = fitBands(result, grid, { statistics });
  return grid.map((value, i) => {
    const inner = { x: value, y: values[i]!, low: confidence.lower[i]!, high: confidence.upper[i]! };
    return columns.sigma ? inner : { ...inner, below: prediction.lower[i]!, above: prediction.upper[i]! };
  });
}

/** Computes what is drawn. */
export function fitPicture(source: Fitted): FitPicture {
  const { columns, result } = source;
  const { variables, y, sigma, rows, yName } = columns;
  const single = variables.length <= 1;
  const x = variables.length === 1 ? rows.map((row) => row[0]!) : rows.map((_, i) => i + 1);
  const observations = Array.from(y, (value, i): Observation => {
    const residual = -result.residuals[i]!;
    const fitted = value + (result.epsilons?.[i] ?? -residual * (sigma?.[i] ?? 1));
    const common = { x: single ? x[i]! : fitted, y: value, fitted, residual };
    return sigma ? { ...common, sigma: sigma[i]! } : common;
  });
  const xLabel = variables.length === 0 ? 'row' : single ? variables[0]!.column : `fitted ${yName}`;
  const curve = single ? curveOf(x, source) : [];
  return { xLabel, yLabel: yName, observations, curve, weighted: sigma !== undefined };
}

function finite(...values: readonly (number | undefined)[]): boolean {
  return values.every((value) => value !== undefined && Number.isFinite(value));
}

function bandMarks(curve: readonly CurvePoint[]): Plot.Markish[] {
  const inner = curve.filter(({ low, high }) => finite(low, high));
  const outer = curve.filter(({ below, above }) => finite(below, above));
  const fill = colourOf(0);
  return [
    Plot.areaY(outer, { x: 'x', y1: 'below', y2: 'above', fill, fillOpacity: 0.1, ariaDescription: 'prediction band' }),
    Plot.areaY(inner, { x: 'x', y1: 'low', y2: 'high', fill, fillOpacity: 0.25, ariaDescription: 'confidence band' }),
  ];
}

/** Data, fitted curve and bands; observed against fitted values where there are several variables. */
export function fitChart({ xLabel, yLabel, observations, curve }: FitPicture): string {
  const shown = observations.filter(({ x, fitted }) => finite(x, fitted));
  const bars = shown.filter(({ sigma }) => sigma !== undefined);
  const line =
    curve.length > 0 ? curve.filter(({ y }) => finite(y)) : shown.map(({ fitted }) => ({ x: fitted, y: fitted }));
  return plotSvg('data and fit', {
    height: 380,
    x: { label: xLabel, grid: true },
    y: { label: yLabel, grid: true },
    marks: [
      ...bandMarks(curve),
      Plot.line(line, { x: 'x', y: 'y', sort: 'x', stroke: colourOf(0), strokeWidth: 2, ariaDescription: 'fit' }),
      Plot.ruleX(bars, { x: 'x', y1: (d) => d.y - d.sigma!, y2: (d) => d.y + d.sigma!, stroke: colourOf(1) }),
      Plot.dot(shown, { x: 'x', y: 'y', r: 3, fill: colourOf(1), ariaDescription: 'data' }),
    ],
  });
}

/** Residuals against the same axis. */
export function residualChart({ xLabel, observations, weighted }: FitPicture): string {
  const shown = observations.filter(({ x, residual }) => finite(x, residual));
  return plotSvg('residuals', {
    height: 220,
    x: { label: xLabel, grid: true },
    y: { label: weighted ? 'residual / σ' : 'residual', grid: true },
    marks: [
      Plot.ruleY([0], { stroke: colourOf(0) }),
      Plot.ruleX(shown, { x: 'x', y1: 0, y2: 'residual', stroke: colourOf(1), strokeOpacity: 0.5 }),
      Plot.dot(shown, { x: 'x', y: 'residual', r: 3, fill: colourOf(1), ariaDescription: 'residuals' }),
    ],
  });
}
