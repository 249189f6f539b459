import { referenceBuffer, toReference } from '../../compile/evaluate.js';
import type { DType } from '../../tensor/dtype.js';
import type { Graph, ReferenceBuffer, Tensor } from '../../tensor/ir.js';
import { constantValue, isConstant } from '../../tensor/leaf.js';
import type { Group } from './groups.js';
import { readsOf, type Units } from './units.js';

/** Where a tensor's elements are while a graph runs: an argument of the call, or a buffer that belongs to the program. */
export type Place =
  | { readonly kind: 'input' | 'output'; readonly index: number }
  | { readonly kind: 'buffer'; readonly buffer: ReferenceBuffer };

/** Buffers below this many elements are not worth sharing. */
const smallest = 64;

/** Hands out buffers, and takes back those that nobody reads any more. */
class Pool {
  private readonly free = new Map<DType, ReferenceBuffer[]>();

  /** A buffer of exactly `size` elements, as a part of a free one that is at most four times as large if there is one. */
  take(dtype: DType, size: number): { buffer: ReferenceBuffer; whole: ReferenceBuffer } {
    const free = this.free.get(dtype) ?? [];
    let best = -1;
    free.forEach((b, i) => {
      const fits = b.length >= size && b.length <= 4 * size;
      if (size >= smallest && fits && (best < 0 || b.length < free[best]!.length)) best = i;
    });
    if (best < 0) {
      const whole = referenceBuffer(dtype, size);
      return { buffer: whole, whole };
    }
    const whole = free.splice(best, 1)[0]!;
    return { buffer: whole.length === size ? whole : whole.subarray(0, size), whole };
  }

  give(dtype: DType, whole: ReferenceBuffer): void {
    if (whole.length < smallest) return;
    const free = this.free.get(dtype) ?? [];
    free.push(whole);
    this.free.set(dtype, free);
  }
}

function inputPlaces(graph: Graph): Map<Tensor, Place> {
  return new Map(graph.inputs.map((t, index) => [t, { kind: 'input', index }]));
}

/** Outputs whose elements are already elsewhere (an input, a constant, another output) and must be copied: [index, storage]. */
export type Copies = readonly (readonly [index: number, from: Tensor])[];

/** Places for everything that is in memory. Buffers are shared between values that are not alive at the same time. */
export class Storage {
  readonly copies: Copies;
  private readonly places: Map<Tensor, Place>;

  constructor(graph: Graph, units: Units, groups: readonly Group[], inMemory: ReadonlySet<Tensor>) {
    this.places = inputPlaces(graph);
    const copies: [number, Tensor][] = [];
    graph.outputs.forEach((t, index) => {
      const base = units.storage(t);
      if (this.places.has(base) || isConstant(base)) copies.push([index, base]);
      else this.places.set(base, { kind: 'output', index });
    });
    this.copies = copies;
    this.allocate(groups, inMemory);
  }

  /** Where a tensor is; a constant gets its buffer when it is first asked for. */
  of(t: Tensor): Place {
    let place = this.places.get(t);
    if (!place) {
      place = { kind: 'buffer', buffer: toReference(t.dtype, constantValue(t).data) };
      this.places.set(t, place);
    }
    return place;
  }

  private allocate(groups: readonly Group[], inMemory: ReadonlySet<Tensor>): void {
    const last = new Map<Tensor, number>();
    groups.forEach((group, i) => {
      for (const unit of group.units) for (const t of [...unit.outputs, ...readsOf(unit)]) last.set(t, i);
    });
    const dying = groups.map((): [DType, ReferenceBuffer][] => []);
    const pool = new Pool();
    groups.forEach((group, i) => {
      for (const t of group.units.flatMap((unit) => unit.outputs)) {
        if (!inMemory.has(t) || this.places.has(t)) continue;
        const { buffer, whole } = pool.take(t.dtype, t.size);
        this.places.set(t, { kind: 'buffer', buffer });
        dying[last.get(t)!]!.push([t.dtype, whole]);
      }
      for (const [dtype, whole] of dying[i]!) pool.give(dtype, whole);
    });
  }
}
