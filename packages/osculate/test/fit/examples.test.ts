import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import * as expressions from '../../src/fit/expression.js';
import * as fits from '../../src/fit/index.js';
import { full } from '../../src/tensor/index.js';

interface Documented {
  readonly name: string;
  readonly text: string;
  readonly examples: readonly string[];
  readonly callable: boolean;
}

/** What is exported, with its docstring. */
function documented(): Documented[] {
  const files = ['index', 'expression'].map((file) =>
    fileURLToPath(new URL(`../../src/fit/${file}.ts`, import.meta.url)),
  );
  const program = ts.createProgram(files, { module: ts.ModuleKind.NodeNext, noEmit: true, skipLibCheck: true });
  const checker = program.getTypeChecker();
  return files.flatMap((file) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
    return checker.getExportsOfModule(module).map((symbol) => {
      const declared = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const tags = declared.getJsDocTags(checker).filter((tag) => tag.name === 'example');
      return {
        name: symbol.name,
        text: ts.displayPartsToString(declared.getDocumentationComment(checker)),
        examples: tags.map((tag) => ts.displayPartsToString(tag.text)),
        callable: (declared.flags & ts.SymbolFlags.Function) !== 0,
      };
    });
  });
}

/** Lines whose comment is a number are checked against it, as far as it goes. */
function checked(example: string): string {
  return example
    .split('\n')
    .map((line) => {
      const found = /^(?!const )(.*?);? \/\/ (-?[\d.]+)(…?)/.exec(line);
      return found ? `check(${found[1]}, ${JSON.stringify(found[2])}, ${found[3] === '…'});` : line;
    })
    .join('\n');
}

const all = documented();

describe('docstrings of fit', () => {
  test('each exported name has one, and each function an example', () => {
    expect(all.filter(({ text }) => text === '').map(({ name }) => name)).toEqual([]);
    const bare = all.filter(({ callable, examples }) => callable && examples.length === 0);
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  test.each(all.flatMap(({ name, examples }) => examples.map((example) => [name, example] as const)))(
    'the example of %s runs',
    (_, example) => {
      const check = (found: number, wanted: string, cut: boolean): void => {
        if (cut) expect(String(found)).toMatch(new RegExp(`^${wanted.replace('.', '\\.')}`));
        else expect(found).toBeCloseTo(Number(wanted), 3);
      };
      const scope = { ...fits, ...expressions, full, check, console: { log: () => undefined } };
      new Function(...Object.keys(scope), checked(example))(...Object.values(scope));
    },
  );
});
