import type { Tensor } from '../../src/tensor/index.js';

/** A NIST model twice: traced, and of plain numbers. Both give the fitted values at all x. */
export interface NistModel {
  readonly traced: (x: Tensor, b: readonly Tensor[]) => Tensor;
  readonly numeric: (x: Float64Array, b: Float64Array) => number;
}

type T = Tensor;

const exponentials = (count: number): NistModel => ({
  traced: (x, b) => {
    const term = (i: number): T => b[2 * i]!.mul(b[2 * i + 1]!.mul(x).neg().exp());
    return Array.from({ length: count }, (_, i) => term(i)).reduce((sum, t) => sum.add(t));
  },
  numeric: (x, b) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += b[2 * i]! * Math.exp(-b[2 * i + 1]! * x[0]!);
    return sum;
  },
});

const peaks: NistModel = {
  traced: (x, b) => {
    const peak = (i: number): T => {
      const z = x.sub(b[i + 1]!).div(b[i + 2]!);
      return b[i]!.mul(z.mul(z).neg().exp());
    };
    return b[0]!.mul(b[1]!.mul(x).neg().exp()).add(peak(2)).add(peak(5));
  },
  numeric: (x, b) => {
    const peak = (i: number): number => b[i]! * Math.exp(-(((x[0]! - b[i + 1]!) / b[i + 2]!) ** 2));
    return b[0]! * Math.exp(-b[1]! * x[0]!) + peak(2) + peak(5);
  },
};

/** (b₀ + … + b_p xᵖ) / (1 + b_{p+1} x + …). */
const rational = (p: number, q: number): NistModel => ({
  traced: (x, b) => {
    const horner = (c: readonly T[]): T =>
      c.slice(0, -1).reduceRight((sum, next) => sum.mul(x).add(next), c[c.length - 1]!);
    const top = horner(b.slice(0, p + 1));
    const bottom = horner(b.slice(p + 1))
      .mul(x)
      .add(1);
    return top.div(bottom);
  },
  numeric: ([x], b) => {
    let [top, bottom] = [0, 0];
    for (let i = p; i >= 0; i--) top = top * x! + b[i]!;
    for (let i = q; i >= 1; i--) bottom = (bottom + b[p + i]!) * x!;
    return top / (1 + bottom);
  },
});

const saturation: NistModel = {
  traced: (x, [a, b]) => a!.mul(b!.mul(x).neg().exp().neg().add(1)),
  numeric: ([x], [a, b]) => a! * (1 - Math.exp(-b! * x!)),
};

const chwirut: NistModel = {
  traced: (x, [a, b, c]) =>
    a!
      .mul(x)
      .neg()
      .exp()
      .div(b!.add(c!.mul(x))),
  numeric: ([x], [a, b, c]) => Math.exp(-a! * x!) / (b! + c! * x!),
};

const waves: NistModel = {
  traced: (x, b) => {
    const pair = (u: T, v: T, period: T | number): T => {
      const angle = x.mul(2 * Math.PI).div(period);
      return u.mul(angle.cos()).add(v.mul(angle.sin()));
    };
    return b[0]!
      .add(pair(b[1]!, b[2]!, 12))
      .add(pair(b[4]!, b[5]!, b[3]!))
      .add(pair(b[7]!, b[8]!, b[6]!));
  },
  numeric: ([x], b) => {
    const pair = (u: number, v: number, period: number): number => {
      const angle = (2 * Math.PI * x!) / period;
      return u * Math.cos(angle) + v * Math.sin(angle);
    };
    return b[0]! + pair(b[1]!, b[2]!, 12) + pair(b[4]!, b[5]!, b[3]!) + pair(b[7]!, b[8]!, b[6]!);
  },
};

