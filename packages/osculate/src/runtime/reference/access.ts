import { type Shape, sizeOf, stridesOf } from '../../tensor/shape.js';

/** Where elements lie in a base's storage: element (i0, i1, …) at flat index `offset + Σ strides[k]·ik`. */
export interface Access {
  readonly offset: number;
  readonly strides: readonly number[];
}

export function contiguous(shape: Shape): Access {
  return { offset: 0, strides: stridesOf(shape) };
}

/** True when the elements of `shape` lie in row-major order, wherever they start. */
function inOrder(access: Access, shape: Shape): boolean {
  const strides = stridesOf(shape);
  return sizeOf(shape) === 0 || shape.every((d, k) => d === 1 || access.strides[k] === strides[k]);
}

/** True when element n of `shape` is element n of the storage. */
export function isContiguous(access: Access, shape: Shape): boolean {
  return access.offset === 0 && inOrder(access, shape);
}

/** Axes of length 1 have no influence on an access: without them shapes that differ only there are the same domain. */
export function squeezeShape(shape: Shape): number[] {
  return shape.filter((d) => d !== 1);
}

export function squeeze(access: Access, shape: Shape): Access {
  return { offset: access.offset, strides: access.strides.filter((_, k) => shape[k] !== 1) };
}

/** NumPy broadcasting of an access to a larger shape: repeated axes get stride 0. */
export function broadcast(access: Access, from: Shape, to: Shape): Access {
  const lead = to.length - from.length;
  const strides = to.map((_, k) => (k < lead || from[k - lead] === 1 ? 0 : access.strides[k - lead]!));
  return { offset: access.offset, strides };
}

/**
 * The access under another shape with the same elements in row-major order, or null when no strides express it (NumPy's
 * rule for reshaping without a copy): axes that merge must follow each other in memory.
 */
export function reshapeAccess(access: Access, from: Shape, to: Shape): Access | null {
  if (sizeOf(to) === 0) return contiguous(to);
  const dims = squeezeShape(from);
  const { strides } = squeeze(access, from);
  const out = new Array<number>(to.length).fill(0);
  let [oldAt, newAt] = [0, 0];
  while (oldAt < dims.length && newAt < to.length) {
    let [oldEnd, newEnd, oldSize, newSize] = [oldAt + 1, newAt + 1, dims[oldAt]!, to[newAt]!];
    while (oldSize !== newSize) {
      if (newSize < oldSize) newSize *= to[newEnd++]!;
      else oldSize *= dims[oldEnd++]!;
    }
    for (let k = oldAt; k < oldEnd - 1; k++) if (strides[k] !== dims[k + 1]! * strides[k + 1]!) return null;
    out[newEnd - 1] = strides[oldEnd - 1]!;
    for (let k = newEnd - 1; k > newAt; k--) out[k - 1] = out[k]! * to[k]!;
    [oldAt, newAt] = [oldEnd, newEnd];
  }
  return { offset: access.offset, strides: out };
}

/** The axis of `shape` along which a flat stride moves, and by how many steps; null when it is not along one axis. */
function axisOf(stride: number, length: number, shape: Shape, flat: readonly number[]): [number, number] | null {
  for (let d = 0; d < shape.length; d++) {
    const steps = stride / flat[d]!;
    if (shape[d] !== 1 && Number.isInteger(steps) && Math.abs(steps) * (length - 1) < shape[d]!) return [d, steps];
  }
  return null;
}

/**
 * A strided map (`map`, in flat indices of a contiguous tensor of shape `inner`) of a tensor that is itself read through
 * `access`. Null when the map does not split into moves along single axes, so that the tensor must be stored first.
 */
export function compose(access: Access, inner: Shape, map: Access, outer: Shape): Access | null {
  if (sizeOf(outer) === 0) return contiguous(outer);
  if (inOrder(access, inner)) return { offset: access.offset + map.offset, strides: map.strides };
  const flat = stridesOf(inner);
  const low = inner.map((d, k) => Math.floor(map.offset / flat[k]!) % d);
  const high = [...low];
  let offset = access.offset;
  for (let k = 0; k < inner.length; k++) offset += low[k]! * access.strides[k]!;
  const strides = new Array<number>(outer.length).fill(0);
  for (let k = 0; k < outer.length; k++) {
    if (outer[k] === 1 || map.strides[k] === 0) continue;
    const move = axisOf(map.strides[k]!, outer[k]!, inner, flat);
    if (move === null) return null;
    const [axis, steps] = move;
    strides[k] = steps * access.strides[axis]!;
    (steps < 0 ? low : high)[axis]! += steps * (outer[k]! - 1);
  }
  // Every index stays inside its axis: the split is the only one, hence right.
  return inner.every((d, k) => low[k]! >= 0 && high[k]! < d) ? { offset, strides } : null;
}
