import { describedDefaults } from '../optimizers/entry.js';
import { optimizers as all } from '../optimizers/index.js';
import type { Terminal } from '../report/progress.js';

export interface OptimizersOptions {
  readonly json: boolean;
  readonly stdout: Terminal;
}

const needs = {
  squares: 'a loss that is a sum of squares',
  layers: 'parameters that enter through products and convolutions',
  'few parameters': 'few parameters: works on dense matrices',
} as const;

/** Lists the optimizers with their families, settings and what they need: text or JSON. */
export function optimizers({ json, stdout }: OptimizersOptions): number {
  const rows = Object.entries(all).map(([name, entry]) => {
    const { title, family, needs: need } = entry;
    return { name, title, family, settings: describedDefaults(entry), ...(need && { needs: needs[need] }) };
  });
  if (json) {
    stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return 0;
  }
  const width = Math.max(...rows.map(({ name }) => name.length));
  const families = [...new Set(rows.map(({ family }) => family))];
  const line = ({ name, title, settings, needs: need }: (typeof rows)[number]): string => {
    const given = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
    const notes = [given.join(':'), need ? `needs ${need}` : ''].filter((text) => text !== '');
    return `  ${name.padEnd(width)}  ${title}${notes.length > 0 ? ` [${notes.join('; ')}]` : ''}`;
  };
  const groups = families.map(
    (f) =>
      `${f}\n${rows
        .filter(({ family }) => family === f)
        .map(line)
        .join('\n')}`,
  );
  stdout.write(`${groups.join('\n')}\n`);
  return 0;
}
