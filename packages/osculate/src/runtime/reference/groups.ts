import type { Tensor } from '../../tensor/ir.js';
import { type Shape, sameShape, sizeOf } from '../../tensor/shape.js';
import { type Access, contiguous, isContiguous, reshapeAccess } from './access.js';
import { type KernelUnit, type Operand, type PointUnit, type ReduceUnit, readsOf, type Unit } from './units.js';

export type LoopUnit = PointUnit | ReduceUnit;

/** One loop nest over a domain: its units are computed element by element, each after those that it reads in the loop. */
export interface Loop {
  readonly kind: 'loop';
  readonly domain: Shape;
  readonly units: LoopUnit[];
}

/** A call of an op's own routine. */
export interface Call {
  readonly kind: 'call';
  readonly units: readonly [KernelUnit];
}

export type Group = Loop | Call;

/** Units in one loop, at most: engines give up optimising huge functions. */
export const largestLoop = 128;

/** Loops of one size that can still be joined, at most: bounds the search. */
const openLoops = 32;

/** True when a loop over `domain` reads the element of `operand`'s base that another unit of the loop has just computed. */
export function readsElement(operand: Operand, domain: Shape): boolean {
  return operand.base.size === sizeOf(domain) && isContiguous(operand.access, domain);
}

/** The same unit over another domain with as many elements, or null where its accesses cannot be expressed there. */
export function recast(unit: LoopUnit, domain: Shape): LoopUnit | null {
  if (sameShape(unit.domain, domain)) return unit;
  const move = (access: Access): Access | null => reshapeAccess(access, unit.domain, domain);
  const operands: Operand[] = [];
  for (const operand of unit.operands) {
    const access = operand.literal === undefined ? move(operand.access) : contiguous(domain);
    if (access === null) return null;
    operands.push({ ...operand, access });
  }
  if (unit.kind === 'point') return { ...unit, domain, operands };
  const target = move(unit.target);
  return target && { ...unit, domain, operands: [operands[0]!], target };
}

/** Distributes units over loops, in order: each goes into the earliest loop that it can join. */
class Grouping {
  readonly groups: Group[] = [];
  private readonly place = new Map<Tensor, number>();
  private readonly points = new Set<Tensor>();
  private readonly open = new Map<number, number[]>();

  add(unit: Unit): void {
    const at = unit.kind === 'kernel' ? this.groups.push({ kind: 'call', units: [unit] }) - 1 : this.join(unit);
    for (const t of unit.outputs) this.place.set(t, at);
    if (unit.kind === 'point') this.points.add(unit.outputs[0]);
  }

  private join(unit: LoopUnit): number {
    const size = sizeOf(unit.domain);
    const open = this.open.get(size) ?? [];
    const first = this.earliest(unit);
    for (const [i, at] of open.entries()) {
      if (at < first) continue;
      const loop = this.groups[at] as Loop;
      const fitted = recast(unit, loop.domain);
      if (fitted === null) continue;
      if (loop.units.push(fitted) === largestLoop) open.splice(i, 1);
      return at;
    }
    const at = this.groups.push({ kind: 'loop', domain: unit.domain, units: [unit] }) - 1;
    this.open.set(size, [...open.slice(-openLoops + 1), at]);
    return at;
  }

  /** The first group in which everything that the unit reads is there. */
  private earliest(unit: LoopUnit): number {
    let first = 0;
    for (const operand of unit.operands) {
      const at = operand.literal === undefined ? this.place.get(operand.base) : undefined;
      if (at === undefined) continue;
      const inLoop = this.points.has(operand.base) && readsElement(operand, unit.domain);
      first = Math.max(first, inLoop ? at : at + 1);
    }
    return first;
  }
}

/**
 * The same units, those first that compute one number from inputs and other such numbers: a loop can then read them wherever its other units
 * come from.
 */
function numbersFirst(units: readonly Unit[]): Unit[] {
  const later = new Set<Tensor>();
  const [numbers, others]: [Unit[], Unit[]] = [[], []];
  for (const unit of units) {
    if (unit.kind === 'point' && sizeOf(unit.domain) === 1 && !readsOf(unit).some((t) => later.has(t))) {
      numbers.push(unit);
    } else {
      others.push(unit);
      for (const t of unit.outputs) later.add(t);
    }
  }
  return [...numbers, ...others];
}

/** Units as loops and calls, in an order in which they can run. */
export function groupUnits(units: readonly Unit[]): Group[] {
  const grouping = new Grouping();
  for (const unit of numbersFirst(units)) grouping.add(unit);
  return grouping.groups;
}
