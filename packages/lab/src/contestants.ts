import type { Optimizer, Schedule } from 'osculate/optim';
import { alternatives } from './closest.js';
import { defaultsOf, type OptimizerSettings } from './optimizers/entry.js';
import { optimizers } from './optimizers/index.js';
import { specSettings } from './spec-settings.js';
import { UsageError } from './usage-error.js';

/** An optimizer with its settings, as named on the command line. */
export interface Contestant {
  /** As given: `adam` or `adam:learningRate=0.01`. */
  readonly spec: string;
  readonly title: string;
  /** What is given, and the library's defaults that are numbers. */
  readonly settings: OptimizerSettings;
  /** Names of all settings that can be given. */
  readonly known: readonly string[];
  /** The optimizer, with a schedule of the learning rate where the method takes one (its settings then name it). */
  make(schedule?: Schedule): Optimizer;
}

/** Names of all optimizers. */
export const optimizerNames = Object.keys(optimizers);

/** Reads `name` or `name:setting=value:setting=value`. @throws UsageError that lists what there is. */
export function parseContestant(spec: string): Contestant {
  const [name = '', ...settings] = spec.split(':');
  const entry = Object.hasOwn(optimizers, name) ? optimizers[name] : undefined;
  if (!entry) {
    throw new UsageError(`there is no optimizer "${name}"${alternatives(name, optimizerNames)}`);
  }
  const given = specSettings(spec, settings, Object.fromEntries(entry.settings.map((known) => [known, 0])));
  const suffix = settings.length > 0 ? ` (${settings.join(', ')})` : '';
  const make: Contestant['make'] = (schedule) => entry.make(schedule ? { ...given, schedule } : given);
  const { settings: known } = entry;
  return { spec, title: entry.title + suffix, settings: { ...defaultsOf(entry), ...given }, known, make };
}

/** Reads a list separated by commas; each may be named once. */
export function parseContestants(list: string): readonly Contestant[] {
  const specs = list.split(',').map((s) => s.trim());
  const repeated = specs.find((s, i) => specs.indexOf(s) !== i);
  if (repeated !== undefined) throw new UsageError(`the optimizer "${repeated}" is named twice`);
  return specs.map(parseContestant);
}
