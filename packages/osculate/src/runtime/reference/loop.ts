import type { Tensor } from '../../tensor/ir.js';
import { sizeOf } from '../../tensor/shape.js';
import { type Access, contiguous } from './access.js';
import { type Loop, readsElement } from './groups.js';
import { Nest } from './nest.js';
import { literal, type Routine } from './routine.js';
import type { Operand, PointUnit, ReduceUnit } from './units.js';

/** What storing and reading back would make of a value. */
function stored(t: Tensor, expression: string): string {
  if (t.dtype === 'i32') return `(${expression}) | 0`;
  return t.dtype === 'bool' ? `(${expression}) ? 1 : 0` : expression;
}

/** Writes one loop into a routine. */
class LoopWriter {
  private readonly nest: Nest;
  private readonly computed = new Map<Tensor, string>();

  constructor(
    private readonly routine: Routine,
    private readonly loop: Loop,
  ) {
    const accesses: Access[] = [contiguous(loop.domain)];
    for (const unit of loop.units) {
      for (const operand of unit.operands) if (operand.literal === undefined) accesses.push(operand.access);
      if (unit.kind === 'reduce') accesses.push(unit.target);
    }
    this.nest = new Nest(routine, loop.domain, accesses);
  }

  write(): void {
    for (const unit of this.loop.units) {
      if (unit.kind === 'point') this.point(unit);
      else this.reduce(unit);
    }
    this.nest.write();
  }

  private operand({ base, access, literal: value }: Operand): string {
    if (value !== undefined) return literal(value);
    const name = this.computed.get(base);
    if (name !== undefined && readsElement({ base, access, literal: value }, this.loop.domain)) return name;
    return this.routine.local(base) ?? this.nest.load(base, access);
  }

  private point(unit: PointUnit): void {
    const { routine, nest } = this;
    const [out] = unit.outputs;
    const args = unit.operands.map((operand) => this.operand(operand));
    let name = args[0]!;
    if (unit.scalar !== null) {
      name = routine.fresh('v');
      nest.open(nest.depth, `const ${name} = ${stored(out, routine.apply(unit.scalar, args))};`);
    }
    this.computed.set(out, name);
    if (out.size === 1) routine.setLocal(out, name);
    if (routine.mustStore(out)) nest.open(nest.depth, `${nest.own(routine.buffer(out))} = ${name};`);
  }

  /**
   * A fold's accumulator is a variable of the loop outside of the innermost folded loops. Where further folded loops lie
   * around that one, it is loaded from memory and stored again.
   */
  private reduce(unit: ReduceUnit): void {
    const { routine, nest } = this;
    const [out] = unit.outputs;
    const folded = nest.strides(unit.target).map((s) => s === 0);
    let level = folded.length;
    while (level > 0 && folded[level - 1]) level--;
    const revisited = folded.slice(0, level).includes(true);
    const init = literal(unit.init);
    const sum = routine.fresh('v');
    const value = this.operand(unit.operands[0]);
    const inMemory = routine.mustStore(out) ? nest.element(routine.buffer(out), unit.target) : null;
    if (revisited) nest.open(0, `${routine.buffer(out)}.fill(${init});`);
    nest.open(level, `let ${sum} = ${revisited ? inMemory : init};`);
    nest.open(nest.depth, `${sum} = ${stored(out, routine.apply(unit.step, [sum, value]))};`);
    if (inMemory !== null) nest.close(level, `${inMemory} = ${sum};`);
    if (level === 0) routine.setLocal(out, sum);
  }
}

/** Writes a loop nest that computes all units of a loop. */
export function writeLoop(routine: Routine, loop: Loop): void {
  if (sizeOf(loop.domain) > 0) {
    new LoopWriter(routine, loop).write();
    return;
  }
  for (const unit of loop.units) {
    const [out] = unit.outputs;
    if (unit.kind !== 'reduce') continue;
    if (out.size === 1) routine.setLocal(out, literal(unit.init));
    if (routine.mustStore(out)) routine.line(`${routine.buffer(out)}.fill(${literal(unit.init)});`);
  }
}
