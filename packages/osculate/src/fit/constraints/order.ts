import { InputError } from '../../tensor/errors.js';
import type { Tie } from './tie.js';

/**
 * The tied parameters so ordered that each comes after those that its formula names.
 * @throws InputError for a formula that names no parameter of the fit, or that comes back to itself.
 */
export function orderTies(what: string, names: readonly string[], tied: Readonly<Record<string, Tie>>): string[] {
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      const cycle = [...path.slice(path.indexOf(name)), name].join(' → ');
      throw new InputError(`${what}: the ties form a cycle, ${cycle}; leave one of these parameters free`);
    }
    if (!Object.hasOwn(tied, name) || order.includes(name)) return;
    const { symbols, text } = tied[name]!;
    for (const symbol of symbols) {
      if (!names.includes(symbol)) {
        throw new InputError(
          `${what}: ${name} = ${text}: there is no parameter "${symbol}"; there are ${names.join(', ')}`,
        );
      }
      visit(symbol, [...path, name]);
    }
    order.push(name);
  };
  for (const name of Object.keys(tied)) visit(name, []);
  return order;
}
