import type { Tensor } from '../../tensor/ir.js';
import { type Group, type Loop, type LoopUnit, largestLoop, readsElement, recast } from './groups.js';
import { type PointUnit, readsOf } from './units.js';

/** A loop unit's read of a tensor: whose, in which group, and whether of the element that the loop is at. */
interface Use {
  readonly reader: Tensor;
  readonly group: number;
  readonly element: boolean;
}

/**
 * Moves each value that is only needed in a later loop into that loop, where that does not lengthen the list of values
 * in memory: its operand is kept instead of it, and chains follow one by one.
 */
class Sinking {
  private readonly uses = new Map<Tensor, Use[]>();

  constructor(
    private readonly groups: readonly Group[],
    /** Tensors that must be in memory in any case. */
    private readonly kept: ReadonlySet<Tensor>,
  ) {
    groups.forEach((g, i) => {
      if (g.kind === 'loop') for (const unit of g.units) this.enter(unit, i);
    });
  }

  run(): void {
    for (let from = this.groups.length - 1; from >= 0; from--) {
      const loop = this.groups[from]!;
      if (loop.kind !== 'loop' || loop.domain.length === 0) continue;
      for (let i = loop.units.length - 1; i >= 0; i--) {
        const unit = loop.units[i]!;
        if (unit.kind === 'point' && this.move(unit, from)) loop.units.splice(i, 1);
      }
    }
  }

  private enter(unit: LoopUnit, group: number): void {
    for (const operand of unit.operands) {
      if (operand.literal !== undefined) continue;
      const list = this.uses.get(operand.base) ?? [];
      list.push({ reader: unit.outputs[0], group, element: readsElement(operand, unit.domain) });
      this.uses.set(operand.base, list);
    }
  }

  private move(unit: PointUnit, from: number): boolean {
    const uses = this.uses.get(unit.outputs[0]) ?? [];
    if (this.kept.has(unit.outputs[0]) || uses.length === 0) return false;
    const to = uses.reduce((first, use) => Math.min(first, use.group), Infinity);
    const target = this.groups[to] as Loop;
    if (to <= from || target.units.length >= largestLoop) return false;
    if (!uses.every((use) => use.group !== to || use.element)) return false;
    const freed = uses.every((use) => use.group === to) ? 1 : 0;
    const moved = this.locals(unit, from) > freed ? null : recast(unit, target.domain);
    if (moved === null) return false;
    target.units.unshift(moved);
    for (const t of readsOf(unit)) {
      const others = this.uses.get(t)!.filter(({ reader }) => reader !== unit.outputs[0]);
      this.uses.set(t, others);
    }
    this.enter(moved, to);
    return true;
  }

  /** How many operands live in no other loop than `from` so far. */
  private locals(unit: PointUnit, from: number): number {
    const loop = this.groups[from] as Loop;
    const local = new Set(readsOf(unit).filter((t) => !this.kept.has(t) && loop.units.some((u) => u.outputs[0] === t)));
    return [...local].filter((t) => this.uses.get(t)!.every((use) => use.group === from)).length;
  }
}

/** Moves values towards their readers, in place. */
export function sink(groups: readonly Group[], kept: ReadonlySet<Tensor>): void {
  new Sinking(groups, kept).run();
}
