import { InputError } from '../../tensor/errors.js';
import { incompleteBeta, logBeta } from './beta.js';
import { normalQuantile, normalTail } from './normal.js';

/** From here on an expansion about the normal distribution has more digits than the beta function. */
const NEARLY_NORMAL = 1e6;

/** P(T > t) for t ≥ 0 of Student's t with ν degrees of freedom, and P(|T| ≤ t). */
function probabilities(t: number, nu: number): { tail: number; centre: number } {
  const square = t * t;
  const [x, y] = [nu / (nu + square), square / (nu + square)];
  return { tail: incompleteBeta(nu / 2, 0.5, x, y) / 2, centre: incompleteBeta(0.5, nu / 2, y, x) };
}

function density(t: number, nu: number): number {
  return Math.exp(-0.5 * (nu + 1) * Math.log1p((t * t) / nu) - logBeta(0.5, nu / 2) - 0.5 * Math.log(nu));
}

/** The expansion of the quantile in 1/ν about that of the normal distribution (Fisher and Cornish 1960), to 1/ν². */
function nearNormal(level: number, nu: number): number {
  const z = normalQuantile(level);
  const square = z * z;
  return z + (z * (square + 1)) / (4 * nu) + (z * ((5 * square + 16) * square + 3)) / (96 * nu * nu);
}

/** Newton's iteration from 0 on the concave P(|T| ≤ t): monotone, quick where the level is small. */
function fromCentre(level: number, nu: number): number {
  let t = 0;
  for (let i = 0; i < 50; i++) {
    const step = (level - probabilities(t, nu).centre) / (2 * density(t, nu));
    t += step;
    if (Math.abs(step) <= 1e-15 * t) break;
  }
  return t;
}

/** Newton's iteration on ln P(T > t) in ln t, which is concave: at most one step goes too far, and the others come back to the root. */
function fromTail(tail: number, nu: number): number {
  let t = normalQuantile(1 - 2 * tail);
  for (let i = 0; i < 100; i++) {
    const { tail: at } = probabilities(t, nu);
    const step = (Math.log(at / tail) * at) / (t * density(t, nu));
    t *= Math.exp(step);
    if (Math.abs(step) <= 4e-16) break;
  }
  return t;
}

/**
 * The t with P(|T| ≤ t) = level of Student's distribution with ν > 0 degrees of freedom (∞: normal); relative accuracy 1e-12 or better.
 * @example
 * studentQuantile(0.95, 6) // 2.447, half the width of a 95 % interval in standard errors
 * @throws InputError for a level outside 0…1 or degrees of freedom that are not positive.
 */
export function studentQuantile(level: number, degreesOfFreedom: number): number {
  if (!(typeof level === 'number' && level > 0 && level < 1))
    throw new InputError(`studentQuantile: the level is ${level}; it lies between 0 and 1, as 0.95`);
  if (!(typeof degreesOfFreedom === 'number' && degreesOfFreedom > 0))
    throw new InputError(`studentQuantile: ${degreesOfFreedom} degrees of freedom; it takes more than 0`);
  if (degreesOfFreedom > NEARLY_NORMAL) return nearNormal(level, degreesOfFreedom);
  return level < 0.6 ? fromCentre(level, degreesOfFreedom) : fromTail((1 - level) / 2, degreesOfFreedom);
}

/** P(|T| ≥ |t|) of Student's distribution with ν degrees of freedom (∞: normal). */
export function studentTwoSided(t: number, degreesOfFreedom: number): number {
  if (Number.isNaN(t) || !(degreesOfFreedom > 0)) return Number.NaN;
  const size = Math.abs(t);
  if (degreesOfFreedom === Number.POSITIVE_INFINITY) return 2 * normalTail(size);
  return size === Number.POSITIVE_INFINITY ? 0 : 2 * probabilities(size, degreesOfFreedom).tail;
}
