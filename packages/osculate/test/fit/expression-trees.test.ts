import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile } from '../../src/compile/index.js';
import { parseExpression } from '../../src/fit/expression.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { input, type Tensor } from '../../src/tensor/index.js';

/** A formula as text and as what it must give. `level` is how close it binds: 1 a sum, 2 a product, 3 a sign, 4 a power, 5 a value. */
interface Formula {
  readonly text: string;
  readonly level: number;
  readonly value: number;
}

const values = { a: 1.3, b: -0.7, x: 0.45 };

const leaf: fc.Arbitrary<Formula> = fc.oneof(
  fc.constantFrom('a', 'b', 'x').map((text) => ({ text, level: 5, value: values[text as keyof typeof values] })),
  fc.constantFrom('2', '.5', '1.25E-1', '3.').map((text) => ({ text, level: 5, value: Number(text) })),
  fc.constantFrom(['pi', Math.PI] as const, ['e', Math.E] as const).map(([text, value]) => ({ text, level: 5, value })),
);

/** In parentheses where it would be read otherwise, or by chance. */
function within({ text, level }: Formula, least: number, always = false): string {
  return level < least || always ? `( ${text})` : text;
}

const binary: readonly [string, number, (a: number, b: number) => number][] = [
  ['+', 1, (a, b) => a + b],
  ['-', 1, (a, b) => a - b],
  ['*', 2, (a, b) => a * b],
  ['/', 2, (a, b) => a / b],
  ['^', 4, Math.pow],
];

const { formula } = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { maxDepth: 6 },
    leaf,
    fc
      .tuple(fc.constantFrom(...binary), tie('formula'), tie('formula'), fc.boolean(), fc.constantFrom('', ' '))
      .map(([[sign, level, apply], a, b, extra, space]): Formula => {
        // Sums and products group from the left; powers from the right, and their exponent may have a sign.
        const [left, right] = level === 4 ? [5, 3] : [level, level + 1];
        const text = `${within(a, left, extra)}${space}${sign}${within(b, right)}`;
        return { text, level, value: apply(a.value, b.value) };
      }),
    fc
      .tuple(fc.constantFrom('-', '+'), tie('formula'))
      .map(([sign, a]) => ({ text: `${sign}${within(a, 3)}`, level: 3, value: sign === '-' ? -a.value : a.value })),
    tie('formula').map((a) => ({ text: `atan(${a.text})`, level: 5, value: Math.atan(a.value) })),
    fc
      .tuple(tie('formula'), tie('formula'))
      .map(([a, b]) => ({ text: `max(${a.text}, ${b.text})`, level: 5, value: Math.max(a.value, b.value) })),
  ),
}));

test('any tree of operators and functions, written as text, is read as that tree', async () => {
  const tensors = { a: input('a', 'f64', []), b: input('b', 'f64', []), x: input('x', 'f64', []) };
  const executor = referenceExecutor();
  await fc.assert(
    fc.asyncProperty(formula, async ({ text, value }) => {
      const result: Tensor = parseExpression(text).build(tensors);
      const executable = await executor.load(compile({ result }, { inputs: Object.values(tensors) }));
      const { result: found } = await executable.run({
        a: Float64Array.of(values.a),
        b: Float64Array.of(values.b),
        x: Float64Array.of(values.x),
      });
      const number = Number(found.data[0]);
      if (Number.isNaN(value)) expect(number).toBeNaN();
      else if (Number.isFinite(value)) expect(Math.abs(number - value)).toBeLessThanOrEqual(1e-11 * Math.abs(value));
      else expect(number).toBe(value);
    }),
    { numRuns: 400, seed: 16 },
  );
});
