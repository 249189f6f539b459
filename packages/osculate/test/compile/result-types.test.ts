import { describe, expect, expectTypeOf, it } from 'vitest';
import { grad, hvp } from '../../src/autodiff/index.js';
import { compile, type Program } from '../../src/compile/index.js';
import type { OutputNames } from '../../src/compile/program.js';
import type { Results } from '../../src/runtime/executor.js';
import { type Executable, type Executor, referenceExecutor } from '../../src/runtime/index.js';
import {
  constant,
  fromLeaves,
  input,
  type NDArray,
  ndarray,
  parameters,
  type Tensor,
  type Tree,
} from '../../src/tensor/index.js';

// What these tests are of is also that they compile, without a cast or a "!".

const start = { layers: [{ weight: ndarray('f64', [[1, 2]]) }] as const, bias: ndarray('f64', 3) };
const w = parameters(start, 'w.');
const x = input('x', 'f64', [2]);
const loss = w.layers[0].weight.mul(x).sum().add(w.bias).square();

describe('results', () => {
  it('are typed by the keys of the program, those of nested trees dotted', async () => {
    const program = compile({ loss, gradient: grad(loss, w), both: [loss, x] });
    const executor: Executor = referenceExecutor();
    const executable = await executor.load(program);
    const results = await executable.run({ 'w.layers.0.weight': [[1, 2]], 'w.bias': 3, x: [1, 1] });
    // (1 + 2 + 3)², and its gradient 2·6·x, 2·6.
    expect(results.loss.data[0]).toBe(36);
    expect(results['gradient.layers.0.weight'].data).toEqual(Float64Array.of(12, 12));
    expect(results['gradient.bias'].data[0]).toBe(12);
    expectTypeOf(results.loss).toEqualTypeOf<NDArray>();
    // @ts-expect-error: the program has no such output.
    expect(results.lost).toBeUndefined();
    const gradient = fromLeaves(start, results, 'gradient.');
    expect(gradient.layers[0].weight).toBe(results['gradient.layers.0.weight']);
    expect(gradient.bias.shape).toEqual([]);
    await executor.dispose();
  });

  it('of trees that types do not know may have any name', () => {
    expectTypeOf<OutputNames<Tree<Tensor>>>().toEqualTypeOf<string>();
    expectTypeOf<OutputNames<Tensor>>().toEqualTypeOf<'value'>();
    expectTypeOf<OutputNames<{ loss: Tensor; g: Tree<Tensor> }>>().toEqualTypeOf<'loss' | 'g' | `g.${string}`>();
    expectTypeOf<OutputNames<{ list: Tensor[] }>>().toEqualTypeOf<`list.${number}`>();
    expectTypeOf<OutputNames<[Tensor, Tensor]>>().toEqualTypeOf<'0' | '1'>();
    expectTypeOf<OutputNames<Record<string, Tensor>>>().toEqualTypeOf<string>();
    const products = [1, 2].map((s) => hvp(loss, w.bias, constant(s, 'f64')));
    const results = referenceExecutor().loadSync(compile({ products })).runSync({});
    expect(results['products.1']?.data[0]).toBe(4);
  });

  it('of a program with known names are results like any others', () => {
    const program: Program = compile({ loss });
    const executable: Executable = referenceExecutor().loadSync(compile({ loss }));
    const results: Results = referenceExecutor()
      .loadSync(compile({ y: constant(2, 'f64') }))
      .runSync({});
    expect(Object.keys(program.outputs)).toEqual(Object.keys(executable.program.outputs));
    expect(results.y?.data[0]).toBe(2);
  });
});
