import { describe, expect, it, test } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { expressionModel, parseExpression } from '../../src/fit/expression.js';
import { curveFit } from '../../src/fit/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { InputError, input, ShapeError, type Tensor } from '../../src/tensor/index.js';

/** The value of a formula, and its derivatives by all symbols. */
async function evaluate(text: string, values: Record<string, number>): Promise<{ value: number; slopes: number[] }> {
  const expression = parseExpression(text);
  const tensors = Object.fromEntries(expression.symbols.map((name) => [name, input(name, 'f64', [])]));
  const value = expression.build(tensors);
  const slopes = expression.symbols.length === 0 ? [] : grad(value, Object.values(tensors), { unreachable: 'zero' });
  const outputs: Record<string, Tensor> = { value };
  for (const [i, slope] of slopes.entries()) outputs[`slope${i}`] = slope;
  const executable = await referenceExecutor().load(compile(outputs, { inputs: Object.values(tensors) }));
  const feeds = Object.fromEntries(
    expression.symbols.map((name) => [
      name,
      { dtype: 'f64' as const, shape: [], data: Float64Array.of(values[name]!) },
    ]),
  );
  const result = (await executable.run(feeds)) as Record<string, { data: ArrayLike<number> }>;
  return { value: result.value!.data[0]!, slopes: slopes.map((_, i) => result[`slope${i}`]!.data[0]!) };
}

describe('parseExpression', () => {
  const x = 0.7;
  test.each<[string, number]>([
    ['-x^2', -(x ** 2)],
    ['2^x^2', 2 ** (x ** 2)],
    ['2^-x', 2 ** -x],
    ['-2^-2*x', -(2 ** -2) * x],
    ['6/2/x', 6 / 2 / x],
    ['1 - x - 2', 1 - x - 2],
    ['+x + .5e1 - 1.25E-1', x + 5 - 0.125],
    ['(x+1)*(x - 1)', (x + 1) * (x - 1)],
    ['x^(1/2)', Math.sqrt(x)],
    ['pi*x + e', Math.PI * x + Math.E],
    ['abs(-x)', x],
    ['atan(x)', Math.atan(x)],
    ['cos(x)', Math.cos(x)],
    ['cosh(x)', Math.cosh(x)],
    ['erf(x)', 0.6778011938374185],
    ['exp(x)', Math.exp(x)],
    ['ln(x)', Math.log(x)],
    ['log(x)', Math.log(x)],
    ['log10(x)', Math.log10(x)],
    ['max(x, 1, 0.2) + max(0.1, x)', 1 + x],
    ['min(x, 1, 0.2) + min(2, x)', 0.2 + x],
    ['pow(x, 3)', x ** 3],
    ['sin(x)', Math.sin(x)],
    ['sinh(x)', Math.sinh(x)],
    ['sqrt(x)', Math.sqrt(x)],
    ['tan(x)', Math.tan(x)],
    ['tanh(x)', Math.tanh(x)],
    ['x*0 + sin(1)+log10(100)+erf(0.5)+max(1,2)-pow(2,3)', Math.sin(1) + 2 + 0.5204998778130465 + 2 - 8],
    ['1/3', 1 / 3],
  ])('%s', async (text, expected) => {
    const { value } = await evaluate(text, { x });
    expect(value).toBeCloseTo(expected, 14);
  });

  it('can be differentiated, also at a negative base of a constant power', async () => {
    const { value, slopes } = await evaluate('b1*(1-exp(-b2*x)) + x^3', { b1: 3, b2: 0.5, x: -2 });
    expect(value).toBeCloseTo(3 * (1 - Math.E) - 8, 13);
    expect(slopes[0]).toBeCloseTo(1 - Math.E, 13);
    expect(slopes[1]).toBeCloseTo(3 * -2 * Math.E, 13);
    expect(slopes[2]).toBeCloseTo(3 * 0.5 * Math.E + 12, 13);
  });

  it('names the free symbols in order, without constants and functions', () => {
    expect(parseExpression('b1*(1-exp(-b2*x)) + pi*b1 + λ_1').symbols).toEqual(['b1', 'b2', 'x', 'λ_1']);
  });

  test.each<[text: string, message: string]>([
    ['', 'the text is empty'],
    ['  ', 'the text is empty'],
    ['a + ', 'position 5: a value is missing after "+"'],
    ['a + * b', 'position 5: a value is missing before "*"'],
    ['(a + b', 'position 7: a ")" is missing'],
    ['a + b)', 'position 6: there is no "(" for this ")"'],
    ['2 + foo(x)', 'position 5: there is no function "foo"'],
    ['exp(x, 2)', 'position 1: exp takes 1 arguments, not 2'],
    ['1 + max()', 'max takes 1 or more arguments, not 0'],
    ['2x', 'position 2: an operator is missing between "2" and "x"'],
    ['(a)(b)', 'position 4: an operator is missing'],
    ['a b', 'position 3: an operator is missing'],
    ['a mod b', 'position 3: the word "mod" is reserved'],
    ['true', 'position 1: the word "true" is reserved'],
    ['x**2', 'position 3: write powers as ^'],
    ['y = a*x', 'position 3: "=" has no meaning'],
    ['f(x) = x', 'position 6: "=" has no meaning'],
    ['a.b', 'position 2: "." has no meaning'],
    ['a["b"]', 'position 2: "[" has no meaning'],
    ['"text"', 'position 1: """ has no meaning'],
    ['x > 1 ? 2 : 3', 'position 3: ">" has no meaning'],
    ['x; y', 'position 2: ";" has no meaning'],
    ["x'", 'has no meaning'],
    ['5!', 'position 2: "!" has no meaning'],
    ['1e999*x', 'is not a number'],
    ['()', 'position 2: a value is missing before ")"'],
    ['a, b', 'position 2: a comma stands only between the arguments of a function'],
    ['max((a, b))', 'position 7: a comma stands only'],
    ['max(a,)', 'position 7: a value is missing before ")"'],
    ['max(,a)', 'position 5: a value is missing before ","'],
    ['*a', 'position 1: a value is missing before "*"'],
    ['import(x)', 'there is no function "import"'],
    ['constructor(x)', 'there is no function "constructor"'],
    ['x'.repeat(10_001), '10001 characters'],
    [`${'('.repeat(4900)}x${')'.repeat(4900)}`, 'too deeply nested'],
  ])('refuses %.20s: %s', (text, message) => {
    expect(() => parseExpression(text)).toThrow(InputError);
    expect(() => parseExpression(text)).toThrow(message);
  });

  it('reads sums and products of any length, and nesting up to a depth', async () => {
    const terms = 3000;
    const { value, slopes } = await evaluate(`x${'+x'.repeat(terms)}`, { x: 0.5 });
    expect(value).toBe(0.5 * (terms + 1));
    expect(slopes).toEqual([terms + 1]);
    const deep = `${'-('.repeat(100)}x${')'.repeat(100)}`;
    expect((await evaluate(deep, { x: 2 })).value).toBe(2);
    for (const text of [
      `${'('.repeat(201)}x${')'.repeat(201)}`,
      `${'-'.repeat(201)}x`,
      `${'x^'.repeat(3000)}x`,
      `${'exp('.repeat(300)}x${')'.repeat(300)}`,
      `${'-('.repeat(120)}x${')'.repeat(120)}`,
    ]) {
      expect(() => parseExpression(text)).toThrow(InputError);
      expect(() => parseExpression(text)).toThrow('too deeply nested');
    }
  });

  it('names the place of the call that is wrong, not of the first of its name', () => {
    expect(() => parseExpression('exp(x) + exp(x, 2)')).toThrow('position 10: exp takes 1 arguments, not 2');
  });

  it.each(['this', 'length', 'constructor', '__proto__', 'group', 't0', 'toString'])(
    'has no name of its own: %s',
    async (name) => {
      expect(parseExpression(`2*${name}`).symbols).toEqual([name]);
    },
  );

  it('refuses names beyond those given, with the position', () => {
    expect(() => parseExpression('a*x + bb', { names: ['a', 'x'] })).toThrow('position 7: the name "bb" is not known');
  });

  it('refuses to build without a value for a symbol, inherited ones included', () => {
    expect(() => parseExpression('a*x').build({ a: input('a', 'f64', []) })).toThrow('no value is given for "x"');
    expect(() => parseExpression('toString').build({})).toThrow('no value is given for "toString"');
  });
});

