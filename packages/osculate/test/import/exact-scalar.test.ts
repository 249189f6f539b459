import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compile/index.js';
import { exactScalar } from '../../src/import/exact-scalar.js';
import { importOnnx } from '../../src/import/index.js';
import { float } from '../../src/onnx/attributes.js';
import { type ModelProto, node } from '../../src/onnx/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { astype, generator, input, type NDArray, ndarray } from '../../src/tensor/index.js';
import { expectSame, modelOf, random } from './against-runtime.js';

describe('exactScalar', () => {
  it.each([
    ['√2', Math.SQRT2],
    ['1/√8', 1 / Math.sqrt(8)],
    ['√48', Math.sqrt(48)],
    ['1/3', 1 / 3],
    ['√(2/π)', Math.sqrt(2 / Math.PI)],
    ['−2π', -2 * Math.PI],
    ['½ ln 2π', Math.log(2 * Math.PI) / 2],
    ['0.1', 0.1],
    ['0.044715', 0.044715],
    ['1e-5', 1e-5],
    ['−1.702', -1.702],
  ])('finds %s', (_, value) => {
    expect(Math.fround(value)).not.toBe(value);
    expect(exactScalar(Math.fround(value))).toBeCloseTo(value, 15);
  });

  it('keeps what single precision holds, and what has more than its digits', () => {
    const long = Math.fround(0.123456789);
    for (const value of [0, -0, 1, 0.5, 2 ** -30, -(2 ** 40), Infinity, -Infinity, NaN, 0.1, long]) {
      expect(exactScalar(value)).toBe(value);
    }
  });

  it('never leaves the rounding of the number', () => {
    const g = generator(7);
    for (let i = 0; i < 20_000; i++) {
      const value = Math.fround(g.normal() * 10 ** (8 * g.uniform() - 4));
      expect(Math.fround(exactScalar(value))).toBe(value);
    }
  });
});

describe('constants of formulas', () => {
  const x = random([3, 5]);
  /** LeakyReLU(x/√2 + 0.1) with both constants in single precision, one in an initialiser. */
  const formula: ModelProto = modelOf(
    { x },
    ['y'],
    {
      nodes: [
        node('Constant', [], ['root'], { value_float: float(Math.SQRT2) }),
        node('Div', ['x', 'root'], ['a']),
        node('Add', ['a', 'shift'], ['b']),
        node('LeakyRelu', ['b'], ['y'], { alpha: float(0.3) }),
      ],
      initializers: { shift: ndarray('f32', 0.1) },
    },
    16,
  );
  const outputs = async (dtype: 'f32' | 'f64'): Promise<NDArray> => {
    const { y } = importOnnx(formula).call({}, { x: input('x', dtype, x.shape) });
    const executable = await referenceExecutor().load(compile({ y: y! }));
    return (await executable.run({ x: astype(x, dtype) })).y!;
  };

  it('are those that the file rounds, in double precision', async () => {
    const { data } = await outputs('f64');
    x.data.forEach((v, i) => {
      const z = Number(v) / Math.SQRT2 + 0.1;
      expect(Math.abs(Number(data[i]) - (z < 0 ? 0.3 * z : z))).toBeLessThan(1e-15);
    });
  });

  it('are those of the file in single precision', async () => {
    await expectSame(formula, { x });
    expect((await outputs('f32')).dtype).toBe('f32');
  });

  it('of a model in double precision have attributes in double precision too', async () => {
    const wide = astype(x, 'f64');
    const proto = modelOf({ x: wide }, ['y'], { nodes: [node('Elu', ['x'], ['y'], { alpha: float(0.7) })] }, 16);
    const { y } = importOnnx(proto).call({}, { x: input('x', 'f64', x.shape) });
    const executable = await referenceExecutor().load(compile({ y: y! }));
    const { data } = (await executable.run({ x: wide })).y!;
    x.data.forEach((v, i) => {
      const z = Number(v);
      expect(Math.abs(Number(data[i]) - (z < 0 ? 0.7 * Math.expm1(z) : z))).toBeLessThan(1e-15);
    });
  });
});
