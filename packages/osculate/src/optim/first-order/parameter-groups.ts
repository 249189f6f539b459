import { InputError } from '../../tensor/errors.js';
import type { ParameterLayout, ParameterSlot } from '../../tensor/parameters.js';

/** Parameters by name with settings of their own: `{ names: /bias$/, weightDecay: 0 }`. */
export interface ParameterGroup {
  /** Parameters whose dotted name matches; a parameter belongs to the first group that it matches. */
  readonly names: RegExp;
  /** Instead of the method's; the schedule multiplies it all the same. */
  readonly learningRate?: number;
  readonly weightDecay?: number;
}

/** A stretch of the flat vector whose elements are treated alike. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  /** Learning rate of this update, schedule included. */
  readonly rate: number;
  readonly decay: number;
  /** The parameter, or the first of the parameters, that lie here. */
  readonly slot: ParameterSlot;
}

export interface GroupDefaults {
  readonly learningRate: number;
  readonly weightDecay: number;
}

const list = (slots: readonly ParameterSlot[]): string => slots.map((s) => s.name).join(', ');

/** @throws InputError for a group that no parameter belongs to, which is a misspelt pattern. */
function checkGroups(layout: ParameterLayout, groups: readonly ParameterGroup[], first: readonly number[]): void {
  const unused = groups.findIndex((_, i) => !first.includes(i));
  if (unused < 0) return;
  throw new InputError(
    `parameter groups: no parameter belongs to group ${unused}, ${groups[unused]!.names}; the names are ${list(layout.slots)}`,
  );
}

/** RegExp.test of a pattern with the flag g or y depends on where the last search ended; search does not. */
const matches = (pattern: RegExp, name: string): boolean => name.search(pattern) >= 0;

/**
 * The segments of a layout, in order and without gaps: neighbours with equal settings are joined unless `bySlot`.
 * Learning rates are without the schedule. @throws InputError for a group that no parameter belongs to.
 */
export function segmentsOf(
  layout: ParameterLayout,
  defaults: (slot: ParameterSlot) => GroupDefaults,
  groups: readonly ParameterGroup[],
  bySlot: boolean,
): readonly Segment[] {
  const first = layout.slots.map(({ name }) => groups.findIndex((group) => matches(group.names, name)));
  checkGroups(layout, groups, first);
  const segments: Segment[] = [];
  layout.slots.forEach((slot, i) => {
    const { learningRate: rate, weightDecay: decay } = { ...defaults(slot), ...groups[first[i]!] };
    const [from, to] = [slot.offset, slot.offset + slot.size];
    const last = segments.at(-1);
    if (!bySlot && last?.rate === rate && last.decay === decay) segments[segments.length - 1] = { ...last, to };
    else segments.push({ from, to, rate, decay, slot });
  });
  return segments;
}
