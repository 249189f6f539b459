import { accessSync, closeSync, constants, openSync, readSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Command, Option } from 'commander';
import { pageMark } from '../report/page.js';
import { UsageError } from '../usage-error.js';

const statOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });

/** Whether two paths lead to one file, by links or otherwise. */
function isSame(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function beginning(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(1024);
    return bytes.toString('utf8', 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

function checkWritable(what: string, path: string): void {
  if (Buffer.byteLength(basename(path)) > 200) throw new UsageError(`${what}: the name of the file is too long`);
  const folder = dirname(path);
  const found = statOf(folder);
  if (found === undefined) throw new UsageError(`${what}: the folder "${folder}" does not exist`);
  if (!found.isDirectory()) throw new UsageError(`${what}: "${folder}" is a file, not a folder`);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new UsageError(`${what}: the folder "${folder}" cannot be written to`);
  }
}

/** Options whose value is a file to write, by their names in the help. */
const isOutput = ({ flags }: Option): boolean => /^--(html|out) <file>/.test(flags);

/** Everything else that was given and names a file: none of it may be written over. */
function inputsOf(command: Command): [what: string, path: string][] {
  const options = command.options.filter((option) => !isOutput(option));
  const given = options.flatMap((option): [string, unknown][] => [
    [option.long ?? '', command.getOptionValue(option.attributeName())],
  ]);
  const values = [...command.args.map((arg): [string, unknown] => ['the input', arg]), ...given];
  return values.flatMap(([what, value]) =>
    [value]
      .flat()
      .flatMap((v): [string, string][] => (typeof v === 'string' && statOf(v)?.isFile() ? [[what, v]] : [])),
  );
}

/**
 * Looks at the files that a command is to write before it does anything: they can be written, are no folders, and neither a file that is read nor one
 * that something else has made (pages know ours).
 * @throws UsageError that names the option.
 */
function checkOutputs(command: Command): void {
  const inputs = inputsOf(command);
  for (const option of command.options.filter(isOutput)) {
    const value: unknown = command.getOptionValue(option.attributeName());
    if (typeof value !== 'string') continue;
    const what = `${option.long} ${value}`;
    const path = resolve(value);
    checkWritable(what, path);
    const there = statOf(path);
    if (there === undefined) continue;
    if (there.isDirectory()) throw new UsageError(`${what}: this is a folder; give the name of a file`);
    const same = inputs.find(([, input]) => isSame(statSync(input), there));
    if (same) throw new UsageError(`${what}: this file is read (${same[0]} ${same[1]}); write to another`);
    const foreign = option.long === '--html' && there.size > 0 && !beginning(path).includes(pageMark);
    if (foreign && !command.getOptionValue('force')) {
      throw new UsageError(`${what}: this file is not a page of osculate; give another name, or --force to replace it`);
    }
  }
}

/** Has all commands look at the files that they are to write before they begin. */
export function guardOutputs(root: Command): void {
  for (const command of root.commands) {
    if (command.options.some(isOutput)) command.option('--force', 'replace a file that something else has made');
  }
  root.hook('preAction', (_, command) => checkOutputs(command));
}
