import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import * as forNode from '../../src/node.js';

const folder = fileURLToPath(new URL('../../src/', import.meta.url));

/** Called in inner loops, or below what users call: their options are checked by types alone. */
const inner = /^(linalg|ops|autodiff|onnx|nn|fit\/compat)\//;

const optionsIn = (type: string): boolean => /(Options|Settings)\b/.test(type) && !/^readonly/.test(type);

/** The exported functions of all files that take options, and at which place. */
function* functionsWithOptions(): Generator<readonly [name: string, place: number]> {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || inner.test(file)) continue;
    const source = ts.createSourceFile(file, readFileSync(folder + file, 'utf8'), ts.ScriptTarget.Latest);
    for (const statement of source.statements) {
      if (!ts.isFunctionDeclaration(statement) || statement.body === undefined) continue;
      const place = statement.parameters.findLastIndex(({ type }) => type && optionsIn(type.getText(source)));
      if (place >= 0) yield [statement.name?.text ?? '', place];
    }
  }
}

const exported = new Map<string, unknown>([...Object.entries(library), ...Object.entries(forNode)]);
const found = [...functionsWithOptions()].filter(([name]) => typeof exported.get(name) === 'function');

const line = [(x: library.Tensor, { a }: { a: library.Tensor }) => x.mul(a), { x: [0, 1, 2], y: [1, 2, 3] }];

/** What stands before the options, and options that have to be there, of functions that look at these first. */
const before: Readonly<Record<string, readonly unknown[]>> = {
  curveFit: line,
  orthogonalDistanceFit: [line[0], { x: [0, 1, 2], y: [1, 2, 3], sigmaX: 1, sigmaY: 1 }],
  variableProjection: [(x: library.Tensor, { k }: { k: library.Tensor }) => [x.mul(k).exp()], line[1]],
  multiStart: [() => null],
};
const start: Readonly<Record<string, object>> = {
  curveFit: { start: { a: 1 } },
  orthogonalDistanceFit: { start: { a: 1 } },
  variableProjection: { start: { k: 1 } },
};

/** Runs a function to its first result. */
async function first(f: unknown, given: readonly unknown[]): Promise<unknown> {
  const result: unknown = await Reflect.apply(f as () => unknown, undefined, given);
  const steps = typeof result === 'object' && result !== null && Symbol.asyncIterator in result;
  return steps ? (result as AsyncGenerator).next() : result;
}

describe('an option that there is not', () => {
  it('is looked for in all functions that take options', () => {
    expect(found.length).toBeGreaterThan(100);
  });

  it.each(found)('%s refuses it and says which there are', async (name, place) => {
    const given = [...(before[name] ?? new Array(place).fill(undefined)), { ...start[name], noSuchOption: 1 }];
    await expect(first(exported.get(name), given)).rejects.toThrow(
      /there is no option "noSuchOption"; the options are \w+/,
    );
  });
});
