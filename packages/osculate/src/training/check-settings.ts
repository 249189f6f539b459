import { checkNames, checkOptions } from '../tensor/check-options.js';
import { showValue } from '../tensor/check-value.js';
import { InputError } from '../tensor/errors.js';
import type { FitModelSettings } from './fit-options.js';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

type Kind = readonly [fits: (value: unknown) => boolean, what: string];

/** What an option is, where it is given: whether it fits, and what to give instead. */
const kinds = {
  loss: [
    (v) => typeof v === 'function' || isObject(v),
    'one of osculate/nn, a function (output, target) => scalar, or losses by name',
  ],
  optimizer: [
    (v) => isObject(v) && 'step' in v && typeof v.step === 'function',
    'one of osculate/optim, such as adamW() or kfac()',
  ],
  executor: [(v) => isObject(v) && 'load' in v && typeof v.load === 'function', 'an executor'],
  validation: [(v) => typeof v === 'number' || isObject(v), 'a share of the rows, or examples { x, y }'],
  earlyStopping: [(v) => typeof v === 'boolean' || isObject(v), 'true, or { patience, minDelta }'],
  progress: [
    (v) => typeof v === 'boolean' || (isObject(v) && 'write' in v && typeof v.write === 'function'),
    'false, or something with a write(text)',
  ],
  onStep: [(v) => typeof v === 'function', 'a function'],
  onEpoch: [(v) => typeof v === 'function', 'a function'],
  signal: [(v) => isObject(v) && 'aborted' in v, 'the signal of an AbortController'],
  trainable: [(v) => v instanceof RegExp || typeof v === 'function', 'a regular expression, or a function of a name'],
  parameters: [isObject, 'a tree of arrays'],
  dtype: [(v) => v === 'f32' || v === 'f64', 'f32 or f64'],
  seed: [(v) => typeof v === 'number' && Number.isInteger(v) && v >= 0, 'an integer ≥ 0'],
  checkpoint: [(v) => typeof v === 'string', 'a path'],
  resume: [(v) => typeof v === 'string' || v instanceof Uint8Array, 'a path, or the bytes of a checkpoint'],
} satisfies Readonly<Record<string, Kind>>;

/** Options that are checked where they are used. */
const others = { epochs: 1, steps: 1, seconds: 1, weightDecay: 1, chunk: 1, x: 1, y: 1, data: 1, targets: 1 };

/** @throws InputError for options of `fitModel` that there are not, or that are not what they must be. */
export function checkSettings(what: string, options: FitModelSettings): void {
  checkNames(what, options, { ...kinds, ...others });
  const { epochs, steps, seconds, loss, earlyStopping } = options;
  if (loss === undefined) throw new InputError(`${what}: loss is missing; give ${kinds.loss[1]}`);
  for (const [name, [fits, what]] of Object.entries(kinds)) {
    const value: unknown = Reflect.get(options, name);
    if (value === undefined || fits(value)) continue;
    throw new InputError(`${what}: ${name} is ${showValue(value)}; give ${what}`);
  }
  if (typeof earlyStopping === 'object')
    checkNames(`${what}: earlyStopping`, earlyStopping, { patience: 1, minDelta: 1 });
  const { patience, minDelta } = typeof earlyStopping === 'object' ? earlyStopping : {};
  checkOptions(what, {
    'an integer ≥ 1': { epochs, steps, patience },
    'a number > 0': { seconds },
    'a number ≥ 0': { minDelta },
  });
}
