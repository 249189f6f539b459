import { stack } from '../../ops/index.js';
import { moveAxis } from '../../ops/shape.js';
import type { Tensor } from '../../tensor/ir.js';
import { normalizeAxis } from '../../tensor/shape.js';
import type { Importer, NodeCall } from '../node-call.js';
import { iota, numbers, tabulate } from './integers.js';
import type { OperatorTable } from './table.js';

/** Σ aₖ·cos(2πki/n): a constant of a known length. */
const cosineWindow =
  (coefficients: readonly number[]): Importer =>
  (call) => {
    const length = call.number(0, 'the length', 0);
    if (!(length >= 0)) call.refuse(`a window cannot have ${length} elements`);
    const period = call.flag('periodic', true) ? length : length - 1;
    const dtype = call.tracing.dtype(call.int('output_datatype', 1));
    const at = (i: number): number =>
      coefficients.reduce((sum, a, k) => sum + a * Math.cos((2 * Math.PI * k * i) / period), 0);
    return numbers(iota(length).map(at), dtype);
  };

interface Transform {
  readonly length: number;
  readonly inverse: boolean;
  readonly onesided: boolean;
}

/** Fourier transform along the axis before the last, which holds real and imaginary parts: products with cosines and sines. */
function fourier(x: Tensor, { length, inverse, onesided }: Transform): Tensor {
  const n = x.shape.at(-2)!;
  const lead = x.shape.slice(0, -2);
  const zeros = lead.map(() => 0);
  const used = Math.min(n, length);
  const bins = onesided ? Math.floor(length / 2) + 1 : length;
  const angle = (i: number, k: number): number => (2 * Math.PI * ((i * k) % length)) / length;
  const scale = inverse ? 1 / length : 1;
  const sign = inverse ? 1 : -1;
  const cos = tabulate([used, bins], x.dtype, ([i, k]) => scale * Math.cos(angle(i!, k!)));
  const sin = tabulate([used, bins], x.dtype, ([i, k]) => scale * sign * Math.sin(angle(i!, k!)));
  const part = (j: number): Tensor => x.slice([...zeros, 0, j], [...lead, used, j + 1]).reshape([...lead, used]);
  const re = part(0);
  if (x.shape.at(-1) === 1) return stack([re.matmul(cos), re.matmul(sin)], -1);
  const im = part(1);
  return stack([re.matmul(cos).sub(im.matmul(sin)), re.matmul(sin).add(im.matmul(cos))], -1);
}

function dft(call: NodeCall): Tensor {
  const x = call.input(0);
  const given = call.opset >= 20 ? call.number(2, 'the axis', -2) : call.int('axis', 1);
  const axis = normalizeAxis(given, x.rank, 'DFT');
  if (axis === x.rank - 1) call.refuse('the last axis holds real and imaginary parts and cannot be transformed');
  const length = call.number(1, 'the length', x.shape[axis]!);
  const inverse = call.flag('inverse', false);
  const onesided = call.flag('onesided', false);
  const place = x.rank - 2;
  const moved = moveAxis(x, axis, place);
  const y =
    inverse && onesided
      ? inverseOnesided(moved, call.inputs[1] ? length : 2 * (x.shape[axis]! - 1))
      : fourier(moved, { length, inverse, onesided });
  return moveAxis(y, place, axis);
}

/** The real signal of a spectrum of which only the first half is given. */
function inverseOnesided(x: Tensor, length: number): Tensor {
  const bins = x.shape.at(-2)!;
  const lead = x.shape.slice(0, -2);
  const zeros = lead.map(() => 0);
  const twice = (k: number): number => (k === 0 || (length % 2 === 0 && k === length / 2) ? 1 : 2) / length;
  const angle = (k: number, i: number): number => (2 * Math.PI * ((i * k) % length)) / length;
  const cos = tabulate([bins, length], x.dtype, ([k, i]) => twice(k!) * Math.cos(angle(k!, i!)));
  const sin = tabulate([bins, length], x.dtype, ([k, i]) => -twice(k!) * Math.sin(angle(k!, i!)));
  const part = (j: number): Tensor => x.slice([...zeros, 0, j], [...lead, bins, j + 1]).reshape([...lead, bins]);
  const re = part(0).matmul(cos);
  return (x.shape.at(-1) === 1 ? re : re.add(part(1).matmul(sin))).unsqueeze(-1);
}

/** Spectra of windowed frames: `[batch, length, 1 or 2]` → `[batch, frames, bins, 2]`. */
function stft(call: NodeCall): Tensor {
  const x = call.input(0);
  const step = call.number(1, 'the frame step', 0);
  const window = call.inputs[2];
  const length = call.inputs[3]
    ? call.number(3, 'the frame length', 0)
    : (window?.size ?? call.refuse('the frame length is missing'));
  const [batch, samples, parts] = x.shape as [number, number, number];
  const frames = Math.floor((samples - length) / step) + 1;
  if (!(step > 0) || !(frames > 0)) call.refuse(`frames of ${length} by ${step} do not fit ${samples} samples`);
  const indices = iota(frames * length).map((i) => Math.floor(i / length) * step + (i % length));
  const framed = x.gather(numbers(indices, 'i64'), 1).reshape([batch, frames, length, parts]);
  const windowed = window ? framed.mul(window.reshape([length, 1])) : framed;
  const onesided = call.flag('onesided', true) && parts === 1;
  return fourier(windowed, { length, inverse: false, onesided });
}

/** Triangular filters on the mel scale. */
function melWeights(call: NodeCall): Tensor {
  const [bins, length, rate, low, high] = iota(5).map((i) => call.number(i, 'its size', 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const mel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
  const spectrum = Math.floor(length / 2) + 1;
  if (!(bins * spectrum <= 2 ** 24)) call.refuse('its size is taken for an error of the file');
  const step = (mel(high) - mel(low)) / (bins + 2);
  const edges = iota(bins + 2).map((i) =>
    Math.floor(((length + 1) * 700 * (10 ** ((i * step + mel(low)) / 2595) - 1)) / rate),
  );
  return tabulate([spectrum, bins], call.tracing.dtype(call.int('output_datatype', 1)), ([j, i]) => {
    const [lower, centre, higher] = [edges[i!]!, edges[i! + 1]!, edges[i! + 2]!];
    if (j! === centre && lower === centre) return 1;
    if (j! >= lower && j! <= centre && centre > lower) return (j! - lower) / (centre - lower);
    return j! > centre && j! < higher ? (higher - j!) / (higher - centre) : 0;
  });
}

export const windows: OperatorTable = {
  BlackmanWindow: cosineWindow([0.42, -0.5, 0.08]),
  DFT: dft,
  HammingWindow: cosineWindow([25 / 46, -21 / 46]),
  HannWindow: cosineWindow([0.5, -0.5]),
  MelWeightMatrix: melWeights,
  STFT: stft,
};
