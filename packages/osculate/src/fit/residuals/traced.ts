import { grad, hessian, jacobian, jvp } from '../../autodiff/index.js';
// Not all of these layers: what a fit needs of them is a small part, and starts in half the time.
import { compile } from '../../compile/compile.js';
import type { ReferenceExecutable } from '../../runtime/reference/executable.js';
import { type ReferenceExecutor, referenceExecutor } from '../../runtime/reference/executor.js';
import { InputError } from '../../tensor/errors.js';
import { dependents } from '../../tensor/graph.js';
import type { Tensor } from '../../tensor/ir.js';
import { full, input, inputName } from '../../tensor/leaf.js';
import type { ResidualProblem } from './problem.js';

/** Residuals as a graph: a vector of m, of scalar parameters or one vector of them, and of inputs that hold data. */
export interface ResidualGraph {
  readonly residuals: Tensor;
  /** n scalar inputs, or one input vector of n. */
  readonly parameters: readonly Tensor[];
  readonly data: readonly Tensor[];
}

/** A residual problem whose data can be exchanged: one array for each of the graph's data inputs, copied in by `load`. */
export interface TracedProblem extends ResidualProblem {
  load(data: readonly Float64Array[]): void;
}

/** With more second partials than this, taking them one by one would make too long a program: the Hessian is then batched. */
const MOST_PARTIALS = 300;

/** With more scalars than this, partials are not even counted. */
const MOST_SCALARS = 256;

/** Elements of J and of the curvature beyond which a dense fit is refused: 2 GiB, of which a fit holds several copies. */
const MOST_ELEMENTS = 2 ** 28;

/** Elements of a Jacobian up to which its memory is kept between fits: 8 MiB. */
const MOST_KEPT = 2 ** 20;

let shared: ReferenceExecutor | undefined;

/** A tensor of a program and the array that holds its values. */
export type Slot = readonly [tensor: Tensor, array: Float64Array];

/** Each parameter's slot: the whole vector, or one element of it a scalar. */
export function slotsOf(parameters: readonly Tensor[], array: Float64Array): Slot[] {
  if (parameters[0]!.rank === 1) return [[parameters[0]!, array]];
  return parameters.map((p, i) => [p, array.subarray(i, i + 1)]);
}

/** ∂y/∂p, a tensor of y's shape for each scalar parameter (all derivatives then share one fused loop), or one of [n, m] for a vector. */
function jacobianColumns(y: Tensor, parameters: readonly Tensor[]): Tensor[] {
  if (parameters[0]!.rank === 1) return [jacobian(y, parameters[0]!).transpose()];
  return parameters.map((p) => jvp(y, p, full(1, 'f64')));
}

/**
 * The lower triangle of Σ wᵢ∇²rᵢ element by element, where few enough of them can differ from zero; the whole matrix otherwise. Terms of a
 * sum that share no parameters have no mixed partials: those of many peaks are few.
 */
function curvatureSlots({ residuals, parameters }: ResidualGraph, weights: Tensor, result: Float64Array): Slot[] {
  const sum = weights.mul(residuals).sum();
  const n = parameters.length;
  const whole = (): Slot[] => [[hessian(sum, [...parameters], { unreachable: 'zero' }), result]];
  if (parameters[0]!.rank === 1 || n > MOST_SCALARS) return whole();
  const gradient = grad(sum, [...parameters], { unreachable: 'zero' });
  const partials = parameters.flatMap((p, j) => {
    const reached = dependents(gradient, [p]);
    return gradient.flatMap((g, i) => (i >= j && reached.has(g) ? [{ g, p, at: i * n + j }] : []));
  });
  if (partials.length === 0 || partials.length > MOST_PARTIALS) return whole();
  return partials.map(({ g, p, at }): Slot => [jvp(g, p, full(1, 'f64')), result.subarray(at, at + 1)]);
}

/** Copies the lower triangle to the upper one; a symmetric matrix stays as it is. */
function mirror(n: number, square: Float64Array): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) square[j * n + i] = square[i * n + j]!;
}

/** A program of outputs out0, out1, … */
function load(inputs: readonly Slot[], outputs: readonly Tensor[]): ReferenceExecutable {
  const named = Object.fromEntries(outputs.map((t, i) => [`out${i}`, t]));
  shared ??= referenceExecutor();
  return shared.loadSync(compile(named, { inputs: inputs.map(([t]) => t) }));
}

function bindTo(executable: ReferenceExecutable, inputs: readonly Slot[], arrays: readonly Float64Array[]): () => void {
  const feeds = Object.fromEntries(inputs.map(([t, array]) => [inputName(t), array]));
  return executable.bind(feeds, Object.fromEntries(arrays.map((a, i) => [`out${i}`, a])));
}

