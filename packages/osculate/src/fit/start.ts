import { InputError } from '../tensor/errors.js';
import { isList, numbers, requireObject, show } from './checks.js';
import type { ConstraintOptions } from './constraints/constraints.js';
import { type AnyUse, byNames, inList, type Start } from './model.js';

/** Start, names, and how a model gets its parameters. */
export interface NamedStart {
  readonly vector: Float64Array;
  readonly names: readonly string[];
  readonly arrangement: AnyUse['arrangement'];
}

/** The parameters' names, checked against their number. */
export function parameterNames(what: string, count: number, given: readonly string[] | undefined): readonly string[] {
  if (given === undefined) return Array.from({ length: count }, (_, j) => `b${j + 1}`);
  if (!Array.isArray(given)) throw new InputError(`${what}: names is ${show(given)}; give a list of texts`);
  if (given.length === count && new Set(given).size === count) return [...given];
  throw new InputError(
    `${what}: ${given.length} names (${given.join(', ')}) for ${count} parameters; give each one its own`,
  );
}

/** The start as a vector of its own. @throws InputError when it is empty, not finite or not of numbers. */
export function startVector(what: string, start: unknown): Float64Array {
  const vector = numbers(`${what}: the start`, start);
  if (vector.length === 0) throw new InputError(`${what}: the start has no elements; give one number a parameter`);
  const bad = vector.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) throw new InputError(`${what}: element ${bad} of the start is ${vector[bad]}; give finite numbers`);
  return vector;
}

function vectorByName(what: string, order: readonly string[], known: (name: string) => number | undefined) {
  if (order.length === 0) throw new InputError(`${what}: the start names no parameters; give one number each`);
  return Float64Array.from(order, (name) => {
    const value = known(name);
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new InputError(`${what}: the start of ${name} is ${show(value)}; give a finite number`);
  });
}

/** Start and names; a record gives both, with the fixed and tied parameters after those that it names. */
export function namedStart(
  what: string,
  options: ConstraintOptions & { readonly start: Start; readonly names?: readonly string[] },
): NamedStart {
  requireObject(`${what}: the options`, options, 'an object with a start, as { start: { a: 1, k: 0.5 } }');
  const { start, names, fixed = {}, tied = {} } = options;
  if (isList(start)) {
    const vector = startVector(what, start);
    return { vector, names: parameterNames(what, vector.length, names), arrangement: inList };
  }
  const hint = 'one number a parameter, in a list or by name';
  for (const [kind, given] of Object.entries({ 'the start': start, fixed, tied }))
    requireObject(`${what}: ${kind}`, given, kind === 'the start' ? hint : 'an object with names');
  const order = names ?? [...new Set([start, fixed, tied].flatMap((given) => Object.keys(given)))];
  const known = (name: string): number | undefined => {
    if (Object.hasOwn(start, name)) return start[name];
    if (Object.hasOwn(fixed, name)) return fixed[name];
    return Object.hasOwn(tied, name) ? 0 : undefined;
  };
  const vector = vectorByName(what, order, known);
  const checked = parameterNames(what, vector.length, order);
  return { vector, names: checked, arrangement: byNames(checked) };
}
