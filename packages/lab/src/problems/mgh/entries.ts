import { dataFile } from '../data-file.js';

export interface MghMinimum {
  /** f and x as the paper prints them, and f at that x. */
  readonly f: number;
  readonly x?: readonly number[];
  readonly fAtX?: number;
  /** f and x to full precision. */
  readonly refined: number;
  readonly refinedX: readonly number[];
}

export interface MghEntry {
  readonly number: number;
  readonly name: string;
  readonly n: number;
  readonly m: number;
  readonly start: readonly number[];
  readonly fStart: number;
  readonly minima: readonly MghMinimum[];
}

/** The collection of Moré, Garbow and Hillstrom: sizes, standard starts and known minima. */
export function mghEntries(): readonly MghEntry[] {
  return JSON.parse(dataFile('mgh.json')) as MghEntry[];
}