export const nistModels: Readonly<Record<string, NistModel>> = {
  Bennett5: {
    traced: (x, [a, b, c]) => a!.mul(b!.add(x).pow(c!.reciprocal().neg())),
    numeric: ([x], [a, b, c]) => a! * (b! + x!) ** (-1 / c!),
  },
  BoxBOD: saturation,
  Chwirut1: chwirut,
  Chwirut2: chwirut,
  DanWood: { traced: (x, [a, b]) => a!.mul(x.pow(b!)), numeric: ([x], [a, b]) => a! * x! ** b! },
  ENSO: waves,
  Eckerle4: {
    traced: (x, [a, b, c]) => {
      const z = x.sub(c!).div(b!);
      return a!.div(b!).mul(z.mul(z).mul(-0.5).exp());
    },
    numeric: ([x], [a, b, c]) => (a! / b!) * Math.exp(-0.5 * ((x! - c!) / b!) ** 2),
  },
  Gauss1: peaks,
  Gauss2: peaks,
  Gauss3: peaks,
  Hahn1: rational(3, 3),
  Kirby2: rational(2, 2),
  Lanczos1: exponentials(3),
  Lanczos2: exponentials(3),
  Lanczos3: exponentials(3),
  MGH09: {
    traced: (x, [a, b, c, d]) => a!.mul(x.mul(x).add(x.mul(b!))).div(x.mul(x).add(x.mul(c!)).add(d!)),
    numeric: ([x], [a, b, c, d]) => (a! * (x! * x! + x! * b!)) / (x! * x! + x! * c! + d!),
  },
  MGH10: {
    traced: (x, [a, b, c]) => a!.mul(b!.div(x.add(c!)).exp()),
    numeric: ([x], [a, b, c]) => a! * Math.exp(b! / (x! + c!)),
  },
  MGH17: {
    traced: (x, [a, b, c, d, e]) => a!.add(b!.mul(x.mul(d!).neg().exp())).add(c!.mul(x.mul(e!).neg().exp())),
    numeric: ([x], [a, b, c, d, e]) => a! + b! * Math.exp(-x! * d!) + c! * Math.exp(-x! * e!),
  },
  Misra1a: saturation,
  Misra1b: {
    traced: (x, [a, b]) => {
      const u = b!.mul(x).div(2).add(1);
      return a!.mul(u.mul(u).reciprocal().neg().add(1));
    },
    numeric: ([x], [a, b]) => a! * (1 - (1 + (b! * x!) / 2) ** -2),
  },
  Misra1c: {
    traced: (x, [a, b]) => a!.mul(b!.mul(x).mul(2).add(1).sqrt().reciprocal().neg().add(1)),
    numeric: ([x], [a, b]) => a! * (1 - 1 / Math.sqrt(1 + 2 * b! * x!)),
  },
  Misra1d: {
    traced: (x, [a, b]) => a!.mul(b!).mul(x).div(b!.mul(x).add(1)),
    numeric: ([x], [a, b]) => (a! * b! * x!) / (1 + b! * x!),
  },
  Nelson: {
    traced: (x, [a, b, c]) => {
      const m = x.shape[0]!;
      const column = (j: number): T => x.slice([0, j], [m, j + 1]).reshape([m]);
      return a!.sub(b!.mul(column(0)).mul(c!.mul(column(1)).neg().exp()));
    },
    numeric: ([x, y], [a, b, c]) => a! - b! * x! * Math.exp(-c! * y!),
  },
  Rat42: {
    traced: (x, [a, b, c]) => a!.div(b!.sub(c!.mul(x)).exp().add(1)),
    numeric: ([x], [a, b, c]) => a! / (1 + Math.exp(b! - c! * x!)),
  },
  Rat43: {
    traced: (x, [a, b, c, d]) => a!.div(b!.sub(c!.mul(x)).exp().add(1).pow(d!.reciprocal())),
    numeric: ([x], [a, b, c, d]) => a! / (1 + Math.exp(b! - c! * x!)) ** (1 / d!),
  },
  Roszman1: {
    traced: (x, [a, b, c, d]) => a!.sub(b!.mul(x)).sub(c!.div(x.sub(d!)).atan().div(Math.PI)),
    numeric: ([x], [a, b, c, d]) => a! - b! * x! - Math.atan(c! / (x! - d!)) / Math.PI,
  },
  Thurber: rational(3, 3),
};
