import { InvalidArgumentError } from 'commander';

/** The parts of `a=1,b=2`, as pairs of text. @throws InvalidArgumentError */
function pairs(text: string): [name: string, value: string][] {
  const found = text.split(',').map((part): [string, string] => {
    const at = part.indexOf('=');
    const name = part.slice(0, at).trim();
    if (at < 0 || name === '') throw new InvalidArgumentError(`"${part.trim()}" is not of the form name=value.`);
    return [name, part.slice(at + 1).trim()];
  });
  const twice = found.find(([name], i) => found.findIndex(([other]) => other === name) !== i);
  if (twice) throw new InvalidArgumentError(`"${twice[0]}" is there twice.`);
  return found;
}

function finite(name: string, text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value))
    throw new InvalidArgumentError(`The value of "${name}" is "${text}"; it must be a finite number.`);
  return value;
}

/** `b1=500,b2=1e-4`. @throws InvalidArgumentError */
export function startValues(text: string): Record<string, number> {
  return Object.fromEntries(pairs(text).map(([name, value]) => [name, finite(name, value)]));
}

/** `b1,b3=2`: a number each, or null for the start. @throws InvalidArgumentError */
export function fixedValues(text: string): Record<string, number | null> {
  const given = text
    .split(',')
    .map((part) => (part.includes('=') ? part : `${part}=`))
    .join(',');
  return Object.fromEntries(
    pairs(given).map(([name, value]) => [
      name,
      value === '' && !text.includes(`${name}=`) ? null : finite(name, value),
    ]),
  );
}

/** `sx`, or `u=su,v=sv`: a column for the only variable, under the key `''`, or one for each. @throws InvalidArgumentError */
export function errorColumns(text: string): Record<string, string> {
  return text.includes('=') ? Object.fromEntries(pairs(text)) : { '': text.trim() };
}

/** `b3=b1+2*b2`, added to those before. @throws InvalidArgumentError */
export function tie(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  const [name, formula] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at < 0 || name === '' || formula === '')
    throw new InvalidArgumentError(`"${text.trim()}" is not of the form name=formula.`);
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`"${name}" is there twice.`);
  return { ...before, [name]: formula };
}

/** `b1=0:10,b2=:5`: lower and upper bounds, either of which may be left out. @throws InvalidArgumentError */
export function boundValues(text: string): Record<string, readonly [number, number]> {
  const entries = pairs(text).map(([name, value]): [string, readonly [number, number]] => {
    const sides = value.split(':').map((side) => side.trim());
    if (sides.length !== 2) throw new InvalidArgumentError(`The bounds of "${name}" are not of the form lower:upper.`);
    const lower = sides[0] === '' ? Number.NEGATIVE_INFINITY : finite(name, sides[0]!);
    const upper = sides[1] === '' ? Number.POSITIVE_INFINITY : finite(name, sides[1]!);
    if (lower > upper) throw new InvalidArgumentError(`The lower bound of "${name}" exceeds the upper.`);
    return [name, [lower, upper]];
  });
  return Object.fromEntries(entries);
}
