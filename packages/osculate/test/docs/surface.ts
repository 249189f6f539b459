import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const library = new URL('../../', import.meta.url);
const source = fileURLToPath(new URL('src/', library));

/** Entry points by what users import, `osculate/linalg`, as files of the source. */
const entries: readonly (readonly [module: string, file: string])[] = (() => {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', library), 'utf8')) as {
    exports: Record<string, { types: string }>;
  };
  return Object.entries(exports).map(([subpath, { types }]) => [
    `osculate${subpath.slice(1)}`,
    fileURLToPath(new URL(types.replace('/dist/', '/src/').replace(/\.d\.ts$/, '.ts'), library)),
  ]);
})();

/** The strictest settings: what type-checks under them does so everywhere. */
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noImplicitReturns: true,
  skipLibCheck: true,
  noEmit: true,
  paths: Object.fromEntries(entries.map(([module, file]) => [module, [file]])),
};

/** A name that users import, and what an editor shows of it. */
export interface ExportedName {
  readonly name: string;
  /** The first entry point that has it. */
  readonly module: string;
  /** Where it is declared, from the folder of the source. */
  readonly file: string;
  /** It is a function, a class or a constant, not a type alone. */
  readonly isValue: boolean;
  readonly text: string;
  readonly examples: readonly string[];
  /** Of the type, or of a function's arguments and result. */
  readonly members: readonly { readonly name: string; readonly file: string; readonly text: string }[];
}

/** A TypeScript program of the library and of files that exist only here. */
export function programOf(files: ReadonlyMap<string, string> = new Map(), earlier?: ts.Program): ts.Program {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (file, ...rest) => {
    const text = files.get(file);
    if (text !== undefined) return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    return earlier?.getSourceFile(file) ?? getSourceFile(file, ...rest);
  };
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.readFile = (file) => files.get(file) ?? readFile(file);
  return ts.createProgram([...entries.map(([, file]) => file), ...files.keys()], options, host, earlier);
}

const declaredIn = (symbol: ts.Symbol): string | undefined =>
  symbol.declarations?.map((node) => node.getSourceFile().fileName).find((file) => file.startsWith(source));

/** Written out in the signature of a function, or an alternative in a union: what is around it says what it is. */
const isInPassing = ({ parent }: ts.Declaration): boolean =>
  ts.isTypeLiteralNode(parent) &&
  (ts.isUnionTypeNode(parent.parent) || ts.findAncestor(parent, ts.isFunctionDeclaration) !== undefined);

const isHidden = ({ name, declarations = [] }: ts.Symbol): boolean =>
  name.startsWith('__') ||
  declarations.some(
    (node) => isInPassing(node) || (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0,
  );

/** Properties and methods of a type that the library declares; of a union, those of all its parts. */
function membersOf(type: ts.Type, checker: ts.TypeChecker): ExportedName['members'] {
  const properties = (type.isUnion() ? type.types : [type]).flatMap((part) => checker.getPropertiesOfType(part));
  return properties.flatMap((property) => {
    const file = declaredIn(property);
    if (file === undefined || isHidden(property)) return [];
    const text = ts.displayPartsToString(property.getDocumentationComment(checker));
    return [{ name: property.name, file: file.slice(source.length), text }];
  });
}

/** What an editor shows beside a function: its options, and what it gives. */
function typesAround(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Type[] {
  return checker
    .getTypeOfSymbol(symbol)
    .getCallSignatures()
    .flatMap((signature) => {
      const given = signature.getReturnType();
      return [
        ...signature.parameters.map((one) => checker.getTypeOfSymbol(one)),
        checker.getAwaitedType(given) ?? given,
      ];
    });
}

/** Every name that the library exports, once. */
export function exportedNames(program: ts.Program): ExportedName[] {
  const checker = program.getTypeChecker();
  const found = new Map<ts.Symbol, ExportedName>();
  for (const [module, entry] of entries) {
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)!)!);
    for (const alias of exported) {
      const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
      if (found.has(symbol)) continue;
      const tags = symbol.getJsDocTags(checker).filter(({ name }) => name === 'example');
      const types = [
        ...(symbol.flags & ts.SymbolFlags.Type ? [checker.getDeclaredTypeOfSymbol(symbol)] : []),
        ...(symbol.flags & ts.SymbolFlags.Function ? typesAround(symbol, checker) : []),
      ];
      found.set(symbol, {
        name: alias.name,
        module,
        file: declaredIn(symbol)!.slice(source.length),
        isValue: (symbol.flags & ts.SymbolFlags.Value) !== 0,
        text: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
        examples: tags.map(({ text }) => ts.displayPartsToString(text)),
        members: types.flatMap((type) => membersOf(type, checker)),
      });
    }
  }
  return [...found.values()];
}
