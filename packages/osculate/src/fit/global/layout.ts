import { InputError } from '../../tensor/errors.js';
import type { ConstraintOptions, Tie } from '../constraints/constraints.js';

/** What the parameters of several data sets are called, and where each set finds its own. */
export interface Layout {
  /** `k` for a shared parameter, `b[0]`, `b[1]`, … for a local one of each set. */
  readonly names: readonly string[];
  /** For each set, the places of its model's parameters among these. */
  readonly places: readonly (readonly number[])[];
  /** The model's name, and the set or −1 for a shared one, of each. */
  readonly origins: readonly { readonly name: string; readonly set: number }[];
}

const WHAT = 'globalFit';

/** @throws InputError for a shared name that no set has. */
export function layoutOf(
  sets: readonly (readonly string[])[],
  order: readonly string[],
  shared: readonly string[],
): Layout {
  const unknown = shared.find((name) => !sets.some((names) => names.includes(name)));
  if (unknown !== undefined)
    throw new InputError(`${WHAT}: shared: there is no parameter "${unknown}"; there are ${order.join(', ')}`);
  const origins = order.flatMap((name) => {
    if (shared.includes(name)) return [{ name, set: -1 }];
    return sets.flatMap((names, set) => (names.includes(name) ? [{ name, set }] : []));
  });
  const at = (name: string, set: number): number =>
    origins.findIndex((origin) => origin.name === name && (origin.set === set || origin.set === -1));
  return {
    names: origins.map(({ name, set }) => (set < 0 ? name : `${name}[${set}]`)),
    places: sets.map((names, set) => names.map((name) => at(name, set))),
    origins,
  };
}

/**
 * Values given by name, `b` for all sets or `b[1]` for one, spread over the layout.
 * @throws InputError for a name that is not there.
 */
export function spread<T>(
  kind: string,
  given: Readonly<Record<string, T>>,
  { names, origins }: Layout,
): (T | undefined)[] {
  const unknown = Object.keys(given).find((key) => !names.includes(key) && !origins.some(({ name }) => name === key));
  if (unknown !== undefined)
    throw new InputError(`${WHAT}: ${kind}: there is no parameter "${unknown}"; there are ${names.join(', ')}`);
  return names.map((full, j) => {
    if (Object.hasOwn(given, full)) return given[full]!;
    const { name } = origins[j]!;
    return Object.hasOwn(given, name) ? given[name]! : undefined;
  });
}

/** A name in a formula, which is not the exponent of a number. */
const WORD = /(?<![\p{L}\p{N}_.])[\p{L}_][\p{L}\p{N}_]*/gu;

/** A formula with other names in it. */
function renamed({ text, symbols, build }: Tie, name: (symbol: string) => string): Tie {
  return {
    text: text.replace(WORD, (word) => (symbols.includes(word) ? name(word) : word)),
    symbols: symbols.map(name),
    build: (values) => build(Object.fromEntries(symbols.map((symbol) => [symbol, values[name(symbol)]!]))),
  };
}

/** Ties by the model's names as ties by the names of the layout, in each set by itself. @throws InputError for a name that a set lacks. */
export function spreadTies(tied: NonNullable<ConstraintOptions['tied']>, layout: Layout): Record<string, Tie> {
  const { names, origins } = layout;
  const result: Record<string, Tie> = {};
  spread('tied', tied, layout).forEach((tie, j) => {
    if (tie === undefined) return;
    const { set } = origins[j]!;
    const resolve = (symbol: string): string => {
      const found = origins.findIndex(({ name, set: other }) => name === symbol && (other === -1 || other === set));
      if (found >= 0) return names[found]!;
      const local = set < 0 && origins.some(({ name }) => name === symbol);
      const why = local
        ? `"${symbol}" differs between data sets; share it, or do not share ${names[j]}`
        : `there is no "${symbol}" for it`;
      throw new InputError(`${WHAT}: ${names[j]} = ${tie.text}: ${why}`);
    };
    tie.symbols.forEach(resolve);
    result[names[j]!] = renamed(tie, resolve);
  });
  return result;
}
