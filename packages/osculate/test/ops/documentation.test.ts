import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/index.js';
import '../../src/ops/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { constant, type NDArray, Tensor } from '../../src/tensor/index.js';

function sources(folder: string): string[] {
  const root = new URL(folder, import.meta.url);
  const files = readdirSync(root).filter((name) => name.endsWith('.ts'));
  return files.map((name) => readFileSync(new URL(name, root), 'utf8'));
}

/** `expression; // value` in the examples of docstrings, the value as JSON. */
const examples = sources('../../src/ops/').flatMap((text) =>
  [...text.matchAll(/^ \* (constant\(.*\)); \/\/ (.*)$/gm)].map(([, code, value]): [string, string] => [code!, value!]),
);

function nested({ shape, data, dtype }: NDArray): unknown {
  const values = Array.from(data as ArrayLike<number | bigint>, (v) => (dtype === 'bool' ? v === 1 : Number(v)));
  return shape.reduceRight<unknown[]>(
    (list, d) => Array.from({ length: list.length / d }, (_, i) => list.slice(i * d, (i + 1) * d)),
    values,
  )[0];
}

describe('the documentation', () => {
  it('of every method of tensors is a docstring where editors look for it', () => {
    const declared = sources('../../src/ops/fluent/').join('\n');
    const own = new Set(['constructor', 'toString', 'rank', 'size']);
    const names = Object.getOwnPropertyNames(Tensor.prototype).filter((name) => !own.has(name));
    expect(names.length).toBeGreaterThan(90);
    const documented = [...declared.matchAll(/^ {4}\/\*\* .{8,} \*\/\n {4}(\w+)\(/gm)].map(([, name]) => name);
    expect(documented.toSorted()).toEqual(names.toSorted());
  });

  it('has examples', () => expect(examples.length).toBeGreaterThan(8));

  it.each(examples)('%s is %s', (code, value) => {
    const y: unknown = new Function('constant', `return ${code}`)(constant);
    if (!(y instanceof Tensor)) throw new Error('the example is no tensor');
    const result = nested(referenceExecutor().loadSync(compile({ y })).runSync({}).y);
    const wanted: unknown = JSON.parse(value);
    if (typeof wanted === 'number') expect(result).toBeCloseTo(wanted, 14);
    else expect(result).toEqual(wanted);
  });
});
