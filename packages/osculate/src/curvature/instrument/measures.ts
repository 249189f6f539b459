import { dot } from '../../linalg/vectors.js';
import type { At } from '../../objective/objective.js';
import type { Generator } from '../../tensor/random.js';
import type { Sharpness } from '../estimators/eigenpairs.js';
import { gradientNoise } from '../estimators/gradient-noise.js';
import { hutchinson } from '../estimators/traces.js';
import type { LinearOperator } from '../operators/linear-operator.js';

/** What the measures of one row share: whatever is computed once is kept for the others. */
export interface MeasureContext {
  /** At the parameters after the step. */
  readonly at: At;
  /** Draws probes. */
  readonly generator: Generator;
  /** The Hessian of the objective over all rows, as an operator. */
  hessian(): LinearOperator;
  /** Of the objective over all rows. */
  gradient(): Promise<Float64Array>;
  /** The largest eigenvalue of the Hessian with its eigenvector. */
  top(): Promise<Sharpness>;
  /** The last step, θ after minus θ before. */
  readonly step: Float64Array;
}

/** Something that is recorded during training: named figures. */
export interface Measure {
  /** What it is called in messages. */
  readonly name: string;
  /** The figures by name, at the parameters after a step. */
  measure(context: MeasureContext): Promise<Readonly<Record<string, number>>>;
}

const norm = (v: Float64Array): number => Math.sqrt(dot(v, v));

/** ‖∇L‖. */
export const gradientNormMeasure: Measure = {
  name: 'gradientNorm',
  measure: async ({ gradient }) => ({ gradientNorm: norm(await gradient()) }),
};

/** λmax of the Hessian, and how far it is known: there is an eigenvalue within `lambdaMaxResidual` of it. */
export const sharpnessMeasure: Measure = {
  name: 'lambdaMax',
  measure: async ({ top }) => {
    const { value, residual } = await top();
    return { lambdaMax: value, lambdaMaxResidual: residual };
  },
};

/**
 * tr ∇²L by Hutchinson's estimator from `probes` products, with its standard error.
 * @example
 * const measures = [gradientNormMeasure, sharpnessMeasure, traceMeasure(2), noiseScaleMeasure, stepCurvatureMeasure, alignmentMeasure];
 * const record = instrument({ objective, measures });
 * for await (const { event } of train({ objective, optimizer: sgd({ learningRate: 0.1 }), parameters: theta, seed: 0, steps: 2 })) {
 *   await record.observe(event);
 * }
 */
export function traceMeasure(probes = 4): Measure {
  return {
    name: 'trace',
    measure: async ({ hessian, generator }) => {
      const { value, standardError } = await hutchinson(hessian(), { generator, probes });
      return { trace: value, traceStandardError: standardError };
    },
  };
}

/** The simple gradient noise scale of McCandlish et al. 2018 (see `gradientNoise`). */
export const noiseScaleMeasure: Measure = {
  name: 'noiseScale',
  measure: async ({ at }) => ({ noiseScale: (await gradientNoise(at)).scale }),
};

/** sᵀ∇²L s / sᵀs along the last step s, at its end: NaN for a step of zero. One Hessian-vector product. */
export const stepCurvatureMeasure: Measure = {
  name: 'stepCurvature',
  measure: async ({ hessian, step }) => {
    const product = await hessian().apply(step);
    return { stepCurvature: dot(step, product) / dot(step, step) };
  },
};

/** cos² of the angle between the gradient and the Hessian's top eigenvector: 1 when the gradient lies in the sharpest direction. */
export const alignmentMeasure: Measure = {
  name: 'alignment',
  measure: async ({ gradient, top }) => {
    const [g, { direction }] = [await gradient(), await top()];
    return { alignment: dot(g, direction) ** 2 / dot(g, g) };
  },
};
