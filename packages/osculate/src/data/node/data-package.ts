import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../../tensor/errors.js';

/**
 * The folder of an installed npm package that holds a data set, looked for as if from `from`, the working directory and this
 * library, in that order.
 * @throws InputError that says how to install it.
 */
export function dataPackage(name: string, from?: string): string {
  const folders = [...(from === undefined ? [] : [from]), process.cwd()].map(
    (f) => pathToFileURL(join(f, 'any.js')).href,
  );
  for (const place of [...folders, import.meta.url]) {
    try {
      return dirname(createRequire(place).resolve(`${name}/package.json`));
    } catch {
      // Not installed there: the next place.
    }
  }
  throw new InputError(`the data set needs the npm package "${name}": run \`npm install ${name}\``);
}
