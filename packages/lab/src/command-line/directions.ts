import { InvalidArgumentError } from 'commander';
import { type DirectionName, directionNames } from '../analysis/direction-names.js';

/** `random,random`: one or two kinds of directions. @throws InvalidArgumentError */
export function directionList(text: string): DirectionName[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !directionNames.includes(name as DirectionName));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`There is no direction "${unknown}"; there are ${directionNames.join(', ')}.`);
  }
  return names as DirectionName[];
}
