import { InputError } from '../../tensor/errors.js';
import { show } from '../checks.js';

/** A part of the text of an expression; positions count from 1. */
export interface Token {
  readonly kind: 'number' | 'name' | 'symbol';
  readonly text: string;
  readonly position: number;
}

/** Longer texts are not models that somebody wrote. */
const LONGEST = 10_000;

/** Parentheses and signs within each other beyond this are neither, and would fill the stack of whoever walks the tree. */
export const DEEPEST = 200;

/** The letters of names: Latin and Greek. */
const letter = 'a-zA-Z_\\u00C0-\\u02AF\\u0370-\\u03FF';
const pattern = new RegExp(
  `\\s*(?:(\\d+(?:\\.\\d*)?(?:[eE][+-]?\\d+)?|\\.\\d+(?:[eE][+-]?\\d+)?)|([${letter}][${letter}0-9]*)|([-+*/^(),]))`,
  'uy',
);

/** Words that other languages of formulas read as operators or constants, so that they cannot be names here. */
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

/** Whether a value is complete before the place after this token. */
function ends(token: Token | undefined): boolean {
  return token !== undefined && (token.kind !== 'symbol' || token.text === ')');
}

/** Refuses what could be read as a product without a sign, or as something else than it looks. */
function checkWords(text: string, before: Token | undefined, token: Token): void {
  const where = at(text, token.position);
  if (reserved.has(token.text))
    throw new InputError(`${where}: the word "${token.text}" is reserved; choose another name`);
  if (token.text === '*' && before?.text === '*') throw new InputError(`${where}: write powers as ^, not **`);
  const begins = token.kind !== 'symbol' || (token.text === '(' && before?.kind !== 'name');
  if (before && ends(before) && begins) {
    throw new InputError(
      `${where}: an operator is missing between "${before.text}" and "${token.text}"; write * for a product`,
    );
  }
}

/** The text so far: what is open, and how deep. */
class Structure {
  private readonly open: { readonly call: boolean; readonly depth: number }[] = [];
  private depth = 0;

  constructor(private readonly text: string) {}

  /** Takes the next token. @throws InputError where a value is missing, or parentheses and commas do not fit together. */
  take(before: Token | undefined, token: Token): void {
    const where = at(this.text, token.position);
    const { text: sign, kind } = token;
    const prefix = (sign === '-' || sign === '+') && !ends(before);
    const closesNothing = sign === ')' && before?.text === '(' && this.open.at(-1)?.call;
    if (kind === 'symbol' && sign !== '(' && !prefix && !ends(before) && !closesNothing)
      throw new InputError(`${where}: a value is missing before "${sign}"`);
    if (sign === '(') {
      this.open.push({ call: before?.kind === 'name', depth: this.depth });
      this.depth++;
    } else if (sign === ')') {
      const group = this.open.pop();
      if (group === undefined) throw new InputError(`${where}: there is no "(" for this ")"`);
      this.depth = group.depth;
    } else if (prefix) this.depth++;
    else if (kind === 'symbol') this.depth = this.open.length > 0 ? this.open.at(-1)!.depth + 1 : 0;
    if (sign === ',' && !this.open.at(-1)?.call)
      throw new InputError(`${where}: a comma stands only between the arguments of a function`);
    if (this.depth > DEEPEST)
      throw new InputError(`${where}: too deeply nested, ${DEEPEST} levels are read; split it up`);
  }

  finish(last: Token): void {
    const where = at(this.text, this.text.length + 1);
    if (!ends(last)) throw new InputError(`${where}: a value is missing after "${last.text}"`);
    if (this.open.length > 0) throw new InputError(`${where}: a ")" is missing`);
  }
}

/** The parts of an expression in order, which are known to make one. @throws InputError with the position of what does not belong there. */
export function scan(text: string): readonly Token[] {
  if (typeof text !== 'string') throw new InputError(`expression: the formula is ${show(text)}; give a text`);
  if (text.length > LONGEST) {
    throw new InputError(`expression: ${text.length} characters; at most ${LONGEST} are read`);
  }
  const tokens: Token[] = [];
  const structure = new Structure(text);
  let end = 0;
  for (let token = next(text, end); token !== null; token = next(text, end)) {
    checkWords(text, tokens.at(-1), token);
    structure.take(tokens.at(-1), token);
    tokens.push(token);
    end = token.position - 1 + token.text.length;
  }
  const last = tokens.at(-1);
  if (last === undefined)
    throw new InputError('expression: the text is empty; write a model such as b1*(1-exp(-b2*x))');
  structure.finish(last);
  return tokens;
}
