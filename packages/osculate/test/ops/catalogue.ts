import { readdirSync } from 'node:fs';
import type { Op } from '../../src/tensor/ir.js';
import type { OpCase } from './case.js';

/** An op with where it was found. */
export interface Entry {
  /** Path inside src/ops, without extension. */
  readonly file: string;
  /** Name of the export. */
  readonly export: string;
  /** Names of all exports of the file. */
  readonly beside: readonly string[];
  readonly op: Op;
}

async function exportsOf(folder: string): Promise<{ file: string; exports: Record<string, unknown> }[]> {
  const root = new URL(folder, import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
  return Promise.all(
    files.sort().map(async (f) => ({
      file: f.slice(0, -3).replaceAll('\\', '/'),
      exports: (await import(new URL(f, root).href)) as Record<string, unknown>,
    })),
  );
}

/** Every export of src/ops whose name ends in `Op` and that is not a function (such make ops: `unaryOp`). */
export async function allOps(): Promise<Entry[]> {
  const modules = await exportsOf('../../src/ops/');
  return modules.flatMap(({ file, exports }) =>
    Object.entries(exports)
      .filter(([name, value]) => name.endsWith('Op') && typeof value === 'object')
      .map(([name, op]) => ({ file, export: name, beside: Object.keys(exports), op: op as Op })),
  );
}

/** The cases of all groups. */
export async function allCases(): Promise<OpCase[]> {
  const modules = await exportsOf('./cases/');
  return modules.flatMap(({ exports }) =>
    Object.entries(exports)
      .filter(([name, value]) => name.endsWith('Cases') && Array.isArray(value))
      .flatMap(([, cases]) => cases as OpCase[]),
  );
}
