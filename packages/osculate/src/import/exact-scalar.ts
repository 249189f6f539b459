/** Irrational numbers of formulas: tanh-GELU, Gaussian likelihoods, Fourier features, logarithms of other bases. */
const irrational: ReadonlyMap<number, number> = new Map(
  [
    Math.PI,
    2 * Math.PI,
    Math.PI / 2,
    1 / Math.PI,
    2 / Math.PI,
    Math.sqrt(Math.PI),
    Math.sqrt(2 * Math.PI),
    Math.sqrt(2 / Math.PI),
    Math.log(2 * Math.PI),
    Math.log(2 * Math.PI) / 2,
    Math.E,
    Math.LN2,
    Math.LN10,
    Math.LOG2E,
    Math.LOG10E,
  ].map((v) => [Math.fround(v), v]),
);

/** √n and 1/√n for n up to this: erf-GELU, and what attention divides its scores by. */
const largestRadicand = 2 ** 12;

/** Every number of so many decimal digits survives single precision. */
const survivingDigits = 6;

function root(value: number): number | undefined {
  const n = Math.round(value * value);
  if (n >= 2 && n <= largestRadicand && Math.fround(Math.sqrt(n)) === value) return Math.sqrt(n);
  const inverse = Math.round(1 / (value * value));
  const isInverse = inverse >= 2 && inverse <= largestRadicand && Math.fround(1 / Math.sqrt(inverse)) === value;
  return isInverse ? 1 / Math.sqrt(inverse) : undefined;
}

function decimal(value: number): number | undefined {
  const short = Number(value.toPrecision(survivingDigits));
  return Math.fround(short) === value ? short : undefined;
}

/**
 * The number that a constant of a formula in single precision stands for: the irrational number, root or short decimal that rounds to
 * it, else itself. In a computation in double precision 1.4142135f is √2 and 0.1f is 0.1: what the model's author wrote. It moves by less
 * than the rounding that it already has.
 */
export function exactScalar(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value) || Math.fround(value) !== value) return value;
  const size = Math.abs(value);
  return Math.sign(value) * (irrational.get(size) ?? root(size) ?? decimal(size) ?? size);
}
