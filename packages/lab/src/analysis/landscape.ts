import { basename } from 'node:path';
import {
  curvatureOperator,
  eigenpairs,
  type FilterAxes,
  landscape,
  principalDirections,
  projectTrajectory,
  randomDirection,
} from 'osculate/curvature';
import { euclideanNorm } from 'osculate/linalg';
import { type At, allRows, hessianMatrix } from 'osculate/objective';
import { type Generator, generator } from 'osculate/tensor';
import type { LandscapeData, LandscapeDirection, LandscapePath } from '../landscape.js';
import { figure } from '../report/format.js';
import { UsageError } from '../usage-error.js';
import type { DirectionName } from './direction-names.js';
import { parametersIn } from './parameter-file.js';
import { filterAxesOf, type TargetInfo } from './target.js';

export interface LandscapeSettings {
  /** One or two; the same one twice is the first and second of its kind. */
  readonly directions: readonly DirectionName[];
  readonly resolution: number;
  /** Coordinates from −range to range; the default is 1, and for a trajectory what shows all of it. */
  readonly range?: number;
  readonly tolerance: number;
  /** Files of parameters along a run, in order. */
  readonly trajectory: readonly string[];
  readonly seed: number;
}

/** Where the loss gives a direction no length: this share of the parameters' norm. */
const reach = 0.1;

const stretched = (v: Float64Array, length: number): Float64Array => {
  const factor = length / (euclideanNorm(v) || 1);
  return v.map((x) => x * factor);
};

interface Chosen extends LandscapeDirection {
  readonly vector: Float64Array;
}

/** @throws UsageError for choices that make no sense */
export function checkLandscape({ directions, resolution, range, trajectory }: LandscapeSettings): void {
  if (directions.length > 2) throw new UsageError('--directions takes one or two, separated by a comma');
  if (resolution < 3) throw new UsageError(`--resolution is ${resolution}; it must be at least 3`);
  if (directions.filter((d) => d === 'gradient').length > 1) throw new UsageError('there is only one gradient');
  const wanted = directions.filter((d) => d === 'pca').length;
  if (wanted > 0 && trajectory.length < wanted + 1) {
    throw new UsageError(
      `--directions ${directions.join(',')} needs a --trajectory of ${wanted + 1} files at least; there are ${trajectory.length}`,
    );
  }
  if (wanted === 1 && directions.length === 2) {
    throw new UsageError('a plane of principal directions takes two of them: --directions pca,pca');
  }
  if (range !== undefined && !(range > 0)) throw new UsageError(`--range is ${range}; it must be above 0`);
}

/** A length for a direction: `natural`, where that is a number that one can step by. */
function lengthOf(at: At, natural: number): number {
  return natural > 0 && Number.isFinite(natural) ? natural : reach * euclideanNorm(at.parameters) || 1;
}

/** As long as makes the quadratic term alone as large as the loss: ½ |λ| d² = |L|. */
async function eigenDirections(at: At, count: number, random: Generator): Promise<Chosen[]> {
  const { objective, parameters } = at;
  const loss = Math.abs(await objective.value(parameters, allRows(objective.rows)));
  const { values, vectors } = await eigenpairs(curvatureOperator(at, hessianMatrix), {
    generator: random,
    count,
    tolerance: 1e-3,
    maxApplications: 40 * (count + 5),
  });
  return vectors.map((v, i) => {
    const length = lengthOf(at, Math.sqrt((2 * loss) / Math.abs(values[i]!)));
    return { name: `eigenvector ${i + 1} (λ = ${figure(values[i]!)})`, norm: length, vector: stretched(v, length) };
  });
}

/** The steepest ascent, as long as makes the linear term alone as large as the loss. */
async function gradientDirection(at: At): Promise<Chosen> {
  const { objective, parameters } = at;
  const { value, gradient } = await objective.valueAndGradient(parameters, allRows(objective.rows));
  const length = lengthOf(at, Math.abs(value) / euclideanNorm(gradient));
  return { name: 'gradient', norm: length, vector: stretched(Float64Array.from(gradient), length) };
}

