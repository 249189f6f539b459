import { UsageError } from '../usage-error.js';
import { smallLeastSquares } from './analytic.js';
import { mghEntries } from './mgh/entries.js';
import { mghResiduals } from './mgh/residuals.js';
import type { Family } from './problem.js';
import { vectorProblem } from './vector-problem.js';

/** The 35 problems of Moré, Garbow and Hillstrom 1981 by number. */
export const mghFamily: Family = {
  name: 'mgh',
  summary: 'the 35 test problems of Moré, Garbow and Hillstrom, by number',
  argument: { placeholder: 'number', example: '7' },
  settings: { factor: 1 },
  make: (name, argument, { factor }) => {
    const entry = mghEntries().find(({ number }) => String(number) === argument);
    if (!entry) throw new UsageError(`"${name}": there is no problem "${argument}"; they are numbered 1 to 35`);
    const { number, n, m, start, minima } = entry;
    const least = Math.min(...minima.map(({ f, refined }) => (f === 0 ? 0 : refined)));
    return vectorProblem({
      ...{ name, title: `${entry.name} (MGH ${number})`, kind: 'least squares' },
      f: (x) => mghResiduals[number - 1]!(x, m),
      description:
        `Problem ${number} of Moré, Garbow and Hillstrom (ACM TOMS 7, 1981): ${n} variables, ${m} residuals, ` +
        `from ${factor} times the standard start.`,
      difficulty: minima.length > 1 ? `${minima.length} known minima, of which the lowest counts` : 'one known minimum',
      start: start.map((x) => Number(factor) * x),
      minimum: { f: least, source: 'Moré, Garbow and Hillstrom 1981, refined to full precision' },
      gap: least === 0 ? 1e-12 : 1e-6 * least,
      optimizers: smallLeastSquares,
    });
  },
};
