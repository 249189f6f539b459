import {
  type ArrayFunction,
  type Present,
  type ScalarFunction,
  scalarTensor,
  type Traced,
} from '../autodiff/traced-function.js';
import type { TensorTree } from '../autodiff/trees.js';
import { compile } from '../compile/index.js';
import { type Executable, type Executor, type Feeds, referenceExecutor } from '../runtime/index.js';
import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import { arraysOf } from '../tensor/plain.js';
import { leaves, mapTree, type Tree } from '../tensor/tree.js';

/** How a function of arrays runs. */
export interface FnOptions {
  /** What runs its programs; by default a reference executor of its own, which computes in float64 and suits small problems. */
  readonly executor?: Executor;
}

export const fnOptions: OptionNames<FnOptions> = { executor: 1 };

/** A function of some trees of tensors. */
type Trace = (...args: never) => TensorTree;

/** A loaded program for arguments of some shapes and dtypes, and the nesting of its results. */
interface Loaded {
  readonly executable: Executable;
  readonly names: Tree<string>;
}

async function load(executor: Executor, trace: Trace, args: readonly Tree<NDArray>[]): Promise<Loaded> {
  const symbol = (i: number) => (leaf: NDArray, name: string) =>
    input(`argument ${i + 1}.${name}`, leaf.dtype, leaf.shape);
  const symbols = args.map((arg, i) => mapTree(arg, symbol(i)));
  // The types of the arguments are those of the call; here they are trees of tensors.
  const result = (trace as (...args: readonly TensorTree[]) => TensorTree)(...symbols);
  if (typeof result !== 'object' || result === null) {
    throw new InputError(`fn: the function returns ${String(result)}; return a tensor, or a tree of tensors`);
  }
  let count = 0;
  const names = mapTree(result, () => `result ${count++}`);
  const outputs = Object.fromEntries(leaves(result).map(([, tensor], i): [string, Tensor] => [`result ${i}`, tensor]));
  const inputs = symbols.flatMap((tree) => leaves(tree).map(([, tensor]) => tensor));
  return { executable: await executor.load(compile(outputs, { inputs })), names };
}

const shapesOf = (args: readonly Tree<NDArray>[]): string =>
  JSON.stringify(args.map((arg) => leaves(arg).map(([name, { dtype, shape }]) => [name, dtype, shape])));

/** A function of numbers that traces and compiles on the first call for each set of shapes and dtypes. */
function traced(trace: Trace, executor: Executor, present: Present): unknown {
  const known = new Map<string, Promise<Loaded>>();
  const call = async (...given: readonly unknown[]): Promise<unknown> => {
    const args = given.map((value, i) => arraysOf(`fn: argument ${i + 1}`, value));
    const key = shapesOf(args);
    let found = known.get(key);
    if (found === undefined) {
      found = load(executor, trace, args);
      known.set(key, found);
      // A failure may pass, as that of a busy device does: it is not kept.
      found.catch(() => known.delete(key));
    }
    const { executable, names } = await found;
    const feeds: Feeds = Object.fromEntries(
      args.flatMap((arg, i) => leaves(arg).map(([name, array]) => [`argument ${i + 1}.${name}`, array])),
    );
    const results = await executable.run(feeds);
    return present(
      mapTree(names, (name) => results[name]!),
      given,
    );
  };
  const derive: Traced['derive'] = (other, show) => traced(other, executor, show);
  return Object.assign(call, { trace, derive });
}

/**
 * A scalar function of arrays, written with tensors and called with numbers: f(x) as a number. Transforms make other functions of it: `grad(f)`, `hvp(f)`,
 * `hessian(f)`, `valueAndGrad(f)`, `jvp(f)`, `vmap(f)`; `minimize(f, start)` minimises it. Arguments are numbers, nested lists of
 * them (both f64), typed arrays, NDArrays, or trees of these.
 *
 * Cost: tracing and compiling on the first call for each set of shapes and dtypes, one run of the program afterwards.
 * @throws InputError for a result that is not a scalar, and for arguments that are not numbers; what the function itself throws.
 * @example
 * const rosenbrock = fn((x) => x.at(1).sub(x.at(0).square()).square().mul(100).add(x.at(0).sub(1).square()));
 * await rosenbrock([-1.2, 1]); // 24.2
 * await grad(rosenbrock)([-1.2, 1]); // [-215.6, -88]
 */
export function fn(f: (...xs: Tensor[]) => Tensor, options?: FnOptions): ScalarFunction<Tensor[]>;
export function fn<A extends readonly TensorTree[]>(f: (...args: A) => Tensor, options?: FnOptions): ScalarFunction<A>;
export function fn(f: (...args: never) => Tensor, options: FnOptions = {}): unknown {
  checkNames('fn', options, fnOptions);
  const { executor = referenceExecutor() } = options;
  requireFunction('fn', f);
  const scalar: Trace = (...args: never) => scalarTensor('fn', f(...args));
  return traced(scalar, executor, (result) => Number((result as NDArray).data[0]));
}

/**
 * A function of arrays whose results are arrays, else as `fn`: for `jacobian(f)`, `jvp(f)`, `vjp(f)`, and for residuals of which
 * `minimize` minimises the sum of squares.
 * @example
 * const residuals = vectorFn((x) => stack([x.at(1).sub(x.at(0).square()).mul(10), x.at(0).neg().add(1)]));
 * await jacobian(residuals)([-1.2, 1]); // [[24, 10], [-1, 0]]
 */
export function vectorFn<T extends TensorTree>(
  f: (...xs: Tensor[]) => T,
  options?: FnOptions,
): ArrayFunction<Tensor[], T>;
export function vectorFn<A extends readonly TensorTree[], T extends TensorTree>(
  f: (...args: A) => T,
  options?: FnOptions,
): ArrayFunction<A, T>;
export function vectorFn(f: Trace, options: FnOptions = {}): unknown {
  checkNames('vectorFn', options, fnOptions);
  const { executor = referenceExecutor() } = options;
  requireFunction('vectorFn', f);
  return traced(f, executor, (result) => result);
}

function requireFunction(what: string, f: unknown): void {
  if (typeof f !== 'function') throw new InputError(`${what}: ${String(f)} is not a function; give one of tensors`);
}
