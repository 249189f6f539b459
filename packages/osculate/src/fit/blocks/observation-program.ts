import { grad, jvp, vmap } from '../../autodiff/index.js';
import { describe } from '../../tensor/describe.js';
import { DTypeError, InputError, ShapeError } from '../../tensor/errors.js';
import { Tensor } from '../../tensor/ir.js';
import { full, input } from '../../tensor/leaf.js';
import { callUser } from '../checks.js';
import { lazily, remembering, type Slot } from '../residuals/traced.js';

/**
 * The residuals of one observation: from the parameters of its camera and of its point, and its data, all scalars (f64, shape []), to
 * a list of scalars. Traced once.
 */
export type ObservationResidual = (
  camera: readonly Tensor[],
  point: readonly Tensor[],
  data: readonly Tensor[],
) => readonly Tensor[];

/** How many scalars an observation reads. */
interface ObservationSizes {
  readonly camera: number;
  readonly point: number;
  readonly data: number;
}

/** A residual compiled for a batch of observations, with the arrays that it reads and writes: one of `batch` for each scalar. */
export interface ObservationProgram {
  readonly batch: number;
  /** Number of residuals of an observation. */
  readonly residuals: number;
  /** Those of the camera, then of the point, then of the data. */
  readonly inputs: readonly Float64Array[];
  /** One a residual. */
  readonly values: readonly Float64Array[];
  /** ∂ residual i/∂ parameter j at i·(camera + point) + j. */
  readonly slopes: readonly Float64Array[];
  /** Fills `values`. */
  evaluate(): void;
  /** Fills `slopes`. */
  differentiate(): void;
}

function checkedResiduals(result: unknown): readonly Tensor[] {
  if (!Array.isArray(result) || result.length === 0 || !result.every((t) => t instanceof Tensor)) {
    throw new InputError(
      'blockLeastSquares: the residual function must return a list of one or more scalar Tensors, one a residual of the observation',
    );
  }
  for (const t of result as readonly Tensor[]) {
    if (t.rank !== 0)
      throw new ShapeError(`blockLeastSquares: the residual function returns ${describe(t)}; residuals are scalars`);
    if (t.dtype !== 'f64')
      throw new DTypeError(`blockLeastSquares: the residual function returns ${describe(t)}; fits are in f64`);
  }
  return result;
}

/** Residuals and all their partial derivatives, reverse mode where there are fewer residuals than half the parameters. */
function traced(f: ObservationResidual, { camera, point }: ObservationSizes, scalars: readonly Tensor[]) {
  const unknowns = scalars.slice(0, camera + point);
  const read = [scalars.slice(0, camera), unknowns.slice(camera), scalars.slice(camera + point)] as const;
  const given = `${camera} parameters of a camera, ${point} of a point and ${read[2].length} numbers of data`;
  const values = checkedResiduals(callUser('blockLeastSquares', given, () => f(...read)));
  const reverse = 2 * values.length <= unknowns.length;
  const slopes = values.flatMap((y) =>
    reverse ? grad(y, unknowns, { unreachable: 'zero' }) : unknowns.map((x) => jvp(y, x, full(1, 'f64'))),
  );
  return { values, slopes };
}

function build(f: ObservationResidual, sizes: ObservationSizes, batch: number): ObservationProgram {
  const columns = Array.from({ length: sizes.camera + sizes.point + sizes.data }, (_, i) =>
    input(`scalar ${i}`, 'f64', [batch]),
  );
  const { values, slopes } = vmap((...scalars: Tensor[]) => traced(f, sizes, scalars))(...columns);
  const array = (): Float64Array => new Float64Array(batch);
  const inputs = columns.map((t): Slot => [t, array()]);
  const [valueSlots, slopeSlots] = [values, slopes].map((tensors) => tensors.map((t): Slot => [t, array()]));
  const arrays = (slots: readonly Slot[]): Float64Array[] => slots.map(([, a]) => a);
  return {
    batch,
    residuals: values.length,
    inputs: arrays(inputs),
    values: arrays(valueSlots!),
    slopes: arrays(slopeSlots!),
    evaluate: lazily(inputs, () => valueSlots!),
    differentiate: lazily(inputs, () => slopeSlots!),
  };
}

const known = remembering<ObservationResidual, ObservationProgram>();

/** The program of a residual function, compiled at its first use. Fused loops over `batch` observations at a time. */
export function observationProgram(f: ObservationResidual, sizes: ObservationSizes, batch: number): ObservationProgram {
  return known(f, [sizes.camera, sizes.point, sizes.data, batch].join(), () => build(f, sizes, batch));
}
