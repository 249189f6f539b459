import { checkNames, checkOptions, type OptionNames } from '../tensor/check-options.js';

/** The size and the axis of a plot. */
export interface TerminalPlotOptions {
  /** Characters across (default 60). */
  readonly width?: number;
  /** Lines (default 12). */
  readonly height?: number;
  /** A logarithmic axis; default: where all values are positive and span more than a factor of 20. */
  readonly logarithmic?: boolean;
}

const terminalPlotOptions: OptionNames<TerminalPlotOptions> = { width: 1, height: 1, logarithmic: 1 };

const dots = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

function figure(value: number): string {
  const size = Math.abs(value);
  return size >= 1e6 || (size < 1e-4 && size > 0) ? value.toExponential(2) : String(Number(value.toPrecision(3)));
}

/**
 * A curve as text, in Braille dots, two a character across and four down: `terminalPlot(run.history.map(({ loss }) => loss))`. Values that are not finite leave a
 * gap. Lines have at most width + 10 characters.
 * @example
 * console.log(terminalPlot(run.history.map(({ loss }) => loss)));
 */
export function terminalPlot(values: readonly number[], options: TerminalPlotOptions = {}): string {
  checkNames('terminalPlot', options, terminalPlotOptions);
  const { width = 60, height = 12 } = options;
  checkOptions('terminalPlot', { 'an integer ≥ 1': { width, height } });
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return 'no values';
  let [low, high] = [Infinity, -Infinity];
  for (const value of finite) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const { logarithmic = low > 0 && high / low > 20 } = options;
  const scale = (value: number): number => (logarithmic ? Math.log(value) : value);
  const [from, to] = [scale(low), scale(high)];
  const cells = Array.from({ length: height }, () => new Uint8Array(width));
  const row = (value: number): number =>
    to === from ? 2 * height : Math.round(((to - scale(value)) / (to - from)) * (4 * height - 1));
  const columns = 2 * width;
  let before: number | null = null;
  for (let column = 0; column < columns; column++) {
    const value = values[Math.round((column / (columns - 1)) * (values.length - 1))]!;
    if (!Number.isFinite(value)) {
      before = null;
      continue;
    }
    const y = row(value);
    const start = before ?? y;
    for (let k = Math.min(start, y); k <= Math.max(start, y); k++) {
      cells[Math.min(height - 1, k >> 2)]![column >> 1]! |= dots[k & 3]![column & 1]!;
    }
    before = y;
  }
  const labels = cells.map((_, i) => (i === 0 ? figure(high) : i === height - 1 ? figure(low) : ''));
  const margin = Math.max(...labels.map((label) => label.length));
  return cells
    .map((line, i) =>
      `${labels[i]!.padStart(margin)} ${Array.from(line, (bits) => String.fromCharCode(0x2800 + bits)).join('')}`.trimEnd(),
    )
    .join('\n');
}
