import type { FitPicture } from './fit/charts.js';
import { figure } from './format.js';

const [width, height] = [60, 14];

interface Dot {
  readonly x: number;
  readonly y: number;
}

/** The smallest and largest of the finite values; a range of one value is widened. */
function range(values: readonly number[]): [number, number] {
  const [low, high] = values.reduce(
    ([a, b], v) => [Math.min(a, v), Math.max(b, v)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  return low < high ? [low, high] : [low - 1, high + 1];
}

/** Data (o) and fit (·) as a small plot of text. */
export function terminalPlot({ observations, curve, xLabel, yLabel }: FitPicture): string {
  const usable = (dots: readonly Dot[]): Dot[] => dots.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const data = usable(observations);
  const line = usable(curve.length > 0 ? curve : observations.map(({ fitted }) => ({ x: fitted, y: fitted })));
  if (data.length === 0) return '';
  const [left, right] = range([...data, ...line].map(({ x }) => x));
  const [low, high] = range([...data, ...line].map(({ y }) => y));
  const cells = Array.from({ length: height }, () => new Array<string>(width).fill(' '));
  const draw = (dots: readonly Dot[], mark: string): void => {
    for (const { x, y } of dots) {
      const column = Math.round(((x - left) / (right - left)) * (width - 1));
      const row = Math.round(((high - y) / (high - low)) * (height - 1));
      cells[row]![column] = mark;
    }
  };
  draw(line, '·');
  draw(data, 'o');
  const labels = [figure(high), figure(low)];
  const margin = Math.max(...labels.map((label) => label.length));
  const rows = cells.map((row, i) => {
    const label = i === 0 ? labels[0]! : i === height - 1 ? labels[1]! : '';
    return `${label.padStart(margin)} │${row.join('').trimEnd()}`;
  });
  const space = ' '.repeat(margin + 2);
  const ends = `${figure(left)}${figure(right).padStart(width - figure(left).length)}`;
  return [
    `${space}${yLabel}: data o, fit ·`,
    ...rows,
    `${space.slice(1)}└${'─'.repeat(width)}`,
    `${space}${ends}  ${xLabel}`,
  ].join('\n');
}
