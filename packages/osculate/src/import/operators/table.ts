import type { Importer } from '../node-call.js';

/** Importers by op type (after its domain and a dot unless that is the standard one): one for all versions of the operator set, or several, each from a version on, oldest first. */
export type OperatorTable = Readonly<
  Record<string, Importer | readonly (readonly [since: number, importer: Importer])[]>
>;
