import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochText, trainingProgress } from '../../src/training/progress.js';
import { terminalPlot } from '../../src/training/terminal-plot.js';

/** The dots of a plot as places: column from the left, row from the top. */
function dotsOf(plot: string): [column: number, row: number][] {
  const bits = [
    [0x01, 0, 0],
    [0x02, 0, 1],
    [0x04, 0, 2],
    [0x40, 0, 3],
    [0x08, 1, 0],
    [0x10, 1, 1],
    [0x20, 1, 2],
    [0x80, 1, 3],
  ] as const;
  return plot.split('\n').flatMap((line, row) => {
    const from = [...line].findIndex((c) => c >= '\u2800' && c <= '\u28ff');
    return [...line].flatMap((c, i) =>
      bits
        .filter(([bit]) => c >= '\u2800' && (c.charCodeAt(0) - 0x2800) & bit)
        .map(([, x, y]): [number, number] => [2 * (i - from) + x, 4 * row + y]),
    );
  });
}

describe('terminalPlot', () => {
  it('draws a line from the lower left to the upper right', () => {
    const dots = dotsOf(terminalPlot([0, 1], { width: 2, height: 1 }));
    expect(dots.toSorted()).toContainEqual([0, 3]);
    expect(dots.toSorted()).toContainEqual([3, 0]);
  });

  it('labels the ends, and is logarithmic where values span more than a factor of 20', () => {
    const plot = terminalPlot([1000, 100, 10, 1], { width: 4, height: 4 });
    expect(plot.split('\n')[0]).toMatch(/^1000 /);
    expect(plot.split('\n')[3]).toMatch(/^ +1 /);
    // Equal ratios are equal distances: 100 lies a third of the way down.
    const rows = dotsOf(plot).filter(([column]) => column === 2 || column === 3);
    expect(Math.min(...rows.map(([, row]) => row))).toBeLessThanOrEqual(5);
    const linear = dotsOf(terminalPlot([1000, 100, 10, 1], { width: 4, height: 4, logarithmic: false }));
    expect(linear).toContainEqual([7, 15]);
  });

  it('takes any numbers and keeps to its size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double()),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 30 }),
        (values, width, height) => {
          const plot = terminalPlot(values, { width, height });
          if (!values.some(Number.isFinite)) {
            expect(plot).toBe('no values');
            return;
          }
          const lines = plot.split('\n');
          expect(lines).toHaveLength(height);
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(width + 11);
          expect(dotsOf(plot).length).toBeGreaterThan(0);
        },
      ),
    );
  });

  it.each([{ width: 0 }, { height: 1.5 }])('refuses %j', (options) => {
    expect(() => terminalPlot([1], options)).toThrow(/an integer ≥ 1/);
  });
});

describe('trainingProgress', () => {
  const written = (isTTY: boolean, columns: number, text: string): string => {
    let out = '';
    const line = trainingProgress({ isTTY, columns, write: (piece) => (out += piece) });
    line.show(text);
    line.clear();
    return out;
  };

  it('redraws one line that fits the terminal, and is silent elsewhere', () => {
    expect(written(true, 8, '0123456789')).toBe('\r\u001b[K0123456\r\u001b[K');
    expect(written(false, 8, '0123456789')).toBe('');
  });

  it('shows an epoch', () => {
    const epoch = { epoch: 3, step: 12, seconds: 1.26, loss: 0.123456, validation: { loss: 0.5, accuracy: 0.75 } };
    expect(epochText(epoch, 10)).toBe(
      'epoch 3/10  step 12  1.3 s  loss 0.1235  validation loss 0.5  validation accuracy 0.75',
    );
    expect(epochText({ epoch: 1, step: 1, seconds: 0, loss: Number.NaN }, Infinity)).toBe(
      'epoch 1  step 1  0.0 s  loss NaN',
    );
  });
});