describe('expressionModel', () => {
  it('takes the columns of x by name and the parameters in the order given', () => {
    const model = expressionModel('c + k*u + q*v', { parameters: ['q', 'k', 'c'], variables: ['u', 'v'] });
    const x = [
      [1, 2],
      [3, 1],
      [4, 5],
      [0, 2],
      [2, 2],
    ];
    const fit = curveFit(model, { x, y: x.map(([u, v]) => 7 + 2 * u! - 3 * v!) }, { start: [0, 0, 0] });
    [-3, 2, 7].forEach((value, j) => {
      expect(fit.parameters[j]).toBeCloseTo(value, 10);
    });
  });

  it('takes a single column as a list or as rows', () => {
    const model = expressionModel('a*t', { parameters: ['a'], variables: ['t'] });
    expect(curveFit(model, { x: [1, 2], y: [3, 6] }, { start: [1] }).parameters[0]).toBeCloseTo(3, 12);
    expect(curveFit(model, { x: [[1], [2]], y: [3, 6] }, { start: [1] }).parameters[0]).toBeCloseTo(3, 12);
  });

  it('takes a formula without the variable', () => {
    const fit = curveFit(expressionModel('a^2', { parameters: ['a'] }), { x: [1, 2, 3], y: [3, 4, 5] }, { start: [1] });
    expect(fit.parameters[0]).toBeCloseTo(2, 10);
  });

  it('refuses unknown, unused and repeated names, and columns of another number', () => {
    const model = (text: string, parameters: string[], variables?: string[]) => () =>
      expressionModel(text, variables ? { parameters, variables } : { parameters });
    expect(model('a*x + b', ['a'])).toThrow('the name "b" is not known');
    expect(model('a*x', ['a', 'b'])).toThrow('the parameter "b" does not appear');
    expect(model('e*x', ['e'])).toThrow('the parameter "e" does not appear in it as a free name');
    expect(model('a*x', ['a', 'x'])).toThrow('"x" names two things');
    const two = expressionModel('a*u*v', { parameters: ['a'], variables: ['u', 'v'] });
    expect(() => curveFit(two, { x: [1, 2], y: [1, 2] }, { start: [1] })).toThrow(ShapeError);
  });
});
