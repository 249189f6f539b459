import { alternatives } from '../closest.js';
import { specSettings } from '../spec-settings.js';
import { UsageError } from '../usage-error.js';
import { addingFamily } from './adding.js';
import { analyticFamilies } from './analytic.js';
import { autoencoderFamily } from './autoencoder.js';
import { imageFamilies } from './images.js';
import { mghFamily } from './mgh.js';
import { nistFamily } from './nist.js';
import { onnxFamily } from './onnx.js';
import { burgers } from './pinn/burgers.js';
import { pinnFamily } from './pinn/pinn-problem.js';
import { poisson1d, poisson2d } from './pinn/poisson.js';
import type { Family, Problem } from './problem.js';
import { quadraticFamily } from './quadratic.js';
import { textFamilies } from './text.js';

/** All problems, in the order in which they are listed. */
export const families: readonly Family[] = [
  ...analyticFamilies,
  quadraticFamily,
  mghFamily,
  nistFamily,
  ...imageFamilies,
  autoencoderFamily,
  addingFamily,
  ...textFamilies,
  ...[poisson1d, poisson2d, burgers].map(pinnFamily),
  onnxFamily,
];

/** A name that stands for a family in lists and can be run: `quadratic:1e6`. */
export function exampleName({ name, argument }: Family): string {
  return argument ? `${name}:${argument.example}` : name;
}

/**
 * The problem of a name with its argument and settings: `rosenbrock`, `quadratic:1e6`, `poisson-2d:width=20`.
 * @throws UsageError that lists what there is.
 */
export function problemNamed(name: string): Problem {
  const [first = '', ...rest] = name.split(':');
  const family = families.find((f) => f.name === first);
  if (!family) {
    const names = families.map((f) => f.name);
    throw new UsageError(`there is no problem "${first}"${alternatives(first, names)}`);
  }
  const { argument } = family;
  const given = argument && rest[0] !== undefined && !rest[0].includes('=') ? rest.shift() : undefined;
  if (argument && !given) {
    throw new UsageError(`"${name}" needs a ${argument.placeholder}: ${exampleName(family)}, say`);
  }
  return family.make(name, given ?? '', { ...family.settings, ...specSettings(name, rest, family.settings) });
}
