import { conv as convOp } from '../../ops/convolution/conv.js';
import { checkNames } from '../../tensor/check-options.js';
import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { checkFunction, checkNumber, checkSizes } from '../check.js';
import { filled, heNormal, type Initializer } from '../initializers.js';
import type { Layer } from '../layer.js';

export interface ConvOptions {
  /** Step per spatial axis, or one for all (default 1). */
  readonly stride?: number | readonly number[];
  /** Zeros added on both sides per spatial axis, or one for all (default 0). */
  readonly padding?: number | readonly number[];
  /** Distance of neighbouring elements of the kernel per spatial axis, or one for all (default 1). */
  readonly dilation?: number | readonly number[];
  /** Parts of the channels that are convolved apart (default 1). */
  readonly groups?: number;
  /** Adds a bias for each output channel (default true). */
  readonly bias?: boolean;
  /** Draws the weight (default He normal). */
  readonly weight?: Initializer;
}

export type ConvParameters = { readonly weight: NDArray; readonly bias?: NDArray };

const isList = (value: unknown): value is readonly number[] => Array.isArray(value);

const perAxis = (value: number | readonly number[] | undefined, rank: number, otherwise: number): readonly number[] =>
  isList(value) ? value : new Array<number>(rank).fill(value === undefined ? otherwise : value);

function convLayer(
  name: string,
  inputs: number,
  outputs: number,
  kernel: readonly number[],
  options: ConvOptions,
): Layer<ConvParameters> {
  checkNames<ConvOptions>(name, options, { stride: 1, padding: 1, dilation: 1, groups: 1, bias: 1, weight: 1 });
  checkFunction(`${name}: weight`, options.weight);
  const groups = options.groups ?? 1;
  checkSizes(name, { inputs, outputs, groups });
  kernel.forEach((size) => {
    checkSizes(name, { kernel: size });
  });
  for (const size of perAxis(options.stride, 1, 1)) checkSizes(name, { stride: size });
  for (const size of perAxis(options.dilation, 1, 1)) checkSizes(name, { dilation: size });
  for (const size of perAxis(options.padding, 1, 0)) {
    checkNumber(`${name}: padding`, size, (v) => Number.isInteger(v) && v >= 0, 'an integer ≥ 0');
  }
  const draw = options.weight ?? heNormal;
  const rank = kernel.length;
  if (inputs % groups !== 0 || outputs % groups !== 0) {
    throw new InputError(`${name}: ${inputs} inputs and ${outputs} outputs do not divide into ${groups} groups`);
  }
  return {
    label: `${name}(${inputs}, ${outputs}, ${kernel.join('×')})`,
    init: (generator, dtype = 'f32') => {
      const weight = draw(generator, [outputs, inputs / groups, ...kernel], dtype);
      return options.bias === false ? { weight } : { weight, bias: filled(0)(generator, [outputs], dtype) };
    },
    apply: ({ weight, bias }, x) => {
      if (x.rank !== rank + 2 || x.shape[1] !== inputs) {
        throw new ShapeError(`${name}: needs input [batch, ${inputs}, ${rank} spatial axes], got ${describe(x)}`);
      }
      const out = convOp(x, weight, {
        strides: perAxis(options.stride, rank, 1),
        padding: perAxis(options.padding, rank, 0).map((p): [number, number] => [p, p]),
        dilation: perAxis(options.dilation, rank, 1),
        groups,
      });
      return bias ? out.add(bias.reshape([1, outputs, ...new Array<number>(rank).fill(1)])) : out;
    },
  };
}

const kernelOf = (kernel: number | readonly number[], rank: number): readonly number[] =>
  isList(kernel) ? kernel : new Array<number>(rank).fill(kernel);

/**
 * 1-D convolution (cross-correlation): `[batch, inputs, length]` → `[batch, outputs, length′]`; W is `[outputs, inputs/groups, kernel]`.
 * @example
 * const net = sequential([conv1d(1, 8, 5, { stride: 2 }), relu(), flatten(), dense(8 * 14, 10)]);
 * net.summary([1, 32]);
 */
export function conv1d(
  inputs: number,
  outputs: number,
  kernel: number,
  options: ConvOptions = {},
): Layer<ConvParameters> {
  return convLayer(`conv1d(${inputs}, ${outputs})`, inputs, outputs, [kernel], options);
}

/**
 * 2-D convolution (cross-correlation): `[batch, inputs, h, w]` → `[batch, outputs, h′, w′]`; W is `[outputs, inputs/groups, kh, kw]`.
 * @example
 * const net = sequential([conv2d(1, 8, 3, { padding: 1 }), relu(), maxPool2d(2), flatten(), dense(8 * 14 * 14, 10)]);
 * net.summary([1, 28, 28]);
 */
export function conv2d(
  inputs: number,
  outputs: number,
  kernel: number | readonly [number, number],
  options: ConvOptions = {},
): Layer<ConvParameters> {
  return convLayer(`conv2d(${inputs}, ${outputs})`, inputs, outputs, kernelOf(kernel, 2), options);
}
