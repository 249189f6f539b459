import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeModel, encodeModel, tensorValues } from '../../src/onnx/index.js';
import { DTypeError, InputError } from '../../src/tensor/errors.js';
import { networkNames, referenceOnnx } from '../networks/reference.js';

const seed = 20_250_101;
const files = networkNames.map(referenceOnnx);

/** Bytes of the memory that typed arrays of a decoded message own; views of the file own none. */
function owned(value: unknown, file: ArrayBufferLike): number {
  if (ArrayBuffer.isView(value)) return value.buffer === file ? 0 : value.buffer.byteLength;
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value.length : 8;
  let total = 0;
  for (const v of Object.values(value)) total += owned(v, file);
  return total;
}

/** Changed bytes, a cut, and a stretch that is removed or doubled. */
const mutation = fc.record({
  file: fc.constantFrom(...files),
  edits: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), { maxLength: 8 }),
  cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 3 }),
  splice: fc.option(fc.tuple(fc.nat(4000), fc.nat(40), fc.boolean())),
});

type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate({ file, edits, cut, splice }: Mutation): Uint8Array {
  let bytes = file.slice();
  // Small positions are favoured: lengths and tags of the outer messages stand there and between the weights.
  for (const [where, value] of edits) bytes[Math.floor(where * where * bytes.length)] = value;
  if (splice !== null) {
    const [at, n, twice] = splice;
    bytes = Uint8Array.from([...bytes.subarray(0, twice ? at + n : at), ...bytes.subarray(twice ? at : at + n)]);
  }
  return cut === null ? bytes : bytes.slice(0, Math.floor(cut * bytes.length));
}

describe('mutated files', () => {
  it('decode or throw an InputError, and what decodes is written back with the same meaning', () => {
    let decoded = 0;
    let refused = 0;
    fc.assert(
      fc.property(mutation, (m) => {
        const bytes = mutate(m);
        let model: ReturnType<typeof decodeModel>;
        try {
          model = decodeModel(bytes);
        } catch (e) {
          expect(e).toBeInstanceOf(InputError);
          refused++;
          return;
        }
        decoded++;
        expect(owned(model, bytes.buffer)).toBeLessThanOrEqual(4 * bytes.length);
        expect(decodeModel(encodeModel(model))).toEqual(model);
        for (const t of model.graph?.initializer ?? []) {
          try {
            tensorValues(t);
          } catch (e) {
            expect(e instanceof InputError || e instanceof DTypeError).toBe(true);
          }
        }
      }),
      { seed, numRuns: 1500 },
    );
    expect(decoded).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });

  it('arbitrary bytes never do worse than an InputError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeModel(bytes);
        } catch (e) {
          expect(e).toBeInstanceOf(InputError);
        }
      }),
      { seed, numRuns: 3000 },
    );
  });
});
