import { InvalidArgumentError } from 'commander';

/** More seeds than this are a slip of the hand. */
const mostSeeds = 1000;

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

/** Seeds separated by commas, or from one to another: `0,1,2`, `1-5`; each once. @throws InvalidArgumentError */
export function seedList(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => {
    const [, from, to] = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(part) ?? [];
    if (from === undefined) throw new InvalidArgumentError(`"${part.trim()}" is not a seed; give 0,1,2 or 1-5.`);
    const [first, last] = [Number(from), Number(to ?? from)];
    if (!Number.isSafeInteger(last) || last < first || last - first >= mostSeeds) {
      throw new InvalidArgumentError(`"${part.trim()}" must go upwards, over at most ${mostSeeds} seeds.`);
    }
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  const twice = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
  if (twice !== undefined) throw new InvalidArgumentError(`The seed ${twice} is there twice.`);
  return seeds;
}
