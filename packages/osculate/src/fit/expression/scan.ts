import { InputError } from '../../tensor/errors.js';

/** A part of the text of an expression; positions count from 1. */
export interface Token {
  readonly kind: 'number' | 'name' | 'symbol';
  readonly text: string;
  readonly position: number;
}

/** Longer texts are not models that somebody wrote. */
const LONGEST = 10_000;

/** The letters of mathjs's own names: Latin and Greek. */
const letter = 'a-zA-Z_\\u00C0-\\u02AF\\u0370-\\u03FF';
const pattern = new RegExp(
  `\\s*(?:(\\d+\\.?\\d*(?:[eE][+-]?\\d+)?|\\.\\d+(?:[eE][+-]?\\d+)?)|([${letter}][${letter}0-9]*)|([-+*/^(),]))`,
  'uy',
);

/** Words that mathjs reads as operators or constants, so that they cannot be names here. */
const reserved = new Set('and or xor not mod to in true false null undefined NaN Infinity end'.split(' '));

/** The start of an error message: the expression, and where in it. */
export function at(text: string, position: number): string {
  return `expression "${text}", position ${position}`;
}

function next(text: string, from: number): Token | null {
  pattern.lastIndex = from;
  const found = pattern.exec(text);
  if (found === null) {
    const rest = text.slice(from).trimStart();
    if (rest === '') return null;
    const position = text.length - rest.length + 1;
    throw new InputError(
      `${at(text, position)}: "${[...rest][0]}" has no meaning here; use numbers, names, functions, + - * / ^ , and parentheses`,
    );
  }
  const [, digits, name, symbol] = found;
  const part = (digits ?? name ?? symbol)!;
  const position = pattern.lastIndex - part.length + 1;
  return { kind: digits !== undefined ? 'number' : name !== undefined ? 'name' : 'symbol', text: part, position };
}

/** Refuses what mathjs would read as a product without a sign, or as something else than it looks. */
function check(text: string, before: Token | undefined, token: Token): void {
  const where = at(text, token.position);
  if (reserved.has(token.text))
    throw new InputError(`${where}: the word "${token.text}" is reserved; choose another name`);
  if (token.text === '*' && before?.text === '*') throw new InputError(`${where}: write powers as ^, not **`);
  const ends = before !== undefined && (before.kind !== 'symbol' || before.text === ')');
  const begins = token.kind !== 'symbol' || (token.text === '(' && before?.kind !== 'name');
  if (ends && begins) {
    throw new InputError(
      `${where}: an operator is missing between "${before.text}" and "${token.text}"; write * for a product`,
    );
  }
}

/** The parts of an expression in order. @throws InputError with the position of what does not belong there. */
export function scan(text: string): readonly Token[] {
  if (text.length > LONGEST) {
    throw new InputError(`expression: ${text.length} characters; at most ${LONGEST} are read`);
  }
  const tokens: Token[] = [];
  let end = 0;
  for (let token = next(text, end); token !== null; token = next(text, end)) {
    check(text, tokens.at(-1), token);
    tokens.push(token);
    end = token.position - 1 + token.text.length;
  }
  if (tokens.length === 0)
    throw new InputError('expression: the text is empty; write a model such as b1*(1-exp(-b2*x))');
  return tokens;
}
