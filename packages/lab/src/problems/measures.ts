import type { Batch } from 'osculate/objective';
import type { Tensor } from 'osculate/tensor';
import type { Examples, LoadedProblem, Measure, Measurement } from './problem.js';

/** The loss on the training and on the test set. */
export function lossMeasures(meaning: string): readonly Measure[] {
  const common = { meaning, better: 'lower', logarithmic: true } as const;
  return [
    { key: 'loss', title: 'train loss', ...common },
    { key: 'testLoss', title: 'test loss', ...common },
  ];
}

/** The share of examples whose largest output is their class, on both sets. */
export function accuracyMeasures(what: string): readonly Measure[] {
  const common = {
    meaning: `share of ${what} whose largest output is the right class`,
    better: 'higher',
    logarithmic: false,
    bounds: [0, 1],
  } as const;
  return [
    { key: 'accuracy', title: 'train accuracy', ...common },
    { key: 'testAccuracy', title: 'test accuracy', ...common },
  ];
}

/** The mean loss over examples. */
export const lossOn = (examples: Examples): Measurement => ({ examples, value: ({ loss }) => loss });

/** The measurements of a quantity on both sets: keys `name` and `testName`. */
export function onBoth(
  { train, test }: Pick<LoadedProblem, 'train' | 'test'>,
  name: string,
  value: (batch: Batch) => Tensor,
): Readonly<Record<string, Measurement>> {
  const testName = `test${name[0]!.toUpperCase()}${name.slice(1)}`;
  return { [name]: { examples: train, value }, [testName]: { examples: test, value } };
}

/** The share of rows whose largest output (last axis) is at the target class. */
export function accuracyOf({ outputs, targets }: Batch): Tensor {
  const y = targets.y!;
  return outputs.argmax(-1).cast(y.dtype).equal(y).cast(outputs.dtype).mean();
}
