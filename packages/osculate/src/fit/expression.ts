import { type MathNode, parse } from 'mathjs/number';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { full } from '../tensor/leaf.js';
import type { TracedModel } from './curve-fit.js';
import { constants, functions, operators, type Value } from './expression/functions.js';
import { at, scan, type Token } from './expression/scan.js';

/** A formula that has been read but holds no values yet. */
export interface Expression {
  readonly text: string;
  /** The names in it that are not constants, in the order in which they first appear. */
  readonly symbols: readonly string[];
  /**
   * The graph of the formula with a tensor for each symbol, f64, with broadcasting. A formula without symbols gives a scalar.
   * @throws InputError for a symbol without a tensor.
   */
  build(values: Readonly<Record<string, Tensor>>): Tensor;
}

export interface ExpressionOptions {
  /** Names that may appear; default: any. */
  readonly names?: readonly string[];
}

interface Reading {
  readonly text: string;
  readonly tokens: readonly Token[];
}

function firstPosition({ tokens }: Reading, name: string): number {
  return tokens.find((token) => token.text === name)?.position ?? 1;
}

/** mathjs's tree of the text. It is only ever walked, never evaluated. */
function tree(text: string): MathNode {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(`expression: too deeply nested`);
    const { char, message } = error as { char?: number; message: string };
    throw new InputError(`${at(text, char ?? 1)}: ${message.replace(/ \(char \d+\)$/, '')}`);
  }
}

/** Replaces a node by what it computes, once its arguments are known. */
type Plan = (values: Readonly<Record<string, Tensor>>) => Value;

function calledPlan(reading: Reading, name: string, args: readonly Plan[]): Plan {
  const known = functions.get(name);
  const where = at(reading.text, firstPosition(reading, name));
  if (known === undefined) {
    throw new InputError(`${where}: there is no function "${name}"; there are ${[...functions.keys()].join(', ')}`);
  }
  if (args.length < known.least || args.length > known.most) {
    throw new InputError(
      `${where}: ${name} takes ${known.least === known.most ? known.least : `${known.least} or more`} arguments, not ${args.length}`,
    );
  }
  return (values) => known.apply(args.map((arg) => arg(values)));
}

function symbolPlan({ text }: Reading, name: string): Plan {
  const constant = constants.get(name);
  if (constant !== undefined) return () => constant;
  return (values) => {
    if (!Object.hasOwn(values, name)) throw new InputError(`expression "${text}": no value is given for "${name}"`);
    return values[name]!;
  };
}

interface Walked {
  readonly type: string;
  readonly name?: string;
  readonly fn?: string | { readonly name?: string };
  readonly args?: readonly MathNode[];
  readonly value?: unknown;
  readonly content?: MathNode;
}

/** What a node computes. Any kind of node that is not named here is refused. */
function plan(node: MathNode, reading: Reading): Plan {
  // mathjs types a node by its class alone: what a class has is read here, whatever the class.
  const { type, name, fn, args = [], value, content } = node as unknown as Walked;
  if (type === 'ParenthesisNode' && content) return plan(content, reading);
  if (type === 'ConstantNode' && typeof value === 'number' && Number.isFinite(value)) return () => value;
  if (type === 'SymbolNode' && name !== undefined) return symbolPlan(reading, name);
  if (type === 'FunctionNode' && typeof fn === 'object' && fn.name !== undefined) {
    return calledPlan(
      reading,
      fn.name,
      args.map((arg) => plan(arg, reading)),
    );
  }
  const operator = type === 'OperatorNode' && typeof fn === 'string' ? operators.get(fn) : undefined;
  if (operator === undefined) {
    throw new InputError(
      `expression "${reading.text}": "${node.toString()}" is not a number, a name, a function or + - * / ^`,
    );
  }
  const plans = args.map((arg) => plan(arg, reading));
  return (values) => operator.apply(plans.map((p) => p(values)));
}

function symbolsOf(tokens: readonly Token[]): string[] {
  const names = tokens.filter(
    ({ kind, text }, i) => kind === 'name' && !constants.has(text) && tokens[i + 1]?.text !== '(',
  );
  return [...new Set(names.map(({ text }) => text))];
}

function refuseUnknown(reading: Reading, symbols: readonly string[], names: readonly string[]): void {
  const unknown = symbols.find((symbol) => !names.includes(symbol));
  if (unknown === undefined) return;
  const where = at(reading.text, firstPosition(reading, unknown));
  throw new InputError(`${where}: the name "${unknown}" is not known; there are ${names.join(', ')}`);
}

/**
 * Reads a formula: numbers, names, `+ - * / ^`, parentheses, the constants `pi` and `e`, and the functions abs, atan, cos, cosh, erf, exp,
 * ln, log (natural), log10, max, min, pow, sin, sinh, sqrt, tan and tanh. `-x^2` is −(x²), and powers group from the right. Nothing is
 * ever evaluated as code: the text becomes a tree of these nodes and then a graph, with derivatives of every order.
 * @example parseExpression('b1*(1-exp(-b2*x))').symbols // ['b1', 'b2', 'x']
 * @throws InputError with the position, for anything else.
 */
export function parseExpression(text: string, { names }: ExpressionOptions = {}): Expression {
  const reading = { text, tokens: scan(text) };
  const root = plan(tree(text), reading);
  const symbols = symbolsOf(reading.tokens);
  if (names !== undefined) refuseUnknown(reading, symbols, names);
  return {
    text,
    symbols,
    build: (values) => {
      const result = root(values);
      return typeof result === 'number' ? full(result, 'f64') : result;
    },
  };
}

/**
 * Formulas of tied parameters, for `tied` of `curveFit` and `leastSquares`.
 * @example parseTies({ b3: 'b1 + 2*b2' })
 * @throws InputError with the position, for a formula that cannot be read.
 */
export function parseTies(formulas: Readonly<Record<string, string>>): Record<string, Expression> {
  return Object.fromEntries(Object.entries(formulas).map(([name, text]) => [name, parseExpression(text)]));
}

export interface ExpressionModelOptions {
  /** Names of the parameters, in the order of the model. */
  readonly parameters: readonly string[];
  /** Names of the columns of x; default `x`. With one name x may be a plain list, else it has a column for each. */
  readonly variables?: readonly string[];
}

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
 * const model = expressionModel('a*exp(-k*x)', { parameters: ['a', 'k'] });
 * curveFit(model, { x: [0, 1, 2], y: [3, 1.1, 0.4] }, { start: [1, 0.5] })
 * @throws InputError for a formula that cannot be read, an unknown name in it, or a parameter that it lacks.
 */
export function expressionModel(text: string, { parameters, variables = ['x'] }: ExpressionModelOptions): TracedModel {
  const names = [...variables, ...parameters];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`expression "${text}": "${twice}" names two things; rename one`);
  const { symbols, build } = parseExpression(text, { names });
  const absent = parameters.find((name) => !symbols.includes(name));
  if (absent !== undefined) {
    throw new InputError(`expression "${text}": the parameter "${absent}" does not appear in it as a free name`);
  }
  return (x, tensors) =>
    build({ ...variablesOf(x, variables), ...Object.fromEntries(parameters.map((name, j) => [name, tensors[j]!])) });
}
