import type { Importer } from '../node-call.js';

/** Importers by op type (after its domain and a dot unless that is the standard one): one for all versions of the operator set, or several, each from a version on, oldest first. */
export type OperatorTable = Readonly<
  Record<string, Importer | readonly (readonly [since: number, importer: Importer])[]>
>;

/** The entry of a table under a name from a file: not what every object has, as `constructor`. */
export const named = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
