import { describe, expect, it } from 'vitest';
import { importOnnx } from '../../../src/import/index.js';
import { type AttributeValue, float, floats, ints } from '../../../src/onnx/attributes.js';
import type { ModelProto } from '../../../src/onnx/index.js';
import { InputError } from '../../../src/tensor/errors.js';
import { cases } from './cases/index.js';
import { modelOf } from './models.js';
import { schemas } from './schemas.js';
import { type Variant, variantsOf } from './variants.js';

/** Values of attributes that no tool writes, of every type that attributes have. */
const values: readonly (number | bigint | string | AttributeValue)[] = [
  ...[0, -1, 1, 7, -7, 2 ** 31, 60_000, 1e12, 2n ** 62n, -(2n ** 63n)],
  ...[0, 0.5, -1, 1e30, Number.NaN].map(float),
  ...['', '__proto__', 'constructor', 'linear'],
  ...[
    [],
    [0],
    [-1],
    [0, 0],
    [1, 1],
    [-1, -1],
    [3, 3],
    [60_000, 60_000],
    [0, 0, 0, 0],
    [9, 9, 9, 9],
    [-9, 1, 2, 3, 4, 5],
  ].map(ints),
  ...[[], [0.5], [-1e30, 1]].map(floats),
];

/** A message that was made for a reader of the code, or none. */
const internal =
  /malformed|is not a function|got undefined|of undefined|Cannot |Invalid |not iterable|\b0 places|of null|BigInt|allocation|Maximum call/;

const newest = new Map(schemas.map((schema) => [schema.op, schema]));

/** The first case of every set of attributes, in its usual types. */
function samples(op: string): Variant[] {
  const seen = new Map<string, Variant>();
  for (const variant of variantsOf(newest.get(op)!, cases[op]!)) {
    const key = Object.keys(variant.attributes).sort().join();
    if (!seen.has(key)) seen.set(key, variant);
  }
  return [...seen.values()].slice(0, 4);
}

/** What importing a model does that it should not: takes long, throws what is not typed, or speaks of internals. */
function fault(model: () => ModelProto): string | undefined {
  const made = model();
  const begin = performance.now();
  let message = '';
  try {
    importOnnx(made);
  } catch (error) {
    if (!(error instanceof InputError)) return `not typed: ${String(error)}`;
    ({ message } = error);
  }
  const ms = performance.now() - begin;
  if (ms > 2000) return `${Math.round(ms)} ms`;
  return internal.test(message) ? message : undefined;
}

const attributeNames = (op: string): string[] => [
  ...new Set(variantsOf(newest.get(op)!, cases[op]!).flatMap(({ attributes }) => Object.keys(attributes))),
];

describe('attributes that no tool writes are refused in words, or ignored', () => {
  it.each([...newest.keys()])('%s', (op) => {
    const faults = samples(op).flatMap((variant) =>
      attributeNames(op).flatMap((name) =>
        values.flatMap((value) => {
          const changed = { ...variant, attributes: { ...variant.attributes, [name]: value } };
          const found = fault(() => modelOf([changed], { opset: variant.schema.opset }));
          const shown =
            typeof value === 'object'
              ? JSON.stringify(value.value, (_, v) => (typeof v === 'bigint' ? `${v}` : v))
              : String(value);
          return found === undefined ? [] : [`${variant.label}: ${name} = ${shown}: ${found.slice(0, 200)}`];
        }),
      ),
    );
    expect(faults).toEqual([]);
  });
});

const numbers = [0, -1, 1, 3, 7, -7, 60_000, 2 ** 31, 1e12, -1e12, 2 ** 53];

describe('numbers that no tool stores where shapes and places are read are refused in words, or used', () => {
  it.each([...newest.keys()])('%s', (op) => {
    const faults = samples(op).flatMap((variant) =>
      variant.inputs.flatMap((given, i) => {
        if (given === null || !given.type.startsWith('int')) return [];
        return numbers.flatMap((number) => {
          const fill = { ...given, stored: true, values: Array.from(given.values, () => number) };
          const changed = { ...variant, inputs: variant.inputs.with(i, fill) };
          const found = fault(() => modelOf([changed], { opset: variant.schema.opset }));
          return found === undefined ? [] : [`${variant.label}: input ${i} of ${number}: ${found.slice(0, 200)}`];
        });
      }),
    );
    expect(faults).toEqual([]);
  });
});
