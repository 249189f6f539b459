import { runInThisContext } from 'node:vm';
import ts from 'typescript';
import { compile } from '../../src/compile/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { Tensor } from '../../src/tensor/index.js';
import type { ExportedName } from './surface.js';

/** What examples may use without importing it: names by the module that has them. */
export type Scope = ReadonlyMap<string, string>;

/** An example as a program: its code, and the names that it takes from elsewhere. */
export interface Example {
  readonly title: string;
  readonly code: string;
  readonly imports: ReadonlyMap<string, string>;
}

const parse = (code: string): ts.SourceFile =>
  ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);

/** Names that the program declares at its top level. */
function declared(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const bind = (name: ts.BindingName): void => {
    if (ts.isIdentifier(name)) names.add(name.text);
    else for (const element of name.elements) if (ts.isBindingElement(element)) bind(element.name);
  };
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) for (const { name } of statement.declarationList.declarations) bind(name);
    if (ts.isFunctionDeclaration(statement) && statement.name) names.add(statement.name.text);
  }
  return names;
}

/** Every identifier that may refer to something outside, which is not the name of a property. */
function mentioned(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isProperty =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        (ts.isPropertyAssignment(parent) && parent.name === node) ||
        (ts.isBindingElement(parent) && parent.propertyName === node);
      if (!isProperty) names.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

/** The examples of a name, with what they take from the scope. */
export function examplesOf({ name, file, examples }: ExportedName, scope: Scope): Example[] {
  return examples.map((text, i) => {
    const code = text.replace(/^```\w*\n|\n```$/g, '');
    const parsed = parse(code);
    const local = declared(parsed);
    const imports = new Map<string, string>();
    for (const used of mentioned(parsed)) {
      const from = scope.get(used);
      if (from !== undefined && !local.has(used)) imports.set(used, from);
    }
    return { title: `${file}: ${name}${i > 0 ? ` (${i + 1})` : ''}`, code, imports };
  });
}

/** The example as a module of its own. */
export function moduleText({ code, imports }: Example): string {
  const lines = [...imports].map(([name, from]) => `import { ${name} } from '${from}';`);
  return `${lines.join(' ')}\n${code}\nexport {};\n`;
}

/** A number, perhaps cut off by `…`, a text, true, false, or a list of these, alone or before a remark. */
const value = /^(-?\d[\d.e+-]*…?|\[.*\]|'[^']*'|true|false)(?:$|[,;:] )/;

/** `expression; // value` becomes a check. */
function withChecks(code: string): string {
  const edits = parse(code).statements.flatMap((statement) => {
    if (!ts.isExpressionStatement(statement)) return [];
    const comment = /^;?[ \t]*\/\/ (.*)/.exec(code.slice(statement.expression.end));
    const text = value.exec(comment?.[1] ?? '')?.[1];
    if (text === undefined) return [];
    return [{ from: statement.expression.getStart(), to: statement.expression.end, text }];
  });
  return edits.reduceRight(
    (all, { from, to, text }) =>
      `${all.slice(0, from)}await expected(${all.slice(from, to)}, ${JSON.stringify(text)})${all.slice(to)}`,
    code,
  );
}

/** A result as plain values: arrays with a shape as their elements. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Tensor) return plain(referenceExecutor().loadSync(compile({ value })).runSync({}).value);
  if (ArrayBuffer.isView(value) && Symbol.iterator in value) return Array.from(value as Iterable<unknown>, plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null && 'data' in value) return plain(value.data);
  return value;
}

/** Half a unit of the last digit that is written, a whole one where more digits follow. */
function tolerance(digits: string): number {
  const [mantissa, exponent = '0'] = digits.replace('…', '').split('e');
  const unit = 10 ** (Number(exponent) - (mantissa!.split('.')[1] ?? '').length);
  return (digits.endsWith('…') ? 1 : 0.5) * unit * (1 + 1e-9);
}

/** Compares what an expression gives with the value written beside it, to the digits that are written. */
function expected(value: unknown, text: string): void {
  const given = [plain(value)].flat(Infinity);
  const wanted = [JSON.parse(text.replaceAll('…', '').replaceAll("'", '"')) as unknown].flat(Infinity);
  const digits = text.match(/-?\d[\d.]*(e[-+]?\d+)?…?/g) ?? [];
  const numbers = wanted.every((v) => typeof v === 'number');
  const same =
    given.length === wanted.length &&
    wanted.every((want, i) => {
      const got = given[i];
      if (!numbers || typeof want !== 'number' || typeof got !== 'number') return got === want;
      return Math.abs(got - want) <= tolerance(digits[i]!);
    });
  if (!same) throw new Error(`gives ${JSON.stringify(plain(value))}, not ${text}`);
}

/** Runs an example with what it imports, and compares the values that it states. */
export async function runExample(
  { title, code, imports }: Example,
  values: ReadonlyMap<string, unknown>,
): Promise<void> {
  const { outputText } = ts.transpileModule(withChecks(code), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const names = [...imports.keys(), 'expected', 'console'];
  const body: unknown = runInThisContext(`(async (${names.join(', ')}) => {${outputText}\n})`, { filename: title });
  if (typeof body !== 'function') throw new Error('is not a program');
  const silent = { log: () => {} };
  await body(...[...imports].map(([name, from]) => values.get(`${from} ${name}`)), expected, silent);
}
