import { grad } from 'osculate';
import { compile, costOf, type Program } from 'osculate/compile';
import { type CurvatureMatrix, gaussNewtonMatrix, hessianMatrix, type Objective } from 'osculate/objective';
import type { Feeds } from 'osculate/runtime';
import { generator, input, leaves, type NDArray, ndarray, type Tensor, type Tree } from 'osculate/tensor';
import type { AnalysisTarget } from '../analysis/target.js';

/** A program with values to run it on and what it costs. */
export interface CountedProgram {
  readonly name: string;
  readonly program: Program;
  readonly feeds: Feeds;
  readonly flops: number;
  readonly bytes: number;
  readonly compulsory: number;
}

/** An input with its name and the value that it is run on. */
interface Fed {
  readonly symbol: Tensor;
  readonly name: string;
  readonly value: NDArray;
}

function counted(name: string, outputs: Tree<Tensor>, fed: readonly Fed[]): CountedProgram {
  const program = compile(outputs);
  const { flops, bytes } = costOf(program.outputs);
  const read = fed.filter(({ symbol }) => program.inputs.includes(symbol));
  const feeds = Object.fromEntries(read.map((one) => [one.name, one.value]));
  const moved = [...program.inputs, ...Object.values(program.outputs)];
  return { name, program, feeds, flops, bytes, compulsory: moved.reduce((sum, t) => sum + 4 * t.size, 0) };
}

/** Loss, gradient, and the products of Hessian and Gauss-Newton matrix with a random vector, over all rows of a target's objective. */
export function programsOf(
  objective: Objective,
  { examples, parameters: tree }: AnalysisTarget,
  seed: number,
): readonly CountedProgram[] {
  const batch = objective.batch(objective.rows);
  const values = new Map(leaves<NDArray>(tree));
  const random = generator(seed);
  const normals = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());
  const parameters = leaves(batch.weights).map(([name, symbol]): Fed => {
    return { symbol, name: `parameters.${name}`, value: values.get(name)! };
  });
  const vector = parameters.map(({ symbol: { dtype, shape, size } }, i): Fed => {
    return {
      symbol: input(`vector.${i}`, dtype, shape),
      name: `vector.${i}`,
      value: ndarray('f32', normals(size), shape),
    };
  });
  const fed = [
    { symbol: batch.inputs.x!, name: 'x', value: examples.x },
    { symbol: batch.targets.y!, name: 'y', value: examples.y },
    ...parameters,
    ...vector,
  ];
  const { loss, weights } = batch;
  const v = vector.map(({ symbol }) => symbol);
  const product = ({ name, product: of }: CurvatureMatrix): CountedProgram =>
    counted(`${name} product`, { product: of(batch, v) }, fed);
  return [
    counted('loss', { loss }, fed),
    counted(
      'gradient',
      {
        loss,
        gradient: grad(
          loss,
          leaves(weights).map(([, t]) => t),
          { unreachable: 'zero' },
        ),
      },
      fed,
    ),
    product(hessianMatrix),
    product(gaussNewtonMatrix),
  ];
}
