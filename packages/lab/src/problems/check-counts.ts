import { UsageError } from '../usage-error.js';
import type { Settings } from './problem.js';

/** @throws UsageError unless every setting named is a whole number, and at least 1 (rows: 0 means all). */
export function checkCounts(name: string, settings: Settings, keys: readonly string[]): void {
  for (const key of keys) {
    const [value, least] = [settings[key], key === 'rows' ? 0 : 1];
    if (!Number.isInteger(value) || (value as number) < least) {
      throw new UsageError(`"${name}": ${key} is ${value}; it must be a whole number, ${least} or more`);
    }
  }
}
