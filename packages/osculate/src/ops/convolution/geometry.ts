import { checkObject } from '../../tensor/check-value.js';
import { describe, requireFloat, sameDType } from '../../tensor/describe.js';
import { ShapeError } from '../../tensor/errors.js';
import { checkTensors, type Tensor } from '../../tensor/ir.js';
import { type Shape, showShape } from '../../tensor/shape.js';

/** How a window moves over the spatial axes; one entry an axis. */
export interface WindowGeometry {
  readonly strides: readonly number[];
  /** Padding before and after each axis. */
  readonly padding: readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
}

export interface ConvGeometry extends WindowGeometry {
  readonly groups: number;
}

/** Options of the convolutions; every list has one entry a spatial axis. */
export interface ConvOptions {
  /** Step of the kernel over the input (default 1). */
  readonly strides?: readonly number[] | undefined;
  /** Zeros before and after each axis (default none). */
  readonly padding?: readonly (readonly [number, number])[] | undefined;
  /** Distance of neighbouring taps of the kernel (default 1). */
  readonly dilation?: readonly number[] | undefined;
  /** Channels fall into so many groups, each with its own kernels (default 1; as many as channels: depthwise). */
  readonly groups?: number | undefined;
}

/** Dimensions of a convolution, whichever of its three tensors is computed from the other two. */
export interface ConvSizes {
  readonly batch: number;
  readonly groups: number;
  /** Channels of one group, of the input and of the output. */
  readonly inputs: number;
  readonly outputs: number;
  /** Spatial sizes. */
  readonly input: Shape;
  readonly kernel: Shape;
  readonly output: Shape;
}

function checkList(what: string, name: string, list: readonly number[], rank: number, least: number): void {
  const valid = Array.isArray(list) && list.length === rank && list.every((v) => Number.isSafeInteger(v) && v >= least);
  if (valid) return;
  const kind = least === 0 ? 'non-negative' : 'positive';
  throw new ShapeError(`${what}: ${name} ${showShape(list)} must be ${rank} ${kind} integer${rank === 1 ? '' : 's'}`);
}

/** Complete, checked geometry for `rank` spatial axes. */
export function windowGeometry(
  what: string,
  rank: number,
  options: Omit<ConvOptions, 'groups'>,
  strides: readonly number[] = new Array<number>(rank).fill(1),
): WindowGeometry {
  const geometry: WindowGeometry = {
    strides: options.strides ?? strides,
    padding: options.padding ?? new Array<readonly [number, number]>(rank).fill([0, 0]),
    dilation: options.dilation ?? new Array<number>(rank).fill(1),
  };
  checkList(what, 'strides', geometry.strides, rank, 1);
  checkList(what, 'dilation', geometry.dilation, rank, 1);
  checkList(what, 'padding before', geometry.padding.map((p) => p[0]), rank, 0); // biome-ignore format: a line each
  checkList(what, 'padding after', geometry.padding.map((p) => p[1]), rank, 0); // biome-ignore format: a line each
  return geometry;
}

/** Checks that tensors have one dtype, a float, and 1 or 2 spatial axes each; gives the complete geometry. */
export function convGeometry(what: string, a: Tensor, b: Tensor, options: ConvOptions): ConvGeometry {
  checkTensors(what, [a, b]);
  checkObject(`${what}: the options`, options);
  sameDType(what, a, b);
  requireFloat(what, a);
  if ((a.rank !== 3 && a.rank !== 4) || b.rank !== a.rank) {
    throw new ShapeError(
      `${what} of ${describe(a)} and ${describe(b)}: needs two tensors of rank 3 (one spatial axis) or rank 4 (two)`,
    );
  }
  const groups = options.groups ?? 1;
  if (!Number.isSafeInteger(groups) || groups < 1) {
    throw new ShapeError(`${what}: groups ${groups} must be a positive integer`);
  }
  return { ...windowGeometry(what, a.rank - 2, options), groups };
}

/** Extent of a dilated window along axis i. */
export function extent(window: Shape, { dilation }: WindowGeometry, i: number): number {
  return (window[i]! - 1) * dilation[i]! + 1;
}

/** Throws unless input and window have the spatial axes that the geometry is for. */
export function checkAxes(what: () => string, input: Shape, window: Shape, { strides }: WindowGeometry): void {
  if (input.length === strides.length && window.length === strides.length) return;
  throw new ShapeError(
    `${what()}: ${input.length} spatial axes and a window of ${window.length}, but strides for ${strides.length}`,
  );
}

/** Spatial sizes after a window has moved over an input: ⌊(input + padding − extent) / stride⌋ + 1. */
export function slidSizes(what: () => string, input: Shape, window: Shape, geometry: WindowGeometry): number[] {
  checkAxes(what, input, window, geometry);
  return input.map((size, i) => {
    const [low, high] = geometry.padding[i]!;
    const room = size + low + high - extent(window, geometry, i);
    if (window[i]! < 1 || room < 0) {
      throw new ShapeError(
        `${what()}: along spatial axis ${i} a window of ${window[i]} with dilation ${geometry.dilation[i]} (extent ${extent(window, geometry, i)}) does not fit into ${size} elements padded by ${low} and ${high}; pad more or make it smaller`,
      );
    }
    return Math.floor(room / geometry.strides[i]!) + 1;
  });
}

/** Elements behind each axis that no window reaches: a transposed convolution must add them to reach the input's size. */
export function leftOver({ input, kernel, output }: ConvSizes, geometry: ConvGeometry): number[] {
  return input.map((size, i) => {
    const covered = (output[i]! - 1) * geometry.strides[i]! + extent(kernel, geometry, i);
    return size + geometry.padding[i]![0] + geometry.padding[i]![1] - covered;
  });
}

/** Channels of one group; throws when the groups do not divide them. */
export function channelsPerGroup(what: () => string, channels: number, groups: number): number {
  if (channels % groups !== 0)
    throw new ShapeError(`${what()}: ${channels} channels do not divide into ${groups} groups`);
  return channels / groups;
}

/** Floating-point operations of any of the three convolutions. */
export function convFlops(s: ConvSizes): number {
  const taps = s.kernel.reduce((a, b) => a * b, 1);
  const positions = s.output.reduce((a, b) => a * b, 1);
  return 2 * s.batch * s.groups * s.inputs * s.outputs * taps * positions;
}