/** A random direction, filter-normalised where there are filters; as long as all parameters together where there are none. */
function drawn(at: At, axes: FilterAxes | undefined, random: Generator, index: number): Chosen {
  const point = Float64Array.from(at.parameters);
  const vector = randomDirection(at.objective.layout, point, random, axes ? { axes } : {});
  const length = euclideanNorm(vector);
  if (length > 0) return { name: `random ${index}, filter-normalised`, norm: length, vector };
  const plain = stretched(
    Float64Array.from(point, () => random.normal()),
    euclideanNorm(point) || 1,
  );
  return { name: `random ${index}`, norm: euclideanNorm(plain), vector: plain };
}

async function chosen(
  at: At,
  settings: LandscapeSettings,
  path: readonly ArrayLike<number>[],
  random: Generator,
): Promise<{ directions: Chosen[]; variance?: readonly number[] }> {
  const count = (name: DirectionName): number => settings.directions.filter((d) => d === name).length;
  const axes = filterAxesOf(at.objective);
  const eigen = count('eigen') > 0 ? await eigenDirections(at, count('eigen'), random) : [];
  const principal = count('pca') > 0 ? principalDirections(path, count('pca')) : undefined;
  const directions: Chosen[] = [];
  let next = 0;
  for (const name of settings.directions) {
    if (name === 'eigen') directions.push(eigen.shift()!);
    else if (name === 'gradient') directions.push(await gradientDirection(at));
    else if (name === 'pca') {
      const share = principal!.explained[next]!;
      const vector = principal!.directions[next++]!;
      directions.push({
        name: `principal direction ${next} (${(100 * share).toFixed(1)} % of variance)`,
        norm: 1,
        vector,
      });
    } else {
      directions.push(drawn(at, axes, random, directions.length + 1));
    }
  }
  return { directions, ...(principal && { variance: principal.explained }) };
}

/** A range for each direction that shows the centre and all points, with a margin. */
function rangesFor(coordinates: LandscapePath['coordinates'], count: number): [number, number][] {
  const spans = Array.from({ length: count }, (_, k) => {
    const values = [0, ...coordinates.map((c) => c[k]!)];
    return [Math.min(...values), Math.max(...values)] as [number, number];
  });
  const widest = Math.max(...spans.map(([low, high]) => high - low)) || 1;
  return spans.map(([low, high]) => {
    const margin = Math.max(0.25 * (high - low), 0.1 * widest);
    return [low - margin, high + margin];
  });
}

/** Measures the loss along directions from the target's point. `say` is told what is under way. */
export async function measureLandscape(
  at: At,
  { name, point }: TargetInfo,
  settings: LandscapeSettings,
  say: (text: string) => void,
): Promise<LandscapeData> {
  const started = performance.now();
  const files = settings.trajectory;
  const points = files.map((file) => parametersIn(file, at.objective.layout));
  say('directions');
  const { directions, variance } = await chosen(at, settings, points, generator(settings.seed));
  const vectors = directions.map(({ vector }) => vector);
  const projection = points.length > 0 ? projectTrajectory(points, at.parameters, vectors) : undefined;
  const path: LandscapePath | null = projection
    ? { names: files.map((f) => basename(f)), ...projection, ...(variance && { variance }) }
    : null;
  const range = settings.range ?? (path ? rangesFor(path.coordinates, vectors.length) : 1);
  const { resolution, tolerance, seed } = settings;
  const progress = (done: number, total: number): void => say(`loss at ${done} of ${total} points`);
  const { losses, modelled, ...rest } = await landscape(at, {
    directions: vectors,
    range,
    resolution,
    tolerance,
    progress,
  });
  return {
    problem: name,
    point,
    size: at.objective.layout.size,
    rows: at.objective.rows,
    seed,
    directions: directions.map(({ vector: _, ...direction }) => direction),
    ...rest,
    tolerance,
    losses: Array.from(losses, (loss) => (Number.isFinite(loss) ? loss : null)),
    modelled: Array.from(modelled),
    path,
    seconds: (performance.now() - started) / 1000,
  };
}
