import type { Tensor } from '../../tensor/ir.js';

/** [size, n, …] → [size·n, …]: a batch axis joins the examples. */
export function batchIntoExamples(t: Tensor): Tensor {
  return t.reshape([t.shape[0]! * t.shape[1]!, ...t.shape.slice(2)]);
}

/** [size·n, …] → [size, n, …]. */
export function batchFromExamples(t: Tensor, size: number): Tensor {
  return t.reshape([size, t.shape[0]! / size, ...t.shape.slice(1)]);
}

/**
 * The leading batch axis of t joins axis `axis` (counted without the batch axis), which holds `groups` groups of channels:
 * it goes between group and channel, so that each group keeps its own channels. With one group it becomes the outer part.
 */
export function batchIntoChannels(t: Tensor, axis: number, groups: number): Tensor {
  const [size, ...shape] = t.shape as [number, ...number[]];
  const channels = shape[axis]! / groups;
  const split = t.reshape([size, ...shape.slice(0, axis), groups, channels, ...shape.slice(axis + 1)]);
  const moved = Array.from({ length: split.rank - 1 }, (_, i) => i + 1);
  moved.splice(axis + 1, 0, 0);
  const merged = shape.map((d, i) => (i === axis ? d * size : d));
  return split.transpose(moved).reshape(merged);
}

/** Undoes `batchIntoChannels` on a result. */
export function batchFromChannels(t: Tensor, axis: number, groups: number, size: number): Tensor {
  const { shape } = t;
  const channels = shape[axis]! / (groups * size);
  const split = t.reshape([...shape.slice(0, axis), groups, size, channels, ...shape.slice(axis + 1)]);
  const moved = Array.from({ length: split.rank }, (_, i) => i);
  moved.splice(axis + 1, 1);
  moved.unshift(axis + 1);
  return split.transpose(moved).reshape([size, ...shape.map((d, i) => (i === axis ? d / size : d))]);
}
