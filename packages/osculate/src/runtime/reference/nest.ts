import type { Tensor } from '../../tensor/ir.js';
import { type Shape, stridesOf } from '../../tensor/shape.js';
import type { Access } from './access.js';
import { literal, type Routine } from './routine.js';

/** Axes of a domain that all accesses walk through as if they were one. */
interface Merged {
  readonly dims: readonly number[];
  /** The axis of the domain whose stride is the merged axis's. */
  readonly axes: readonly number[];
}

function mergeAxes(domain: Shape, accesses: readonly Access[]): Merged {
  const dims: number[] = [];
  const axes: number[] = [];
  for (let k = domain.length - 1; k >= 0; k--) {
    const inner = axes[0];
    if (inner !== undefined && accesses.every(({ strides }) => strides[k] === dims[0]! * strides[inner]!)) {
      dims[0]! *= domain[k]!;
    } else {
      dims.unshift(domain[k]!);
      axes.unshift(k);
    }
  }
  return { dims, axes };
}

/**
 * The source of a loop nest. Lines are put at the outermost level where they can be computed: level 0 is before the
 * nest, level k in the body of its k-th loop, before or after the loops inside.
 */
export class Nest {
  readonly depth: number;
  private readonly merged: Merged;
  private readonly before: string[][];
  private readonly after: string[][];
  private readonly indices: string[];
  private readonly known = new Map<string, string>();

  constructor(
    private readonly routine: Routine,
    private readonly domain: Shape,
    accesses: readonly Access[],
  ) {
    this.merged = mergeAxes(domain, accesses);
    this.depth = this.merged.dims.length;
    this.indices = this.merged.dims.map(() => routine.fresh('p'));
    this.before = [...this.merged.dims, 0].map(() => []);
    this.after = [...this.merged.dims, 0].map(() => []);
  }

  /** Strides over the loops of the nest. */
  strides(access: Access): number[] {
    return this.merged.axes.map((k) => access.strides[k]!);
  }

  open(level: number, line: string): void {
    this.before[level]!.push(line);
  }

  close(level: number, line: string): void {
    this.after[level]!.push(line);
  }

  /** `buffer[index]` for an access; the index is computed where its loops are. */
  element(buffer: string, access: Access): string {
    return `${buffer}[${this.index(access.offset, this.strides(access))}]`;
  }

  /** The element of the loop's own domain. */
  own(buffer: string): string {
    return this.element(buffer, { offset: 0, strides: stridesOf(this.domain) });
  }

  /** The name of an element's value, loaded once in the outermost loop where it is the same. */
  load(t: Tensor, access: Access): string {
    const strides = this.strides(access);
    let level = strides.length;
    while (level > 0 && strides[level - 1] === 0) level--;
    const element = this.element(this.routine.buffer(t), access);
    return level === 0 ? this.routine.load(t, element) : this.name(level, element, 'x');
  }

  /** Writes the nest into the routine. */
  write(): void {
    const { dims } = this.merged;
    for (let k = 0; k < dims.length; k++) {
      for (const line of this.before[k]!) this.routine.line(line);
      const p = this.indices[k]!;
      this.routine.line(`for (let ${p} = 0; ${p} < ${dims[k]}; ${p}++) {`);
    }
    for (let k = dims.length; k >= 0; k--) {
      const inside = k === dims.length ? this.before[k]! : ['}'];
      for (const line of [...inside, ...this.after[k]!]) this.routine.line(line);
    }
  }

  private name(level: number, expression: string, prefix: string): string {
    const key = `${level} ${expression}`;
    let name = this.known.get(key);
    if (name === undefined) {
      name = this.routine.fresh(prefix);
      this.open(level, `const ${name} = ${expression};`);
      this.known.set(key, name);
    }
    return name;
  }

  /** offset + Σ strides[k]·p_k, with the sums over outer loops named there. */
  private index(offset: number, strides: readonly number[]): string {
    let sum = offset === 0 ? '' : String(offset);
    let pending = 0;
    strides.forEach((stride, k) => {
      if (stride === 0) return;
      if (pending > 0) sum = this.name(pending, sum, 'q');
      const step = stride === 1 ? this.indices[k]! : `${literal(stride)} * ${this.indices[k]!}`;
      sum = sum === '' ? step : `${sum} + ${step}`;
      pending = sum === this.indices[k] ? 0 : k + 1;
    });
    return sum === '' ? '0' : sum;
  }
}
