import { showValue } from './check-value.js';
import { InputError } from './errors.js';

const kinds = {
  'a finite number ≥ 0': (v: number) => Number.isFinite(v) && v >= 0,
  'a finite number > 0': (v: number) => Number.isFinite(v) && v > 0,
  'a finite number ≥ 1': (v: number) => Number.isFinite(v) && v >= 1,
  'a number of bytes ≥ 0': (v: number) => v >= 0,
  'a number ≥ 0': (v: number) => v >= 0,
  'a number > 0': (v: number) => v > 0,
  'a number above 0 and below 1': (v: number) => v > 0 && v < 1,
  'a number from 0 to below 1': (v: number) => v >= 0 && v < 1,
  'a number from 0 to 1': (v: number) => v >= 0 && v <= 1,
} as const;

type NumberKind = keyof typeof kinds;

const integer = 'an integer ≥ ';

/** What an option must be. */
export type OptionKind = NumberKind | `${typeof integer}${number}`;

/** Values of options of one kind by name; undefined ones were not given. */
export type OptionValues = Readonly<Record<string, number | undefined>>;

function fits(kind: string, value: number): boolean {
  if (kind.startsWith(integer)) return Number.isInteger(value) && value >= Number(kind.slice(integer.length));
  return kinds[kind as NumberKind](value);
}

/** @throws InputError that names the method and the option for a value that is not what it must be. */
export function checkOptions(method: string, checks: Readonly<Partial<Record<OptionKind, OptionValues>>>): void {
  for (const [kind, values] of Object.entries(checks)) {
    for (const [name, value] of Object.entries(values ?? {})) {
      if (value === undefined || (typeof value === 'number' && fits(kind, value))) continue;
      throw new InputError(`${method}: ${name} must be ${kind}, got ${showValue(value)}`);
    }
  }
}

/** The names of all options of an interface: the compiler refuses a record that lacks one. */
export type OptionNames<T> = Readonly<Record<keyof T, unknown>>;

/** @throws InputError unless options are a plain object, none of whose names is unknown. */
export function checkNames<T extends object>(what: string, options: T, names: OptionNames<T>): void {
  const known = Object.keys(names).join(', ');
  if (typeof options !== 'object' || options === null || Array.isArray(options) || 'node' in options) {
    throw new InputError(`${what}: the options must be an object with some of ${known}; got ${showValue(options)}`);
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined) {
    throw new InputError(`${what}: there is no option "${unknown}"; the options are ${known}`);
  }
}

/** Those of some options that another function takes. */
export function optionsOf<T extends object>(options: T, names: OptionNames<T>): Partial<T> {
  const taken = Object.entries(options).filter(([name]) => Object.hasOwn(names, name));
  return Object.fromEntries(taken) as Partial<T>;
}
