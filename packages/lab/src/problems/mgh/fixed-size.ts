import { where } from 'osculate/ops';
import { data, each, type Residuals, scalars, vector } from './build.js';

const bardData = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.1, 4.39];
const gaussianData = [9e-4, 44e-4, 175e-4, 54e-3, 1295e-4, 242e-3, 3521e-4, 3989e-4];
const meyerData = [
  34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872,
];

export const rosenbrock: Residuals = (x) => {
  const [a, b] = scalars(x) as [typeof x, typeof x];
  return vector(b.sub(a.mul(a)).mul(10), a.neg().add(1));
};

export const freudensteinRoth: Residuals = (x) => {
  const [a, b] = scalars(x) as [typeof x, typeof x];
  return vector(b.neg().add(5).mul(b).sub(2).mul(b).add(a).sub(13), b.add(1).mul(b).sub(14).mul(b).add(a).sub(29));
};

export const powellBadlyScaled: Residuals = (x) => {
  const [a, b] = scalars(x) as [typeof x, typeof x];
  return vector(a.mul(b).mul(1e4).sub(1), a.neg().exp().add(b.neg().exp()).sub(1.0001));
};

export const brownBadlyScaled: Residuals = (x) => {
  const [a, b] = scalars(x) as [typeof x, typeof x];
  return vector(a.sub(1e6), b.sub(2e-6), a.mul(b).sub(2));
};

export const beale: Residuals = (x) => {
  const [a, b] = scalars(x) as [typeof x, typeof x];
  const term = (y: number, power: typeof x) => a.mul(power.neg().add(1)).neg().add(y);
  return vector(term(1.5, b), term(2.25, b.mul(b)), term(2.625, b.mul(b).mul(b)));
};

export const jennrichSampson: Residuals = (x, m) => {
  const [a, b] = scalars(x) as [typeof x, typeof x];
  const i = each(m, (k) => k);
  return i.mul(2).add(2).sub(i.mul(a).exp()).sub(i.mul(b).exp());
};

export const helicalValley: Residuals = (x) => {
  const [a, b, c] = scalars(x) as [typeof x, typeof x, typeof x];
  const turn = b.atan2(a).div(2 * Math.PI);
  // The paper's angle runs from −1/4 to 3/4 of a turn, with its cut at a = 0, b < 0.
  const theta = where(a.less(0).logicalAnd(b.less(0)), turn.add(1), turn);
  return vector(c.sub(theta.mul(10)).mul(10), a.mul(a).add(b.mul(b)).sqrt().sub(1).mul(10), c);
};

export const bard: Residuals = (x, m) => {
  const [a, b, c] = scalars(x) as [typeof x, typeof x, typeof x];
  const [u, v, w] = [each(m, (i) => i), each(m, (i) => 16 - i), each(m, (i) => Math.min(i, 16 - i))];
  return data(...bardData).sub(u.div(v.mul(b).add(w.mul(c))).add(a));
};

export const gaussian: Residuals = (x, m) => {
  const [a, b, c] = scalars(x) as [typeof x, typeof x, typeof x];
  const t = each(m, (i) => (8 - i) / 2).sub(c);
  const y = each(m, (i) => gaussianData[Math.min(i, 16 - i) - 1]!);
  return t.mul(t).mul(b).div(-2).exp().mul(a).sub(y);
};

export const meyer: Residuals = (x, m) => {
  const [a, b, c] = scalars(x) as [typeof x, typeof x, typeof x];
  return b
    .div(each(m, (i) => 45 + 5 * i).add(c))
    .exp()
    .mul(a)
    .sub(data(...meyerData));
};

export const gulf: Residuals = (x, m) => {
  const [a, b, c] = scalars(x) as [typeof x, typeof x, typeof x];
  const y = each(m, (i) => 25 + (-50 * Math.log(i / 100)) ** (2 / 3));
  return y
    .sub(b)
    .abs()
    .pow(c)
    .div(a)
    .neg()
    .exp()
    .sub(each(m, (i) => i / 100));
};

export const box: Residuals = (x, m) => {
  const [a, b, c] = scalars(x) as [typeof x, typeof x, typeof x];
  const t = each(m, (i) => -i / 10);
  const known = each(m, (i) => Math.exp(-i / 10) - Math.exp(-i));
  return t.mul(a).exp().sub(t.mul(b).exp()).sub(known.mul(c));
};

export const wood: Residuals = (x) => {
  const [a, b, c, d] = scalars(x) as [typeof x, typeof x, typeof x, typeof x];
  return vector(
    b.sub(a.mul(a)).mul(10),
    a.neg().add(1),
    d.sub(c.mul(c)).mul(Math.sqrt(90)),
    c.neg().add(1),
    b.add(d).sub(2).mul(Math.sqrt(10)),
    b.sub(d).div(Math.sqrt(10)),
  );
};

export const kowalikOsborne: Residuals = (x) => {
  const [a, b, c, d] = scalars(x) as [typeof x, typeof x, typeof x, typeof x];
  const y = data(0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246);
  const u = data(4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625);
  const square = u.mul(u);
  return y.sub(
    square
      .add(u.mul(b))
      .mul(a)
      .div(square.add(u.mul(c)).add(d)),
  );
};

export const brownDennis: Residuals = (x, m) => {
  const [a, b, c, d] = scalars(x) as [typeof x, typeof x, typeof x, typeof x];
  const t = each(m, (i) => i / 5);
  return a
    .add(t.mul(b))
    .sub(t.exp())
    .pow(2)
    .add(c.add(d.mul(t.sin())).sub(t.cos()).pow(2));
};

const osborne1Data = [
  0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.85, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603, 0.58,
  0.558, 0.538, 0.522, 0.506, 0.49, 0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.42, 0.414, 0.411, 0.406,
];

export const osborne1: Residuals = (x, m) => {
  const [a, b, c, d, e] = scalars(x) as [typeof x, typeof x, typeof x, typeof x, typeof x];
  const t = each(m, (i) => 10 - 10 * i);
  return data(...osborne1Data).sub(a.add(t.mul(d).exp().mul(b)).add(t.mul(e).exp().mul(c)));
};

export const biggs: Residuals = (x, m) => {
  const [a, b, c, d, e, f] = scalars(x) as [typeof x, typeof x, typeof x, typeof x, typeof x, typeof x];
  const t = each(m, (i) => -i / 10);
  const y = each(m, (i) => Math.exp(-i / 10) - 5 * Math.exp(-i) + 3 * Math.exp(-0.4 * i));
  return t.mul(a).exp().mul(c).sub(t.mul(b).exp().mul(d)).add(t.mul(e).exp().mul(f)).sub(y);
};

const osborne2Data = [
  1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608, 0.655, 0.616, 0.606, 0.602,
  0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661, 0.612, 0.558, 0.533, 0.495, 0.5, 0.423, 0.395, 0.375,
  0.372, 0.391, 0.396, 0.405, 0.428, 0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668, 0.645, 0.632, 0.591,
  0.559, 0.597, 0.625, 0.739, 0.71, 0.729, 0.72, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098, 0.054,
];

export const osborne2: Residuals = (x, m) => {
  const v = scalars(x);
  const t = each(m, (i) => (i - 1) / 10);
  const peaks = [1, 2, 3].map((k) =>
    t
      .sub(v[k + 7]!)
      .pow(2)
      .mul(v[k + 4]!)
      .neg()
      .exp()
      .mul(v[k]!),
  );
  const model = peaks.reduce((sum, peak) => sum.add(peak), t.mul(v[4]!).neg().exp().mul(v[0]!));
  return data(...osborne2Data).sub(model);
};
