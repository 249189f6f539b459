import { describe, expect, it } from 'vitest';
import '../../../src/ops/index.js';
import { grad } from '../../../src/autodiff/first-order.js';
import { compile } from '../../../src/compile/index.js';
import { referenceExecutor } from '../../../src/runtime/index.js';
import { isFloat } from '../../../src/tensor/dtype.js';
import { input, type Tensor } from '../../../src/tensor/index.js';
import type { OpCase } from '../../ops/case.js';
import { allCases } from '../../ops/catalogue.js';
import { arraysOf, dtypeOf, sample } from '../../ops/sample.js';

/** The outputs of a case and, where they exist, the gradient of Σ outputs² and that of the gradient's square. */
function withDerivatives(c: OpCase, inputs: readonly Tensor[]): Tensor[] {
  const outputs = [c.build(...inputs)].flat() as Tensor[];
  const smooth = c.reverse === false ? 0 : (c.smooth ?? 3);
  const variables = inputs.filter((t) => isFloat(t.dtype));
  const terms = outputs.filter((t) => isFloat(t.dtype)).map((t) => t.mul(t).sum());
  if (smooth === 0 || terms.length === 0 || variables.length === 0) return outputs;
  const options = { unreachable: 'zero' } as const;
  const first = grad(
    terms.reduce((a, b) => a.add(b)),
    variables,
    options,
  );
  const square = first.map((g) => g.mul(g).sum()).reduce((a, b) => a.add(b));
  return [...outputs, ...first, ...(smooth > 1 ? grad(square, variables, options) : [])];
}

describe('generated code for each op', async () => {
  it.each((await allCases()).map((c) => [c.name, c] as const))('equals interpretation bit for bit: %s', (_, c) => {
    const inputs = c.inputs.map((spec, i) => input(`x${i}`, dtypeOf(spec, 'f64'), spec.shape));
    const program = compile(withDerivatives(c, inputs), { inputs });
    const feeds = Object.fromEntries(arraysOf(c, sample(c), 'f64').map((a, i) => [`x${i}`, a]));
    const [generated, interpreted] = [{}, { interpret: true }].map((options) =>
      referenceExecutor(options).loadSync(program).runSync(feeds),
    );
    expect(generated).toEqual(interpreted);
  });
});
