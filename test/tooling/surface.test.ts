import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const library = new URL('../../packages/osculate/', import.meta.url);

/** The most names that a reader of the reference has to look through. */
const most = 500;

/** Stands in for a package of this name, whose names it has on purpose. */
const standIn = './compat/ml-levenberg-marquardt';

/** Entry points by subpath, as files of the source. */
function entries(): [subpath: string, file: string][] {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', library), 'utf8')) as {
    exports: Record<string, { types: string }>;
  };
  return Object.entries(exports).map(([subpath, { types }]) => [
    subpath,
    fileURLToPath(new URL(types.replace('/dist/', '/src/').replace(/\.d\.ts$/, '.ts'), library)),
  ]);
}

/** What every exported name, type or value, is declared as, by subpath. */
function exportedNames(): Map<string, Map<ts.Symbol, string>> {
  const files = entries();
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    noEmit: true,
    skipLibCheck: true,
  };
  const program = ts.createProgram(
    files.map(([, file]) => file),
    options,
  );
  const checker = program.getTypeChecker();
  const names = new Map<string, Map<ts.Symbol, string>>();
  for (const [subpath, file] of files) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
    for (const symbol of checker.getExportsOfModule(module)) {
      const declared = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const found = names.get(symbol.name) ?? new Map<ts.Symbol, string>();
      names.set(symbol.name, found.set(declared, subpath));
    }
  }
  return names;
}

it('has one meaning for each exported name, and not too many of them', () => {
  const names = exportedNames();
  const collisions = [...names].flatMap(([name, meanings]) => {
    const places = [...meanings.values()].filter((subpath) => subpath !== standIn);
    return places.length > 1 ? [`${name}: ${places.join(', ')}`] : [];
  });
  expect(collisions).toEqual([]);
  expect(names.size).toBeGreaterThan(most / 2);
  expect(names.size).toBeLessThanOrEqual(most);
}, 60_000);
