import type { ObservationResidual } from '../../../src/fit/blocks/observation-program.js';
import type { BlockProblem } from '../../../src/fit/index.js';
import { generator } from '../../../src/tensor/index.js';

/** Rotation vector, translation, focal length, k1, k2. */
export const CAMERA = 9;

/**
 * Reprojection error by the camera model of the data sets "Bundle Adjustment in the Large": P = R·X + t, p = −P/P_z,
 * f·(1 + k1·‖p‖² + k2·‖p‖⁴)·p. Rotations by Rodrigues' formula, which has no trouble where the angle is not zero.
 */
export const reprojection: ObservationResidual = (camera, point, observed) => {
  const [rx, ry, rz, tx, ty, tz, f, k1, k2] = camera as Nine;
  const [x, y, z] = point as Nine;
  const square = rx.mul(rx).add(ry.mul(ry)).add(rz.mul(rz));
  const angle = square.sqrt();
  const [cosine, sine] = [angle.cos(), angle.sin().div(angle)];
  const along = rx.mul(x).add(ry.mul(y)).add(rz.mul(z)).mul(cosine.neg().add(1)).div(square);
  const px = x
    .mul(cosine)
    .add(ry.mul(z).sub(rz.mul(y)).mul(sine))
    .add(rx.mul(along))
    .add(tx);
  const py = y
    .mul(cosine)
    .add(rz.mul(x).sub(rx.mul(z)).mul(sine))
    .add(ry.mul(along))
    .add(ty);
  const pz = z
    .mul(cosine)
    .add(rx.mul(y).sub(ry.mul(x)).mul(sine))
    .add(rz.mul(along))
    .add(tz);
  const [u, v] = [px.div(pz).neg(), py.div(pz).neg()];
  const radius = u.mul(u).add(v.mul(v));
  const scale = radius.mul(k2).add(k1).mul(radius).add(1).mul(f);
  return [u.mul(scale).sub(observed[0]!), v.mul(scale).sub(observed[1]!)];
};

type Nine = readonly [T, T, T, T, T, T, T, T, T];
type T = Parameters<ObservationResidual>[0][number];

/** The same projection in plain numbers. */
export function project(camera: ArrayLike<number>, point: ArrayLike<number>): [number, number] {
  const [rx, ry, rz, tx, ty, tz, f, k1, k2] = Array.from(camera) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [x, y, z] = Array.from(point) as [number, number, number];
  const angle = Math.hypot(rx, ry, rz);
  const [kx, ky, kz] = [rx / angle, ry / angle, rz / angle];
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const along = (kx * x + ky * y + kz * z) * (1 - c);
  const px = x * c + (ky * z - kz * y) * s + kx * along + tx;
  const py = y * c + (kz * x - kx * z) * s + ky * along + ty;
  const pz = z * c + (kx * y - ky * x) * s + kz * along + tz;
  const [u, v] = [-px / pz, -py / pz];
  const r2 = u * u + v * v;
  const d = f * (1 + k1 * r2 + k2 * r2 * r2);
  return [d * u, d * v];
}

/** The rotation vector of a rotation matrix (row-major) whose angle is not near π. */
function rotationVector(r: readonly number[]): [number, number, number] {
  const angle = Math.acos((r[0]! + r[4]! + r[8]! - 1) / 2);
  const factor = angle / (2 * Math.sin(angle));
  return [factor * (r[7]! - r[5]!), factor * (r[2]! - r[6]!), factor * (r[3]! - r[1]!)];
}

const cross = (a: readonly number[], b: readonly number[]): number[] => [
  a[1]! * b[2]! - a[2]! * b[1]!,
  a[2]! * b[0]! - a[0]! * b[2]!,
  a[0]! * b[1]! - a[1]! * b[0]!,
];
const unit = (a: readonly number[]): number[] => a.map((x) => x / Math.hypot(...a));
const inner = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** A camera at `center` that looks at the origin, along its −z axis. */
function lookAt(center: readonly number[], focal: number): number[] {
  const z = unit(center);
  const x = unit(cross([0.1, 1, 0.2], z));
  const y = cross(z, x);
  const rows = [x, y, z];
  return [...rotationVector(rows.flat()), ...rows.map((row) => -inner(row, center)), focal, -0.05, 0.01];
}

export interface SceneOptions {
  readonly cameras: number;
  readonly points: number;
  /** Cameras that see each point. */
  readonly views: number;
  /** Standard deviation of the pixel noise. */
  readonly noise: number;
  /** Size of the error of the starts; 1: about 0.01 rad, 1 % of positions and focal lengths. */
  readonly disturbance?: number;
  readonly seed?: number;
}

export interface Scene {
  readonly problem: BlockProblem;
  readonly truth: { readonly cameras: Float64Array; readonly points: Float64Array };
}

/** Cameras on an arc before a cloud of points, each point seen by as many different cameras, with noise in the image and in the start. */
export function scene({ cameras, points, views, noise, disturbance = 1, seed = 1 }: SceneOptions): Scene {
  const random = generator(seed);
  const trueCameras = new Float64Array(cameras * CAMERA);
  const truePoints = Float64Array.from({ length: points * 3 }, () => random.normal());
  for (let c = 0; c < cameras; c++) {
    const turn = ((c + 0.5) / cameras - 0.5) * 2.4;
    const center = [8 * Math.sin(turn), 2 * random.normal() * 0.5, 8 * Math.cos(turn)];
    trueCameras.set(lookAt(center, 500 + 20 * random.normal()), c * CAMERA);
  }
  const [camera, point, data] = [[] as number[], [] as number[], [] as number[]];
  for (let i = 0; i < points; i++) {
    for (const c of random.permutation(cameras).subarray(0, views)) {
      const [u, v] = project(
        trueCameras.subarray(c * CAMERA, (c + 1) * CAMERA),
        truePoints.subarray(i * 3, (i + 1) * 3),
      );
      camera.push(c);
      point.push(i);
      data.push(u + noise * random.normal(), v + noise * random.normal());
    }
  }
  const spread = [0.01, 0.01, 0.01, 0.05, 0.05, 0.05, 5, 0.01, 0.01];
  const startCameras = trueCameras.map((x, j) => x + disturbance * spread[j % CAMERA]! * random.normal());
  const startPoints = truePoints.map((x) => x + disturbance * 0.05 * random.normal());
  return {
    problem: {
      residual: reprojection,
      cameras: startCameras,
      cameraSize: CAMERA,
      points: startPoints,
      pointSize: 3,
      observations: { camera, point, data },
    },
    truth: { cameras: trueCameras, points: truePoints },
  };
}
