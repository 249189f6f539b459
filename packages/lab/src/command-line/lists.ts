import { InvalidArgumentError } from 'commander';

/** Names separated by commas, each once. @throws InvalidArgumentError */
export function nameList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('A name in the list is empty.');
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InvalidArgumentError(`"${twice}" is there twice.`);
  return names;
}

/** Finite numbers separated by commas. @throws InvalidArgumentError */
export function numberList(text: string): number[] {
  return text.split(',').map((part) => {
    const value = Number(part);
    if (part.trim() === '' || !Number.isFinite(value))
      throw new InvalidArgumentError(`"${part.trim()}" is not a finite number.`);
    return value;
  });
}
