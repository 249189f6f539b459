import jsep from 'jsep';
import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { constants, functions, negative, operators, type Value } from './functions.js';
import { at, DEEPEST, type Token } from './scan.js';

/** What a formula computes, once its names have values. */
export type Plan = (values: Readonly<Record<string, Tensor>>) => Value;

/** Calls of this name stand for parentheses, which jsep would leave out of its tree. */
const GROUP = 'group';

function isBinary(node: jsep.Expression): node is jsep.BinaryExpression {
  return node.type === 'BinaryExpression';
}

function isUnary(node: jsep.Expression): node is jsep.UnaryExpression {
  return node.type === 'UnaryExpression';
}

function isCall(node: jsep.Expression): node is jsep.CallExpression {
  return node.type === 'CallExpression';
}

function isIdentifier(node: jsep.Expression): node is jsep.Identifier {
  return node.type === 'Identifier';
}

/**
 * The text for jsep: each number and name is called by its place among the tokens, so that the tree says where in the formula it is and no
 * word has a meaning of its own; a power is `**`, which jsep knows without changes to a grammar that all its users share.
 */
function forJsep(tokens: readonly Token[]): string {
  return tokens
    .map(({ kind, text }, i) => {
      if (kind !== 'symbol') return `t${i}`;
      if (text === '(' && tokens[i - 1]?.kind !== 'name') return `${GROUP}(`;
      return text === '^' ? '**' : text;
    })
    .join(' ');
}

class Planner {
  constructor(
    private readonly text: string,
    private readonly tokens: readonly Token[],
  ) {}

  plan(node: jsep.Expression, depth = 0): Plan {
    if (depth > 2 * DEEPEST)
      throw new InputError(`expression: too deeply nested, ${DEEPEST} powers of powers are read`);
    if (isBinary(node)) return node.operator === '**' ? this.power(node, depth) : this.chain(node, depth);
    if (isUnary(node)) return this.signed(node, (value) => this.plan(value, depth + 1));
    if (isCall(node)) return this.call(node, depth);
    if (isIdentifier(node)) return this.leaf(this.token(node));
    throw new InputError(`expression "${this.text}": it cannot be read`);
  }

  private token({ name }: jsep.Identifier): Token {
    return this.tokens[Number(name.slice(1))]!;
  }

  /** A sum or product of any length: its left operands are walked in a loop, whatever their number. */
  private chain(node: jsep.BinaryExpression, depth: number): Plan {
    const steps: { readonly apply: (a: Value, b: Value) => Value; readonly right: Plan }[] = [];
    let first: jsep.Expression = node;
    while (isBinary(first) && first.operator !== '**') {
      steps.push({ apply: operators.get(first.operator)!, right: this.plan(first.right, depth + 1) });
      first = first.left;
    }
    const start = this.plan(first, depth + 1);
    return (values) => steps.reduceRight((value, { apply, right }) => apply(value, right(values)), start(values));
  }

  /** A power binds closer than a sign before it, as nowhere in jsep: −x^2 is −(x^2). */
  private power({ left, right }: jsep.BinaryExpression, depth: number): Plan {
    const exponent = this.plan(right, depth + 1);
    return this.signed(left, (value) => {
      const base = this.plan(value, depth + 1);
      return (values) => operators.get('**')!(base(values), exponent(values));
    });
  }

  /** Signs, and what `make` makes of the value after them. */
  private signed(node: jsep.Expression, make: (value: jsep.Expression) => Plan): Plan {
    let [value, minuses] = [node, 0];
    for (; isUnary(value); value = value.argument) if (value.operator === '-') minuses++;
    const plan = make(value);
    return (values) => {
      let result = plan(values);
      for (let i = 0; i < minuses; i++) result = negative(result);
      return result;
    };
  }

  private call(node: jsep.CallExpression, depth: number): Plan {
    const { callee } = node;
    const args = node.arguments.map((arg) => this.plan(arg, depth + 1));
    if (!isIdentifier(callee)) throw new InputError(`expression "${this.text}": only a name can be called`);
    if (callee.name === GROUP) return args[0]!;
    const { text: name, position } = this.token(callee);
    const known = functions.get(name);
    const where = at(this.text, position);
    if (known === undefined)
      throw new InputError(`${where}: there is no function "${name}"; there are ${[...functions.keys()].join(', ')}`);
    const { least, most } = known;
    if (args.length < least || args.length > most) {
      const takes = least === most ? String(least) : `${least} or more`;
      throw new InputError(`${where}: ${name} takes ${takes} arguments, not ${args.length}`);
    }
    return (values) => known.apply(args.map((arg) => arg(values)));
  }

  private leaf({ kind, text: name, position }: Token): Plan {
    const value = kind === 'number' ? Number(name) : constants.get(name);
    if (value !== undefined && !Number.isFinite(value))
      throw new InputError(`${at(this.text, position)}: "${name}" is not a number that can be held`);
    if (value !== undefined) return () => value;
    return (values) => {
      if (!Object.hasOwn(values, name))
        throw new InputError(`expression "${this.text}": no value is given for "${name}"`);
      return values[name]!;
    };
  }
}

/** The plan of a formula whose tokens make one. @throws InputError with the position, for unknown functions and wrong numbers of arguments. */
export function planOf(text: string, tokens: readonly Token[]): Plan {
  return new Planner(text, tokens).plan(jsep(forJsep(tokens)));
}
