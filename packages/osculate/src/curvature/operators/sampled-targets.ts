import { type NDArray, zeros } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import type { CurvatureModel } from './model.js';

/** A whole data set's targets from those of its batches. */
function joinRows(parts: readonly NDArray[], rows: number): NDArray {
  const first = parts[0]!;
  const whole = zeros(first.dtype as 'f64', [rows, ...first.shape.slice(1)]);
  let at = 0;
  for (const { data } of parts) {
    whole.data.set(data as Float64Array, at);
    at += data.length;
  }
  return whole;
}

/** Targets for the whole data set, so many times, drawn from the model's own predictive distribution. One forward pass. */
export async function sampledTargets(
  model: CurvatureModel,
  samples: number,
  generator: Generator,
): Promise<readonly NDArray[]> {
  const parts: NDArray[][] = Array.from({ length: samples }, () => []);
  await model.stream(
    'outputs',
    ({ outputs }) => ({ outputs }),
    {},
    ({ outputs }) => {
      for (const part of parts) part.push(model.loss.sample(outputs as NDArray<'f32' | 'f64'>, generator));
    },
  );
  return parts.map((part) => joinRows(part, model.rows));
}
