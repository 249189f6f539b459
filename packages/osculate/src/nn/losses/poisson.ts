import { InputError } from '../../tensor/errors.js';
import type { Generator } from '../../tensor/random.js';
import { type ElementwiseOptions, elementwise } from './elementwise.js';
import type { Loss } from './loss.js';

/** A draw costs time in proportion to its rate. */
const largestRate = 1e7;

/** Knuth's product method in logarithms for small rates; sums of independent halves for large ones keep it exact. */
function drawPoisson(rate: number, generator: Generator): number {
  if (rate > 30) {
    const half = drawPoisson(rate / 2, generator);
    return half + drawPoisson(rate / 2, generator);
  }
  let count = 0;
  let left = rate;
  for (;;) {
    left += Math.log(1 - generator.uniform());
    if (left < 0) return count;
    count++;
  }
}

/**
 * Poisson regression with log-rates: Σ w·(exp(o) − y·o) over m (the negative log-likelihood without log y!), targets y ≥ 0.
 * m = number of elements (default) or of examples. H = diag(w·exp(o))/m.
 * @throws InputError for options that it does not have.
 * @example
 * poisson().value(constant([[0]], 'f64'), constant([[3]], 'f64')); // 1
 */
export function poisson(options: ElementwiseOptions = {}): Loss {
  return elementwise(
    'poisson',
    {
      name: 'poisson',
      nll: (o, y) => o.exp().sub(y.mul(o)),
      hessianProduct: (o, _y, u) => o.exp().mul(u),
      draw: (output, generator, i) => {
        const rate = Math.exp(output);
        if (rate > largestRate) throw new InputError(`poisson: cannot draw from rate ${rate} (output ${i})`);
        return drawPoisson(rate, generator);
      },
      targets: { fits: (y) => y >= 0, needs: 'a count, 0 or more' },
    },
    options,
  );
}
