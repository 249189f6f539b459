import type { Generator } from '../../tensor/random.js';
import type { Sharpness } from '../estimators/index.js';
import type { CurvatureModel } from '../operators/index.js';
import type { LinearOperator } from '../operators/linear-operator.js';

/** What the measures of one row share: whatever is computed once is kept for the others. */
export interface MeasureContext {
  /** At the parameters after the step. */
  readonly model: CurvatureModel;
  readonly generator: Generator;
  hessian(): LinearOperator;
  /** Gradient of the mean loss over the model's data. */
  gradient(): Promise<Float64Array>;
  /** The largest eigenvalue of the Hessian with its eigenvector. */
  top(): Promise<Sharpness>;
  /** The last step, θ after minus θ before. */
  readonly step: Float64Array;
}

/** Something that is recorded during training: named figures. */
export interface Measure {
  readonly name: string;
  measure(context: MeasureContext): Promise<Readonly<Record<string, number>>>;
}
