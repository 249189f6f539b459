import type { Generator } from '../../tensor/random.js';
import type { Rows, Vector } from '../objective.js';
import { like } from '../optimizer.js';

/** Value and gradient of the mean loss over some rows. */
export interface Look {
  readonly value: number;
  readonly gradient: Vector;
}

/** The parts of a batch: what it shares with the last batch, what it will share with the next one, and the rest. */
export interface BatchParts {
  readonly shared: Rows;
  readonly next: Rows;
  readonly rest: Rows;
}

/** How many rows consecutive batches of less than the whole data share: at least one, at most half of them. */
export function overlapSize(batch: number, overlap: number): number {
  return Math.min(Math.max(1, Math.round(overlap * batch)), Math.floor(batch / 2));
}

/** A batch that contains `shared`: as many other rows for `next`, and the rest, drawn without repetition. */
export function drawParts(rows: number, batch: number, shared: Rows, generator: Generator): BatchParts {
  const taken = new Set(shared);
  // Of as many rows as the batch has, at least those that it still needs are not in `shared`.
  const fresh = generator.sample(rows, batch).filter((row) => !taken.has(row));
  const size = shared.length;
  return { shared, next: fresh.subarray(0, size), rest: fresh.subarray(size, batch - size) };
}

/** The mean over disjoint sets of rows from the means over each; a weight decay, the same in all of them, stays as it is. */
export function weightedMean(parts: readonly { readonly look: Look; readonly count: number }[]): Look {
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  const gradient = like(parts[0]!.look.gradient);
  let value = 0;
  for (const { look, count } of parts) {
    const share = count / total;
    value += share * look.value;
    for (let i = 0; i < gradient.length; i++) gradient[i]! += share * look.gradient[i]!;
  }
  return { value, gradient };
}
