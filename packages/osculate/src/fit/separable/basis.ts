import { jvp } from '../../autodiff/index.js';
import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import { dependents } from '../../tensor/graph.js';
import { Tensor } from '../../tensor/ir.js';
import { full, input } from '../../tensor/leaf.js';
import { callUser } from '../checks.js';
import {
  type AnyTracedModel,
  type Arranged,
  type Arrangement,
  givenTo,
  inOrder,
  rowsInput,
  type TracedModel,
} from '../model.js';
import type { CheckedData } from '../residuals/fit-data.js';
import { lazily, type Slot, slotsOf } from '../residuals/traced.js';
import { flatResiduals } from '../residuals/traced-residuals.js';

/**
 * The basis functions φⱼ(x; α), traced: x is [m], or [m, k] for rows of predictors; α are scalars. Returns p columns, each of m values or one
 * for all, or a tensor [m, p].
 */
export type BasisFunctions<P = readonly Tensor[]> = (x: Tensor, nonlinear: P) => readonly Tensor[] | Tensor;

/** A model f(x; α) + Σⱼ cⱼφⱼ(x; α). */
export interface SeparableModel<P = readonly Tensor[]> {
  /** The functions whose coefficients are linear. */
  readonly basis: BasisFunctions<P>;
  /** f, a term without a coefficient; default 0. */
  readonly fixed?: TracedModel<P>;
}

/** A separable model that is called with what suits it. */
export type AnySeparable = SeparableModel<Arranged<Tensor>>;

/** A separable model, the number q of its nonlinear parameters, and how it gets them. */
export interface SeparableUse<P> {
  readonly model: SeparableModel<P>;
  readonly q: number;
  readonly arrangement: Pick<Arrangement<P, unknown>, 'names' | 'tensors'>;
}

/** The value of a column or of f, by index, and its derivatives by the nonlinear parameters that it depends on. */
export interface Partial {
  /** Of the column; p for f. */
  readonly column: number;
  readonly parameter: number;
  readonly values: Float64Array;
}

/** A basis at data of one shape, in arrays that its programs write. */
export interface Basis {
  readonly size: number;
  /** p arrays of m. */
  readonly columns: readonly Float64Array[];
  /** f at the points, or null. */
  readonly fixed: Float64Array | null;
  readonly partials: readonly Partial[];
  /** α, to be set before a run. */
  readonly at: Float64Array;
  load(x: Float64Array): void;
  runValues(): void;
  runPartials(): void;
}

function spread(what: string, t: unknown, m: number): Tensor {
  const flat = t instanceof Tensor && t.rank === 0 ? t.expand([m]) : flatResiduals('variableProjection', t);
  if (flat.size === m) return flat;
  throw new ShapeError(
    `variableProjection: ${what} is ${describe(t as Tensor)} for ${m} rows of x; return ${m} values`,
  );
}

/** The columns as tensors of [m]. */
function columnsOfBasis(result: readonly Tensor[] | Tensor, m: number): Tensor[] {
  if (!(result instanceof Tensor)) {
    if (!Array.isArray(result) || result.length === 0)
      throw new InputError('variableProjection: the basis returns no functions; return an array of tensors');
    return result.map((t, j) => spread(`basis function ${j}`, t, m));
  }
  const [rows, p] = result.shape;
  if (result.rank !== 2 || rows !== m || p === 0)
    throw new ShapeError(
      `variableProjection: the basis is ${describe(result)} for ${m} rows of x; return [${m}, p], or p tensors of [${m}]`,
    );
  return Array.from({ length: p! }, (_, j) => spread(`column ${j}`, result.slice([0, j], [m, j + 1]).reshape([m]), m));
}

/** The columns and f of a model, as tensors. */
function termsOf<P>(
  { model: { basis, fixed }, arrangement }: SeparableUse<P>,
  x: Tensor,
  nonlinear: readonly Tensor[],
) {
  const m = x.shape[0]!;
  const given = arrangement.tensors(nonlinear);
  const call = <R>(f: (x: Tensor, nonlinear: P) => R): R =>
    callUser('variableProjection', givenTo(arrangement.names, nonlinear.length), () => f(x, given));
  return {
    columns: columnsOfBasis(call(basis), m),
    fixed: fixed === undefined ? null : spread('the fixed term', call(fixed), m),
  };
}

function traceBasis<P>(model: SeparableUse<P>, { x, y, predictors }: CheckedData): Basis {
  const { q } = model;
  const m = y.length;
  const data = rowsInput(m, predictors);
  const nonlinear = Array.from({ length: q }, (_, k) => input(`nonlinear parameter ${k}`, 'f64', []));
  const { columns, fixed } = termsOf(model, data, nonlinear);
  const [at, points] = [new Float64Array(q), new Float64Array(x.length)];
  const inputs: Slot[] = [...slotsOf(nonlinear, at), [data, points]];
  const values = columns.map((t): Slot => [t, new Float64Array(m)]);
  const offset: Slot | null = fixed && [fixed, new Float64Array(m)];
  const terms = fixed ? [...columns, fixed] : columns;
  const slopes = terms.flatMap((t, column) =>
    nonlinear.flatMap((p, parameter) =>
      dependents([t], [p]).has(t) ? [{ column, parameter, values: new Float64Array(m), t, p }] : [],
    ),
  );
  return {
    size: m,
    columns: values.map(([, array]) => array),
    fixed: offset?.[1] ?? null,
    partials: slopes,
    at,
    load: (next) => points.set(next),
    runValues: lazily(inputs, () => (offset ? [...values, offset] : values)),
    runPartials: lazily(inputs, () =>
      slopes.map(({ t, p, values: array }): Slot => [jvp(t, p, full(1, 'f64')), array]),
    ),
  };
}

/** What is compiled for a basis; the fixed term is part of the key, by what was compiled with it. */
interface Compiled {
  readonly fixed: object | undefined;
  readonly bases: Map<string, Basis>;
  readonly models: Map<string, AnyTracedModel>;
}

const known = new WeakMap<object, Compiled>();

function compiledFor<P>({ basis, fixed }: SeparableModel<P>): Compiled {
  const old = known.get(basis);
  if (old !== undefined && old.fixed === fixed) return old;
  const compiled = { fixed, bases: new Map(), models: new Map() };
  known.set(basis, compiled);
  return compiled;
}

function remembered<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

/** The basis at the data, compiled at its first use for data of this shape and remembered with the function. */
export function basisAt<P>(use: SeparableUse<P>, data: CheckedData): Basis {
  const key = JSON.stringify([use.q, data.y.length, data.predictors, use.arrangement.names]);
  const basis = remembered(compiledFor(use.model).bases, key, () => traceBasis(use, data));
  basis.load(data.x);
  return basis;
}

/** The same model for `curveFit`, of a list of the nonlinear parameters and then the linear ones. */
export function wholeModel<P>(use: SeparableUse<P>): AnyTracedModel {
  const { q } = use;
  return remembered(compiledFor(use.model).models, JSON.stringify([q, use.arrangement.names]), () => (x, given) => {
    const parameters = inOrder(given);
    const { columns, fixed } = termsOf(use, x, parameters.slice(0, q));
    const terms = columns.map((t, j) => t.mul(parameters[q + j]!));
    return (fixed ? [...terms, fixed] : terms).reduce((sum, t) => sum.add(t));
  });
}
