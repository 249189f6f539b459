import { readFileSync } from 'node:fs';
import type { DataTypeName } from '../../../src/onnx/data-type.js';

const groups: Readonly<Record<string, readonly DataTypeName[]>> = {
  I: ['int8', 'int16', 'int32', 'int64'],
  U: ['uint8', 'uint16', 'uint32', 'uint64'],
  F: ['float16', 'float', 'double'],
  F8: ['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz'],
};

/** What a version of an operator takes and gives. */
export interface Schema {
  readonly op: string;
  readonly version: number;
  /** The oldest version of the operator set that the importer reads and in which it holds. */
  readonly opset: number;
  /** Type parameters or element types of inputs and outputs; the last of a variadic list stands for all further ones. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Element types that each type parameter may be. */
  readonly types: ReadonlyMap<string, readonly DataTypeName[]>;
}

const words = (text: string): string[] => text.split(' ').filter((w) => w !== '');

function parse(line: string): Schema {
  const [, op, version, signature, constraints] = /^(\S+) (\d+): (.*? ?-> [^;]*);? ?(.*)$/.exec(line)!;
  const [inputs, outputs] = signature!.split('->').map((side) => words(side).map((w) => w.replace(/[?*]$/, '')));
  const types = constraints!.split('; ').flatMap((part) => {
    const [name, list] = part.split(' = ');
    return list === undefined ? [] : [[name!, words(list).flatMap((w) => groups[w] ?? [w as DataTypeName])] as const];
  });
  return {
    op: op!,
    version: Number(version),
    opset: Math.max(7, Number(version)),
    inputs: inputs!,
    outputs: outputs!,
    types: new Map(types),
  };
}

/** Lines of a data file beside this one, without comments. */
export const linesOf = (file: string): string[] =>
  readFileSync(new URL(file, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

/** The schemas of all versions of every operator that the importer knows. */
export const schemas: readonly Schema[] = linesOf('schemas.txt').map(parse);