/** A function that compiles on its first call what `outputs` returns, and runs it on every call. */
export function lazily(inputs: readonly Slot[], outputs: () => readonly Slot[]): () => void {
  let run: (() => void) | undefined;
  return () => {
    if (run === undefined) {
      const slots = outputs();
      const executable = load(
        inputs,
        slots.map(([t]) => t),
      );
      run = bindTo(
        executable,
        inputs,
        slots.map(([, a]) => a),
      );
    }
    run();
  };
}

/**
 * The same for outputs of which all but the `fixed` ones, which come last, go one after the other into an array that the call gives. It is
 * written in place: what was bound to an array serves each time that the array comes again.
 */
function lazilyInto(
  inputs: readonly Slot[],
  fixed: readonly Slot[],
  outputs: () => readonly Tensor[],
): (target: Float64Array) => void {
  const bound = new WeakMap<Float64Array, () => void>();
  let compiled: { readonly executable: ReferenceExecutable; readonly sizes: readonly number[] } | undefined;
  return (target) => {
    let run = bound.get(target);
    if (run === undefined) {
      if (compiled === undefined) {
        const tensors = outputs();
        const executable = load(inputs, [...tensors, ...fixed.map(([t]) => t)]);
        compiled = { executable, sizes: tensors.map((t) => t.size) };
      }
      let end = 0;
      const parts = compiled.sizes.map((size) => {
        end += size;
        return target.subarray(end - size, end);
      });
      run = bindTo(compiled.executable, inputs, [...parts, ...fixed.map(([, a]) => a)]);
      bound.set(target, run);
    }
    run();
  };
}

/**
 * The problem of a traced residual vector: the exact Jacobian (forward mode), exact second derivatives along a direction, and the
 * exact curvature Σ wᵢ∇²rᵢ, each compiled to JavaScript by the reference executor at its first use.
 */
export function tracedProblem(graph: ResidualGraph): TracedProblem {
  const { residuals: r, parameters, data } = graph;
  const m = r.size;
  const n = parameters.reduce((sum, p) => sum + p.size, 0);
  if (n * (m + n) > MOST_ELEMENTS)
    throw new InputError(
      `leastSquares: ${m} residuals of ${n} parameters have too large a Jacobian to hold; use largeLeastSquares, or blockLeastSquares where every residual depends on one block of each of two families`,
    );
  const [x, v] = [new Float64Array(n), new Float64Array(n)];
  const [values, second, w] = [new Float64Array(m), new Float64Array(m), new Float64Array(m)];
  const square = new Float64Array(n * n);
  const arrays = data.map((t) => new Float64Array(t.size));
  const inputs = [...slotsOf(parameters, x), ...data.map((t, i): Slot => [t, arrays[i]!])];

  const directions = parameters.map((p, i) => input(`direction ${i}`, 'f64', p.shape));
  const weights = input('residual weights', 'f64', [m]);

  const runResiduals = lazily(inputs, () => [[r, values]]);
  const runJacobian = lazilyInto(inputs, [], () => jacobianColumns(r, parameters));
  const runTogether = lazilyInto(inputs, [[r, values]], () => jacobianColumns(r, parameters));
  const runSecond = lazily([...inputs, ...slotsOf(directions, v)], () => {
    const along = (y: Tensor): Tensor => jvp(y, [...parameters], [...directions]);
    return [[along(along(r)), second]];
  });
  const runCurvature = lazily([...inputs, [weights, w]], () => curvatureSlots(graph, weights, square));
  return {
    size: m,
    parameters: n,
    ...(n * m <= MOST_KEPT && { spare: [] }),
    load: (next) => {
      arrays.forEach((array, i) => {
        array.set(next[i]!);
      });
    },
    evaluate: (at, residuals) => {
      x.set(at);
      runResiduals();
      residuals.set(values);
    },
    jacobian: (at, _residuals, result) => {
      x.set(at);
      runJacobian(result);
      return 0;
    },
    together: (at, residuals, result) => {
      x.set(at);
      runTogether(result);
      residuals.set(values);
    },
    secondDirectional: (at, direction, result) => {
      x.set(at);
      v.set(direction);
      runSecond();
      result.set(second);
    },
    curvature: (at, given, result) => {
      x.set(at);
      w.set(given);
      runCurvature();
      mirror(n, square);
      result.set(square);
      return 0;
    },
  };
}

/**
 * A memory of what was made from functions, by function and key, which keeps no function alive: tracing and compiling one costs far more
 * than a fit.
 */
export function remembering<F extends object, V>(): (f: F, key: string, make: () => V) => V {
  const known = new WeakMap<F, Map<string, V>>();
  return (f, key, make) => {
    const made = known.get(f) ?? new Map<string, V>();
    known.set(f, made);
    const found = made.get(key);
    if (found !== undefined) return found;
    const value = make();
    made.set(key, value);
    return value;
  };
}
