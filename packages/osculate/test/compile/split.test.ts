import { expect, it } from 'vitest';
import { hvp } from '../../src/autodiff/index.js';
import { compile, costOf, type Program, splitProgram } from '../../src/compile/index.js';
import { dense, lstm, sequential, softmaxCrossEntropy, tanh, transformerBlock } from '../../src/nn/index.js';
import { type Feeds, referenceExecutor } from '../../src/runtime/index.js';
import {
  astype,
  generator,
  input,
  inputName,
  leaves,
  mapTree,
  type NDArray,
  parameters,
} from '../../src/tensor/index.js';

const executor = referenceExecutor();
const random = generator(3);
const draw = (t: { shape: readonly number[]; size: number }): NDArray => ({
  dtype: 'f64',
  shape: t.shape,
  data: Float64Array.from({ length: t.size }, () => random.normal()),
});

async function run(program: Program, feeds: Feeds): Promise<Record<string, NDArray>> {
  const executable = await executor.load(program);
  const own = Object.fromEntries(program.inputs.map((t) => [inputName(t), feeds[inputName(t)]!]));
  return executable.run(own);
}

const isVector = (name: string): boolean => name.startsWith('v.');

function product(layer: ReturnType<typeof dense>, shape: readonly number[], outputs: number) {
  const tree = mapTree(layer.init(random), (leaf) => astype(leaf as never, 'f64'));
  const weights = parameters(tree as never, 'w.');
  const v = parameters(tree as never, 'v.');
  const x = input('x', 'f64', shape);
  const value = softmaxCrossEntropy().value(
    layer.apply(weights as never, x).reshape([-1, outputs]),
    input('y', 'f64', [2, outputs]),
  );
  const program = compile({ product: hvp(value, weights as never, v as never) as never });
  const feeds: Record<string, NDArray> = Object.fromEntries(program.inputs.map((t) => [inputName(t), draw(t)]));
  return { program, feeds, names: leaves(tree as never).map(([name]) => `product.${name}`) };
}

it.each([
  ['dense', sequential([dense(4, 6), tanh(), dense(6, 3)]), [2, 4], 3],
  ['LSTM', sequential([lstm(3, 4, { output: 'last' }), dense(4, 3)]), [2, 5, 3], 3],
  ['Transformer block', transformerBlock(4, 2), [2, 3, 4], 12],
] as const)(
  '%s: the parts of a Hessian product give what the whole gives, in less work for each vector',
  async (_, layer, shape, outputs) => {
    const { program, feeds, names } = product(layer as never, shape, outputs);
    const { held, rest, bytes } = splitProgram(program, isVector)!;
    expect(Object.keys(rest.outputs)).toEqual(Object.keys(program.outputs));
    expect(Object.keys(rest.outputs)).toEqual(names);
    expect(held.inputs.map(inputName).some((name) => isVector(name))).toBe(false);
    expect(rest.inputs.map(inputName)).not.toContain('y');
    expect(bytes).toBe(8 * Object.values(held.outputs).reduce((sum, t) => sum + t.size, 0));
    const flops = ({ outputs }: Program) => costOf(Object.values(outputs)).flops;
    expect(flops(rest)).toBeLessThan(0.9 * flops(program));

    const kept = await run(held, feeds);
    for (let k = 0; k < 3; k++) {
      for (const t of program.inputs) if (isVector(inputName(t))) feeds[inputName(t)] = draw(t);
      const whole = await run(program, feeds);
      const parts = await run(rest, { ...feeds, ...kept });
      for (const name of names) {
        for (const [i, expected] of whole[name]!.data.entries()) {
          expect(Math.abs(Number(parts[name]!.data[i]) - Number(expected))).toBeLessThan(1e-12);
        }
      }
    }
  },
);

it('null where everything depends on what varies', () => {
  expect(splitProgram(compile({ y: input('v.x', 'f64', [2]).tanh() }), isVector)).toBeNull();
});

it('names of what is held differ from those of the inputs', async () => {
  const a = input('held.0', 'f64', [2]);
  const b = input('v.b', 'f64', [2]);
  const program = compile({ y: a.exp().mul(b) });
  const { held, rest } = splitProgram(program, isVector)!;
  const feeds = { 'held.0': draw(a), 'v.b': draw(b) };
  const y = await run(rest, { ...feeds, ...(await run(held, feeds)) });
  expect(y).toEqual(await run(program, feeds));
});
