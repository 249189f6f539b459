import { matrix } from '../../linalg/matrix.js';
import { concat } from '../../ops/concat.js';
import type { OptionNames } from '../../tensor/check-options.js';
import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import { type Bounds, Box } from '../bounds.js';
import { isList, requireFunction, requireObject, show } from '../checks.js';
import { type TracedProblem, tracedProblem } from '../residuals/traced.js';
import type { FitConstraints, LeastSquaresResult } from '../result.js';

/** A parameter as a function of others: what `parseExpression` of osculate/fit/expression returns. */
export interface Tie {
  /** The formula; ties of the same text must be the same function, since what is compiled for one is used for the other. */
  readonly text: string;
  /** The parameters in it. */
  readonly symbols: readonly string[];
  /** The graph of it, with a scalar tensor for each symbol. */
  build(values: Readonly<Record<string, Tensor>>): Tensor;
}

export interface ConstraintOptions {
  /** Values of parameters, by name, that are not fitted. */
  readonly fixed?: Readonly<Record<string, number>>;
  /**
   * Parameters, by name, that follow from others: `{ b3: parseExpression('b1 + 2*b2') }`, or several at once by `parseTies`, both of
   * osculate/fit/expression. They need no start. Derivatives go through them exactly, and so do standard errors.
   */
  readonly tied?: Readonly<Record<string, Tie>>;
}

export const constraintOptions: OptionNames<ConstraintOptions> = { fixed: 1, tied: 1 };

/**
 * The tied parameters so ordered that each comes after those that its formula names.
 * @throws InputError for a formula that names no parameter of the fit, or that comes back to itself.
 */
function orderTies(what: string, names: readonly string[], tied: Readonly<Record<string, Tie>>): string[] {
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      const cycle = [...path.slice(path.indexOf(name)), name].join(' → ');
      throw new InputError(`${what}: the ties form a cycle, ${cycle}; leave one of these parameters free`);
    }
    if (!Object.hasOwn(tied, name) || order.includes(name)) return;
    const { symbols, text } = tied[name]!;
    for (const symbol of symbols) {
      if (!names.includes(symbol)) {
        throw new InputError(
          `${what}: ${name} = ${text}: there is no parameter "${symbol}"; there are ${names.join(', ')}`,
        );
      }
      visit(symbol, [...path, name]);
    }
    order.push(name);
  };
  for (const name of Object.keys(tied)) visit(name, []);
  return order;
}

/** Row-major, or as rows. */
export type NumericJacobian = ArrayLike<number> | readonly ArrayLike<number>[];

/** The rows of a Jacobian that is given as such or row-major. */
function rowsOf(given: NumericJacobian, n: number): readonly ArrayLike<number>[] {
  if (typeof given[0] === 'object') return given as readonly ArrayLike<number>[];
  const flat = Float64Array.from(given as ArrayLike<number>);
  return Array.from({ length: Math.ceil(flat.length / n) }, (_, i) => flat.subarray(i * n, (i + 1) * n));
}

function requireNames(what: string, kind: string, given: object, names: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new InputError(`${what}: ${kind}: there is no parameter "${unknown}"; there are ${names.join(', ')}`);
}

/**
 * Fixed and tied parameters of a fit. The solver sees all n parameters; those that it may not move are held by equal bounds, a tied one at
 * 0, and the value of a tied one is put in its place wherever residuals are computed: p = T(q).
 */
export class Constraints {
  readonly any: boolean;
  /** Tells apart what is compiled for different ties. */
  readonly key: string;
  private readonly order: readonly string[];
  private readonly fixed: Readonly<Record<string, number>>;
  private readonly tied: Readonly<Record<string, Tie>>;
  private expansion: TracedProblem | undefined;

  /** @throws InputError for unknown names, cycles, a name twice, values that are not finite. */
  constructor(
    private readonly what: string,
    private readonly names: readonly string[],
    { fixed = {}, tied = {} }: ConstraintOptions,
  ) {
    requireObject(`${what}: fixed`, fixed, 'values by name, as { c: 0 }');
    requireObject(`${what}: tied`, tied, "formulas by name, as parseTies({ c: '2*a' })");
    this.fixed = fixed;
    this.tied = tied;
    requireNames(what, 'fixed', fixed, names);
    requireNames(what, 'tied', tied, names);
    for (const [name, value] of Object.entries(fixed)) {
      if (Object.hasOwn(tied, name)) throw new InputError(`${what}: ${name} is both fixed and tied; choose one`);
      if (!Number.isFinite(value))
        throw new InputError(`${what}: ${name} is fixed at ${show(value)}; give a finite number`);
    }
    for (const [name, tie] of Object.entries(tied)) {
      requireObject(`${what}: ${name} in tied`, tie, "a formula that was read, as parseTies({ c: '2*a' })");
      requireFunction(`${what}: "build" of ${name} in tied`, tie.build);
    }
    this.order = orderTies(what, names, tied);
    this.any = this.order.length > 0 || Object.keys(fixed).length > 0;
    this.key = this.ties ? JSON.stringify([names, this.order.map((name) => [name, tied[name]!.text])]) : '';
  }

