import { column, each, join, linear, type Residuals } from './build.js';

export const powellSingular: Residuals = (x) => {
  const [a, b, c, d] = [0, 1, 2, 3].map((k) => column(x, 4, k)) as [typeof x, typeof x, typeof x, typeof x];
  const middle = b.sub(c.mul(2));
  const ends = a.sub(d);
  return join(a.add(b.mul(10)), c.sub(d).mul(Math.sqrt(5)), middle.mul(middle), ends.mul(ends).mul(Math.sqrt(10)));
};

export const watson: Residuals = (x) => {
  const slope = linear(29, x, (i, j) => (j - 1) * (i / 29) ** Math.max(0, j - 2));
  const value = linear(29, x, (i, j) => (i / 29) ** (j - 1));
  const [first, second] = [x.slice([0], [1]), x.slice([1], [2])];
  return join(slope.sub(value.mul(value)).sub(1), first, second.sub(first.mul(first)).sub(1));
};

export const extendedRosenbrock: Residuals = (x) => {
  const [a, b] = [column(x, 2, 0), column(x, 2, 1)];
  return join(b.sub(a.mul(a)).mul(10), a.neg().add(1));
};

export const penalty1: Residuals = (x) => join(x.sub(1).mul(Math.sqrt(1e-5)), x.mul(x).sum().sub(0.25));

export const penalty2: Residuals = (x) => {
  const n = x.size;
  const e = x.div(10).exp();
  const [tail, head] = [e.slice([1], [n]), e.slice([0], [n - 1])];
  const y = each(n - 1, (i) => Math.exp((i + 1) / 10) + Math.exp(i / 10));
  const small = join(tail.add(head).sub(y), tail.sub(Math.exp(-0.1))).mul(Math.sqrt(1e-5));
  const weights = each(n, (j) => n - j + 1);
  return join(x.slice([0], [1]).sub(0.2), small, weights.mul(x).mul(x).sum().sub(1));
};

export const variablyDimensioned: Residuals = (x) => {
  const s = each(x.size, (j) => j)
    .mul(x.sub(1))
    .sum();
  return join(x.sub(1), s, s.mul(s));
};

export const trigonometric: Residuals = (x) => {
  const n = x.size;
  const cosine = x.cos();
  const i = each(n, (k) => k);
  return cosine
    .sum()
    .neg()
    .add(n)
    .add(i.mul(cosine.neg().add(1)))
    .sub(x.sin());
};

export const brownAlmostLinear: Residuals = (x) => {
  const n = x.size;
  return join(
    x
      .slice([0], [n - 1])
      .add(x.sum())
      .sub(n + 1),
    x.prod().sub(1),
  );
};

export const discreteBoundaryValue: Residuals = (x) => {
  const h = 1 / (x.size + 1);
  const bent = x
    .add(each(x.size, (i) => i * h + 1))
    .pow(3)
    .mul(0.5 * h * h);
  return linear(x.size, x, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)).add(bent);
};

export const discreteIntegral: Residuals = (x) => {
  const h = 1 / (x.size + 1);
  const cube = x.add(each(x.size, (i) => i * h + 1)).pow(3);
  return x.add(linear(x.size, cube, (i, j) => 0.5 * h * (j <= i ? (1 - i * h) * j * h : i * h * (1 - j * h))));
};

export const broydenTridiagonal: Residuals = (x) =>
  linear(x.size, x, (i, j) => (i === j ? 3 : i === j + 1 ? -1 : j === i + 1 ? -2 : 0))
    .sub(x.mul(x).mul(2))
    .add(1);

export const broydenBanded: Residuals = (x) => {
  const own = x.mul(x.mul(x).mul(5).add(2)).add(1);
  return own.sub(linear(x.size, x.mul(x.add(1)), (i, j) => (j !== i && j >= i - 5 && j <= i + 1 ? 1 : 0)));
};

export const linearFullRank: Residuals = (x, m) => linear(m, x, (i, j) => (i === j ? 1 : 0) - 2 / m).sub(1);

export const linearRank1: Residuals = (x, m) => linear(m, x, (i, j) => i * j).sub(1);

export const linearRank1Zeros: Residuals = (x, m) =>
  linear(m, x, (i, j) => (i === m || j === 1 || j === x.size ? 0 : (i - 1) * j)).sub(1);

export const chebyquad: Residuals = (x, m) => {
  const y = x.mul(2).sub(1);
  const polynomials = [y.mul(0).add(1), y];
  while (polynomials.length <= m) polynomials.push(y.mul(2).mul(polynomials.at(-1)!).sub(polynomials.at(-2)!));
  const means = polynomials.slice(1).map((p) => p.sum().div(x.size));
  return join(...means).sub(each(m, (i) => (i % 2 === 0 ? -1 / (i * i - 1) : 0)));
};
