import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { full } from '../tensor/leaf.js';
import { requireObject, show } from './checks.js';
import { constants } from './expression/functions.js';
import { planOf } from './expression/plan.js';
import { at, scan, type Token } from './expression/scan.js';
import { type AnyTracedModel, isInOrder } from './model.js';

/** A formula that has been read but holds no values yet. */
export interface Expression {
  /** The formula as it was given. */
  readonly text: string;
  /** The names in it that are not constants, in the order in which they first appear. */
  readonly symbols: readonly string[];
  /**
   * The graph of the formula with a tensor for each symbol, f64, with broadcasting. A formula without symbols gives a scalar.
   * @throws InputError for a symbol without a tensor.
   */
  build(values: Readonly<Record<string, Tensor>>): Tensor;
}

/** What a formula may hold. */
export interface ExpressionOptions {
  /** Names that may appear; default: any. */
  readonly names?: readonly string[];
}

function requireNames(what: string, names: readonly string[] | undefined): void {
  if (names !== undefined && !Array.isArray(names))
    throw new InputError(`${what} is ${show(names)}; give a list of names`);
}

function symbolsOf(tokens: readonly Token[]): string[] {
  const names = tokens.filter(
    ({ kind, text }, i) => kind === 'name' && !constants.has(text) && tokens[i + 1]?.text !== '(',
  );
  return [...new Set(names.map(({ text }) => text))];
}

function refuseUnknown(text: string, tokens: readonly Token[], symbols: readonly string[], names: readonly string[]) {
  const unknown = symbols.find((symbol) => !names.includes(symbol));
  if (unknown === undefined) return;
  const { position } = tokens.find((token) => token.text === unknown)!;
  throw new InputError(`${at(text, position)}: the name "${unknown}" is not known; there are ${names.join(', ')}`);
}

/**
 * Reads a formula: numbers, names, `+ - * / ^`, parentheses, the constants `pi` and `e`, and the functions abs, atan, cos, cosh, erf, exp,
 * ln, log (natural), log10, max, min, pow, sin, sinh, sqrt, tan and tanh. `-x^2` is −(x²), and powers group from the right. Nothing is
 * ever evaluated as code: the text becomes a tree of these nodes and then a graph, with derivatives of every order. Up to 10,000
 * characters are read, and 200 levels of parentheses; sums and products may be of any length.
 * @example parseExpression('b1*(1-exp(-b2*x))').symbols // ['b1', 'b2', 'x']
 * @throws InputError with the position, for anything else.
 */
export function parseExpression(text: string, options: ExpressionOptions = {}): Expression {
  requireObject('parseExpression: the options', options, 'an object, or none');
  const { names } = options;
  requireNames('parseExpression: names', names);
  const tokens = scan(text);
  const plan = planOf(text, tokens);
  const symbols = symbolsOf(tokens);
  if (names !== undefined) refuseUnknown(text, tokens, symbols, names);
  return {
    text,
    symbols,
    build: (values) => {
      const result = plan(values);
      return typeof result === 'number' ? full(result, 'f64') : result;
    },
  };
}

/**
 * Formulas of tied parameters, for `tied` of `curveFit` and `leastSquares`.
 * @example parseTies({ b3: 'b1 + 2*b2' }).b3.symbols // ['b1', 'b2']
 * @throws InputError with the position, for a formula that cannot be read.
 */
export function parseTies<const Name extends string>(
  formulas: Readonly<Record<Name, string>>,
): Record<Name, Expression> {
  requireObject('parseTies: formulas', formulas, "formulas by name, as { b3: 'b1 + 2*b2' }");
  const entries = Object.entries<string>(formulas).map(([name, text]) => [name, parseExpression(text)]);
  return Object.fromEntries(entries);
}

/** What the names in a formula mean. */
export interface ExpressionModelOptions {
  /** Names of the parameters, in the order of a list of them; default: all names that are not variables, as they appear. */
  readonly parameters?: readonly string[];
  /** Names of the columns of x; default `x`. With one name x may be a plain list, else it has a column for each. */
  readonly variables?: readonly string[];
}

/** A model that takes its parameters in a list or by name. Further names are left alone. */
export type ExpressionModel = AnyTracedModel;

/** The variables by name: a plain list of numbers, or the columns of the rows. */
function variablesOf(x: Tensor, names: readonly string[]): Record<string, Tensor> {
  if (x.rank === 1 && names.length === 1) return { [names[0]!]: x };
  const [rows = 0, columns = 1] = x.shape;
  if (columns !== names.length) {
    throw new ShapeError(`expressionModel: x has ${columns} columns for the variables ${names.join(', ')}`);
  }
  return Object.fromEntries(names.map((name, j) => [name, x.slice([0, j], [rows, j + 1]).reshape([rows])]));
}

/**
 * A formula as a model for `curveFit`. Keep it for further fits: `curveFit` remembers what it compiled by this function.
 * @example
 * const model = expressionModel('a*exp(-k*x)');
 * curveFit(model, { x: [0, 1, 2], y: [3, 1.1, 0.4] }, { start: { a: 1, k: 0.5 } }).values.k // 1.0048…
 * @throws InputError for a formula that cannot be read, an unknown name in it, or a parameter that it lacks.
 */
export function expressionModel(text: string, options: ExpressionModelOptions = {}): ExpressionModel {
  requireObject('expressionModel: the options', options, 'an object, or none');
  const { parameters: given, variables = ['x'] } = options;
  requireNames('expressionModel: parameters', given);
  requireNames('expressionModel: variables', variables);
  const { symbols, build } = parseExpression(text, given && { names: [...variables, ...given] });
  const parameters = given ?? symbols.filter((name) => !variables.includes(name));
  const names = [...variables, ...parameters];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`expression "${text}": "${twice}" names two things; rename one`);
  const absent = parameters.find((name) => !symbols.includes(name));
  if (absent !== undefined) {
    throw new InputError(`expression "${text}": the parameter "${absent}" does not appear in it as a free name`);
  }
  return (x, values) => {
    const named = isInOrder(values)
      ? Object.fromEntries(parameters.flatMap((name, j) => (values[j] === undefined ? [] : [[name, values[j]]])))
      : values;
    return build({ ...named, ...variablesOf(x, variables) });
  };
}
