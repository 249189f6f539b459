import { ShapeError } from '../../tensor/errors.js';

/** A linear operator that writes A v to `out` (zeros on entry), or returns it. It must not keep or change v. */
export type Operator = (v: Float64Array, out: Float64Array) => void;

/** A linear operator whose product comes later, for instance from an executor. It must not change v. */
export type AsyncOperator = (v: Float64Array) => Promise<Float64Array>;

/** A product that a recurrence waits for: `out` is to become `operator` applied to v. */
interface Request {
  readonly operator: Operator | AsyncOperator;
  readonly v: Float64Array;
  readonly out: Float64Array;
}

/**
 * An iterative method, written once for immediate and for awaited operators: it yields each product that it needs and goes on
 * when the product is there.
 */
export type Recurrence<R> = Generator<Request, R, void>;

function deliver({ out }: Request, product: unknown): void {
  if (!(product instanceof Float64Array) || product === out) return;
  if (product.length !== out.length) {
    throw new ShapeError(`A linear operator returned ${product.length} elements where ${out.length} were called for.`);
  }
  out.set(product);
}

async function finish<R>(recurrence: Recurrence<R>, request: Request, first: Promise<unknown>): Promise<R> {
  deliver(request, await first);
  for (;;) {
    const step = recurrence.next();
    if (step.done) return step.value;
    const { operator, v, out } = step.value;
    out.fill(0);
    deliver(step.value, await operator(v, out));
  }
}

/** Runs a recurrence to its end: at once, or as a promise from its first awaited product on. */
export function drive<R>(recurrence: Recurrence<R>): R | Promise<R> {
  for (;;) {
    const step = recurrence.next();
    if (step.done) return step.value;
    const { operator, v, out } = step.value;
    out.fill(0);
    const product: unknown = operator(v, out);
    if (product instanceof Promise) return finish(recurrence, step.value, product);
    deliver(step.value, product);
  }
}