  /** Whether any parameter is tied. */
  get ties(): boolean {
    return this.order.length > 0;
  }

  /** The start of the solver. */
  start(given: Float64Array): Float64Array {
    return given.map((x, j) => this.held(this.names[j]!) ?? x);
  }

  /** The bounds of the solver. @throws InputError for bounds of a tied parameter, or a fixed one outside its own. */
  bounds(given: Bounds): Bounds {
    if (!this.any) return given;
    const box = new Box(given, this.names);
    const { lower, upper } = box;
    this.names.forEach((name, j) => {
      const value = this.held(name);
      if (value === undefined) return;
      const [low, high] = [lower[j]!, upper[j]!];
      if (Object.hasOwn(this.tied, name) && (low !== Number.NEGATIVE_INFINITY || high !== Number.POSITIVE_INFINITY)) {
        throw new InputError(
          `${this.what}: ${name} = ${this.tied[name]!.text} cannot have bounds; bound the parameters that it follows from`,
        );
      }
      if (value < low || value > high)
        throw new InputError(`${this.what}: ${name} is fixed at ${value}, outside its bounds [${low}, ${high}]`);
      lower[j] = value;
      upper[j] = value;
    });
    return { lower, upper };
  }

  /** p = T(q) as scalars of a graph. */
  tensors(parameters: readonly Tensor[]): readonly Tensor[] {
    if (!this.ties) return parameters;
    const values = Object.fromEntries(this.names.map((name, j) => [name, parameters[j]!]));
    for (const name of this.order) {
      const { symbols, text, build } = this.tied[name]!;
      const value = build(Object.fromEntries(symbols.map((symbol) => [symbol, values[symbol]!])));
      if (value.size !== 1)
        throw new ShapeError(`${this.what}: ${name} = ${text} is ${describe(value)}; a parameter is one number`);
      values[name] = value.reshape([]);
    }
    return this.names.map((name) => values[name]!);
  }

  /** p = T(q) as a vector of a graph. */
  vector(parameters: Tensor): Tensor {
    if (!this.ties) return parameters;
    const scalars = this.names.map((_, j) => parameters.slice([j], [j + 1]).reshape([]));
    return concat(
      this.tensors(scalars).map((p) => p.reshape([1])),
      0,
    );
  }

  /** p = T(q) of numbers. */
  numbers(q: Float64Array): Float64Array {
    if (!this.ties) return q;
    const result = new Float64Array(q.length);
    this.traced().evaluate(q, result);
    return result;
  }

  /** ∂r/∂p to ∂r/∂q = ∂r/∂p·T'(q), with zeros for tied parameters. A Jacobian of another width is left to the caller to check. */
  pullBack(q: Float64Array, given: NumericJacobian): NumericJacobian {
    // What is no Jacobian is left to the caller too.
    if (!this.ties || !isList(given)) return given;
    const n = q.length;
    const rows = rowsOf(given, n);
    if (rows.some((row) => row.length !== n)) return given;
    const columns = this.columns(q);
    return rows.map((row) =>
      Float64Array.from(q, (_, j) => {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += row[i]! * columns[j * n + i]!;
        return sum;
      }),
    );
  }

  /** The result with the values of the tied parameters in their places, and with what statistics need to know. */
  complete(result: LeastSquaresResult): LeastSquaresResult {
    if (!this.any) return result;
    const q = result.parameters;
    const n = q.length;
    const sensitivity = matrix(n, n);
    const columns = this.ties ? this.columns(q) : null;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) sensitivity.data[i * n + j] = columns ? columns[j * n + i]! : Number(i === j);
    const constraints: FitConstraints = {
      fixed: Object.keys(this.fixed),
      tied: Object.fromEntries(this.order.map((name) => [name, this.tied[name]!.text])),
      sensitivity,
    };
    const activeBounds = result.activeBounds.map((side, j) => (this.held(this.names[j]!) === undefined ? side : 0));
    return { ...result, parameters: this.numbers(q), activeBounds, constraints };
  }

  /** Σ wⱼ∇²Tⱼ(q), n×n. */
  curvature(q: Float64Array, weights: Float64Array, result: Float64Array): void {
    this.traced().curvature!(q, weights, result);
  }

  private held(name: string): number | undefined {
    if (Object.hasOwn(this.fixed, name)) return this.fixed[name]!;
    return Object.hasOwn(this.tied, name) ? 0 : undefined;
  }

  /** T'(q), column after column. */
  columns(q: Float64Array): Float64Array {
    const n = q.length;
    const result = new Float64Array(n * n);
    this.traced().jacobian(q, q, result);
    return result;
  }

  private traced(): TracedProblem {
    if (this.expansion === undefined) {
      const parameters = this.names.map((_, j) => input(`parameter ${j}`, 'f64', []));
      const all = this.tensors(parameters).map((p) => p.reshape([1]));
      this.expansion = tracedProblem({ residuals: concat(all, 0), parameters, data: [] });
    }
    return this.expansion;
  }
}

/** A fit in which every parameter is free. */
export function unconstrained(names: readonly string[]): Constraints {
  return new Constraints('', names, {});
}
