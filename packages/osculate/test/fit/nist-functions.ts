import type { NumericModel } from '../../src/fit/index.js';

type PointModel = NumericModel['model'];

const exponentials: PointModel = ([x], b) => {
  let sum = 0;
  for (let i = 0; i < 3; i++) sum += b[2 * i]! * Math.exp(-b[2 * i + 1]! * x!);
  return sum;
};

const peaks: PointModel = ([x], b) => {
  const peak = (i: number): number => b[i]! * Math.exp(-(((x! - b[i + 1]!) / b[i + 2]!) ** 2));
  return b[0]! * Math.exp(-b[1]! * x!) + peak(2) + peak(5);
};

/** (b₀ + … + b_p xᵖ) / (1 + b_{p+1} x + … + b_{2p} xᵖ). */
const rational =
  (p: number): PointModel =>
  ([x], b) => {
    let [top, bottom] = [0, 0];
    for (let i = p; i >= 0; i--) top = top * x! + b[i]!;
    for (let i = p; i >= 1; i--) bottom = (bottom + b[p + i]!) * x!;
    return top / (1 + bottom);
  };

const saturation: PointModel = ([x], [a, b]) => a! * (1 - Math.exp(-b! * x!));

const chwirut: PointModel = ([x], [a, b, c]) => Math.exp(-a! * x!) / (b! + c! * x!);

const waves: PointModel = ([x], b) => {
  const pair = (u: number, v: number, period: number): number => {
    const angle = (2 * Math.PI * x!) / period;
    return u * Math.cos(angle) + v * Math.sin(angle);
  };
  return b[0]! + pair(b[1]!, b[2]!, 12) + pair(b[4]!, b[5]!, b[3]!) + pair(b[7]!, b[8]!, b[6]!);
};

/** The models of NIST StRD as functions of plain numbers, written apart from the formulas that the lab has. */
export const nistFunctions: Readonly<Record<string, PointModel>> = {
  Bennett5: ([x], [a, b, c]) => a! * (b! + x!) ** (-1 / c!),
  BoxBOD: saturation,
  Chwirut1: chwirut,
  Chwirut2: chwirut,
  DanWood: ([x], [a, b]) => a! * x! ** b!,
  ENSO: waves,
  Eckerle4: ([x], [a, b, c]) => (a! / b!) * Math.exp(-0.5 * ((x! - c!) / b!) ** 2),
  Gauss1: peaks,
  Gauss2: peaks,
  Gauss3: peaks,
  Hahn1: rational(3),
  Kirby2: rational(2),
  Lanczos1: exponentials,
  Lanczos2: exponentials,
  Lanczos3: exponentials,
  MGH09: ([x], [a, b, c, d]) => (a! * (x! * x! + x! * b!)) / (x! * x! + x! * c! + d!),
  MGH10: ([x], [a, b, c]) => a! * Math.exp(b! / (x! + c!)),
  MGH17: ([x], [a, b, c, d, e]) => a! + b! * Math.exp(-x! * d!) + c! * Math.exp(-x! * e!),
  Misra1a: saturation,
  Misra1b: ([x], [a, b]) => a! * (1 - (1 + (b! * x!) / 2) ** -2),
  Misra1c: ([x], [a, b]) => a! * (1 - 1 / Math.sqrt(1 + 2 * b! * x!)),
  Misra1d: ([x], [a, b]) => (a! * b! * x!) / (1 + b! * x!),
  Nelson: ([x, y], [a, b, c]) => a! - b! * x! * Math.exp(-c! * y!),
  Rat42: ([x], [a, b, c]) => a! / (1 + Math.exp(b! - c! * x!)),
  Rat43: ([x], [a, b, c, d]) => a! / (1 + Math.exp(b! - c! * x!)) ** (1 / d!),
  Roszman1: ([x], [a, b, c, d]) => a! - b! * x! - Math.atan(c! / (x! - d!)) / Math.PI,
  Thurber: rational(3),
};
