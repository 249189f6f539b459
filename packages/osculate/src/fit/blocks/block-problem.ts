import { InputError, ShapeError } from '../../tensor/errors.js';
import { requireFunction, requireNumbers, requireObject } from '../checks.js';
import type { ObservationResidual } from './observation-program.js';

/**
 * A least-squares problem in two families of blocks, cameras and points, where every observation depends on one of each: bundle
 * adjustment, and anything else of that structure (subjects and items, stations and events).
 */
export interface BlockProblem {
  /** The residuals of an observation, from its camera, its point and what was observed. */
  readonly residual: ObservationResidual;
  /** Starts of the cameras, one after the other, `cameraSize` numbers each. */
  readonly cameras: ArrayLike<number>;
  /** Numbers of a camera. */
  readonly cameraSize: number;
  /** Starts of the points, which are eliminated: the family with many small blocks. */
  readonly points: ArrayLike<number>;
  /** Numbers of a point. */
  readonly pointSize: number;
  /** Which camera saw which point, and what. */
  readonly observations: {
    /** The index of each observation's camera. */
    readonly camera: ArrayLike<number>;
    /** The index of each observation's point. */
    readonly point: ArrayLike<number>;
    /** What was observed, as many numbers for each observation. */
    readonly data?: ArrayLike<number>;
  };
  /** Indices of cameras that keep their start. */
  readonly fixedCameras?: ArrayLike<number>;
  /** Indices of points that keep their start. */
  readonly fixedPoints?: ArrayLike<number>;
}

/** The problem as flat arrays, its observations sorted by point so that those of a point lie together. */
export interface CheckedProblem {
  readonly cameraSize: number;
  readonly pointSize: number;
  readonly dataSize: number;
  readonly cameras: number;
  readonly points: number;
  readonly observations: number;
  /** Cameras, then points. */
  readonly start: Float64Array;
  /** By sorted place. */
  readonly camera: Int32Array;
  readonly point: Int32Array;
  readonly data: Float64Array;
  /** Which of the given observations is at a sorted place. */
  readonly order: Int32Array;
  /** Observations of point i are at places first[i] … first[i + 1] − 1. */
  readonly first: Int32Array;
  /** 1 for blocks that keep their start. */
  readonly fixedCameras: Uint8Array;
  readonly fixedPoints: Uint8Array;
}

function blockCount(what: string, start: ArrayLike<number>, size: number): number {
  if (!Number.isSafeInteger(size) || size < 1)
    throw new InputError(`blockLeastSquares: ${what}Size is ${size}; give the number of parameters of one ${what}`);
  if (start.length === 0 || start.length % size !== 0)
    throw new ShapeError(
      `blockLeastSquares: there are ${start.length} ${what} parameters, not a multiple of ${what}Size = ${size}`,
    );
  for (let i = 0; i < start.length; i++) {
    if (!Number.isFinite(start[i]))
      throw new InputError(
        `blockLeastSquares: parameter ${i % size} of ${what} ${Math.floor(i / size)} starts at ${start[i]}; give finite numbers`,
      );
  }
  return start.length / size;
}

function checkIndices(what: string, indices: ArrayLike<number>, count: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!Number.isSafeInteger(index) || index < 0 || index >= count)
      throw new InputError(`blockLeastSquares: ${what} ${i} is ${index}, but there are ${count}, counted from 0`);
  }
}

function marked(what: string, indices: ArrayLike<number>, count: number): Uint8Array {
  checkIndices(what, indices, count);
  const marks = new Uint8Array(count);
  for (let i = 0; i < indices.length; i++) marks[indices[i]!] = 1;
  return marks;
}

function checkedData(data: ArrayLike<number>, observations: number): number {
  if (data.length % observations !== 0)
    throw new ShapeError(
      `blockLeastSquares: there are ${data.length} numbers of data for ${observations} observations; give as many for each`,
    );
  const size = data.length / observations;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i]))
      throw new InputError(
        `blockLeastSquares: number ${i % size} of observation ${Math.floor(i / size)} is ${data[i]}; leave it out`,
      );
  }
  return size;
}

/** Places by point (a counting sort, which keeps the order within a point). */
function sortByPoint(point: ArrayLike<number>, points: number): { first: Int32Array; order: Int32Array } {
  const first = new Int32Array(points + 1);
  for (let i = 0; i < point.length; i++) first[point[i]! + 1]!++;
  for (let i = 0; i < points; i++) first[i + 1]! += first[i]!;
  const next = first.slice();
  const order = new Int32Array(point.length);
  for (let i = 0; i < point.length; i++) order[next[point[i]!]!++] = i;
  return { first, order };
}

/** Checks a problem. InputError or ShapeError for what is malformed. Cost and memory linear in parameters and observations. */
export function checkProblem(problem: BlockProblem): CheckedProblem {
  const what = 'blockLeastSquares';
  requireObject(`${what}: the problem`, problem, '{ residual, cameras, cameraSize, points, pointSize, observations }');
  requireObject(`${what}: observations`, problem.observations, '{ camera, point }');
  requireFunction(`${what}: residual`, problem.residual);
  const { cameraSize, pointSize, fixedCameras = [], fixedPoints = [] } = problem;
  const { data: values = [] } = problem.observations;
  const lists = { cameras: problem.cameras, points: problem.points, data: values, fixedCameras, fixedPoints };
  for (const [name, list] of Object.entries({
    ...lists,
    camera: problem.observations.camera,
    point: problem.observations.point,
  }))
    requireNumbers(`${what}: ${name}`, list);
  const { camera, point, data = [] } = problem.observations;
  const cameras = blockCount('camera', problem.cameras, cameraSize);
  const points = blockCount('point', problem.points, pointSize);
  const observations = camera.length;
  if (observations === 0) throw new InputError('blockLeastSquares: there are no observations');
  if (point.length !== observations)
    throw new ShapeError(
      `blockLeastSquares: there are ${observations} cameras and ${point.length} points of observations`,
    );
  checkIndices('the camera of observation', camera, cameras);
  checkIndices('the point of observation', point, points);
  const dataSize = checkedData(data, observations);
  const start = new Float64Array(problem.cameras.length + problem.points.length);
  start.set(Float64Array.from(problem.cameras));
  start.set(Float64Array.from(problem.points), problem.cameras.length);
  const { first, order } = sortByPoint(point, points);
  const sorted = new Float64Array(observations * dataSize);
  order.forEach((from, to) => {
    for (let k = 0; k < dataSize; k++) sorted[to * dataSize + k] = data[from * dataSize + k]!;
  });
  return {
    ...{ cameraSize, pointSize, dataSize, cameras, points, observations, start, first, order },
    camera: order.map((from) => camera[from]!),
    point: order.map((from) => point[from]!),
    data: sorted,
    fixedCameras: marked('fixed camera', problem.fixedCameras ?? [], cameras),
    fixedPoints: marked('fixed point', problem.fixedPoints ?? [], points),
  };
}
