import { DataType } from '../../../../src/onnx/data-type.js';
import { type Case, type Cases, c, isFloatType, type Numbers, type Types, t } from '../case.js';

const typed = (parameter: string) => (types: Types) => ({ output_datatype: DataType[types[parameter]!] });

const window: readonly Case[] = [0, 1].flatMap((periodic): Case[] =>
  [1, 2, 7, 10]
    .map(
      (length): Case => ({
        what: `${length} elements, periodic ${periodic}`,
        inputs: [c(length)],
        attributes: (types) => ({ ...typed('T2')(types), periodic }),
        types: ({ T2 }) => isFloatType(T2),
        tolerance: 1e-6,
      }),
    )
    .filter(({ what }) => what !== '1 elements, periodic 0'),
);

const transforms: readonly (readonly [string, readonly number[], number, Readonly<Record<string, number>>])[] = [
  ['real', [2, 6, 1], 1, {}],
  ['complex', [2, 5, 2], 1, {}],
  ['one side', [2, 6, 1], 1, { onesided: 1 }],
  ['one side of an odd length', [1, 5, 1], 1, { onesided: 1 }],
  ['inverse', [2, 5, 2], 1, { inverse: 1 }],
  ['a later axis', [1, 3, 4, 2], 2, {}],
  ['a length of one', [2, 1, 1], 1, {}],
];

const dft: readonly Case[] = [
  ...transforms.flatMap(([what, shape, axis, attributes]): Case[] => [
    { what: `${what}, attributes`, inputs: [t(shape)], attributes: { axis, ...attributes }, until: 20 },
    { what, inputs: [t(shape), null, c(axis)], attributes, since: 20 },
  ]),
  { what: 'the axis left out', inputs: [t([2, 4, 1])] },
  { what: 'cut', inputs: [t([1, 8, 1]), c(5)] },
  { what: 'padded', inputs: [t([1, 4, 1]), c(7)] },
  { what: 'a negative axis', inputs: [t([2, 4, 2]), null, c(-2)], since: 20 },
].map((given) => ({ ...given, tolerance: 1e-5 }));

/** Σ window·x·exp(−2πi·jk/n) over the samples j of each frame, the frames side by side. */
function spectra(x: Numbers, window: Numbers, frames: number, step: number): number[] {
  const n = window.length;
  return Array.from({ length: frames * n }, (_, at) => {
    const [frame, k] = [Math.floor(at / n), at % n];
    let [re, im] = [0, 0];
    for (let j = 0; j < n; j++) {
      const [p, q] = [0, 1].map((part) => Number(x[2 * (frame * step + j) + part]) * Number(window[j]));
      const angle = (-2 * Math.PI * j * k) / n;
      re += p! * Math.cos(angle) - q! * Math.sin(angle);
      im += p! * Math.sin(angle) + q! * Math.cos(angle);
    }
    return [re, im];
  }).flat();
}

const stft: readonly Case[] = (
  [
    { what: 'a window', inputs: [t([1, 16, 1]), c(4), c([0.5, 1, 1, 0.5]), c(4)], attributes: { onesided: 1 } },
    { what: 'no window', inputs: [t([2, 12, 1]), c(3), null, c(4)], attributes: { onesided: 1 } },
    { what: 'both sides', inputs: [t([1, 16, 1]), c(8), c([1, 2, 3, 4]), c(4)], attributes: { onesided: 0 } },
    {
      // ONNX Runtime takes complex samples for real ones.
      what: 'complex',
      inputs: [t([1, 12, 2]), c(4), c([1, 2, 2, 1])],
      attributes: { onesided: 0 },
      expected: ([x, , window]) => [{ shape: [1, 3, 4, 2], values: spectra(x!, window!, 3, 4) }],
    },
  ] satisfies readonly Case[]
).map((given) => ({ ...given, tolerance: 1e-5 }));

const mel: readonly Case[] = [
  { what: 'a few bins', inputs: [c(8), c(16), c(8192), c(0), c(4096)] },
  { what: 'from a frequency on', inputs: [c(4), c(64), c(16000), c(100), c(7000)] },
].map((given) => ({
  ...given,
  attributes: typed('T3'),
  types: ({ T2, T3 }) => isFloatType(T3) && (T2 === 'float' || T2 === 'double'),
}));

export const signals: Cases = {
  BlackmanWindow: window,
  DFT: dft,
  HammingWindow: window,
  HannWindow: window,
  MelWeightMatrix: mel,
  STFT: stft,
};
