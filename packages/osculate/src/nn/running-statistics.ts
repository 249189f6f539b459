import { InputError } from '../tensor/errors.js';
import { type NDArray, zeros } from '../tensor/ndarray.js';

/**
 * Exponential averages of batch statistics, (1 − momentum)·running + momentum·batch for every array, by name; the batch's own
 * when there is no average yet. Fed under the same names (`statistics.0.mean`, …) they serve an inference graph.
 * @throws InputError when the batch lacks an array, or has one of another length.
 * @example
 * const batch = { 'statistics.0.mean': ndarray('f64', [1]), 'statistics.0.variance': ndarray('f64', [4]) };
 * const running = runningStatistics(undefined, batch);
 * runningStatistics(running, { ...batch, 'statistics.0.mean': ndarray('f64', [2]) })['statistics.0.mean']!; // [1.1]
 */
export function runningStatistics(
  running: Readonly<Record<string, NDArray>> | undefined,
  batch: Readonly<Record<string, NDArray>>,
  momentum = 0.1,
): Record<string, NDArray> {
  const names = Object.keys(running ?? batch).filter((name) => name.startsWith('statistics.'));
  return Object.fromEntries(
    names.map((name): [string, NDArray] => {
      const now = batch[name];
      const before = running === undefined ? now : running[name];
      if (now === undefined || before === undefined || now.data.length !== before.data.length) {
        throw new InputError(`runningStatistics: the batch has no array "${name}" of the running one's length`);
      }
      const average = zeros(now.dtype as 'f32' | 'f64', now.shape);
      for (let i = 0; i < average.data.length; i++) {
        average.data[i] = (1 - momentum) * Number(before.data[i]) + momentum * Number(now.data[i]);
      }
      return [name, average];
    }),
  );
}
