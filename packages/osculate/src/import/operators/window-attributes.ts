import type { NodeCall } from '../node-call.js';

export type Padding = readonly (readonly [number, number])[];

/** How a window moves over the spatial axes of a node's input. */
export interface WindowAttributes {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: Padding;
}

function listOf(call: NodeCall, name: string, rank: number, fallback: number): number[] {
  const list = call.ints(name) ?? new Array<number>(rank).fill(fallback);
  if (list.length !== rank) call.refuse(`attribute '${name}' has ${list.length} entries for ${rank} spatial axes`);
  return list;
}

/** Pairs (before, after) from the form [before…, after…]. */
function paddingOf(call: NodeCall, rank: number): Padding {
  const pads = listOf(call, 'pads', 2 * rank, 0);
  return Array.from({ length: rank }, (_, i) => [pads[i]!, pads[rank + i]!] as const);
}

/** What makes the output ⌈input/stride⌉ long; the odd one goes behind (SAME_UPPER) or before (SAME_LOWER). */
function same(
  length: number,
  kernel: number,
  stride: number,
  dilation: number,
  lower: boolean,
): readonly [number, number] {
  const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + (kernel - 1) * dilation + 1 - length);
  const less = Math.floor(total / 2);
  return lower ? [total - less, less] : [less, total - less];
}

/** Strides, dilations and padding, `auto_pad` resolved. */
export function windowAttributes(
  call: NodeCall,
  input: readonly number[],
  kernel: readonly number[],
): WindowAttributes {
  const rank = input.length;
  if (kernel.length !== rank) call.refuse(`a kernel of ${kernel.length} axes does not fit ${rank} spatial axes`);
  const strides = listOf(call, 'strides', rank, 1);
  const dilation = listOf(call, 'dilations', rank, 1);
  if ([...strides, ...dilation, ...kernel].some((v) => !(v >= 1)))
    call.refuse('kernel, strides and dilations must be positive');
  const auto = call.string('auto_pad', 'NOTSET');
  if (auto === 'NOTSET') return { kernel, strides, dilation, padding: paddingOf(call, rank) };
  if (auto === 'VALID') return { kernel, strides, dilation, padding: kernel.map(() => [0, 0] as const) };
  if (auto !== 'SAME_UPPER' && auto !== 'SAME_LOWER') call.refuse(`auto_pad '${auto}' is unknown`);
  const padding = input.map((d, i) => same(d, kernel[i]!, strides[i]!, dilation[i]!, auto === 'SAME_LOWER'));
  return { kernel, strides, dilation, padding };
}
