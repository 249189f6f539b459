import { basename } from 'node:path';
import {
  type CurvatureModel,
  eigenpairs,
  type FilterAxes,
  hessianOperator,
  landscape,
  meanGradient,
  principalDirections,
  projectTrajectory,
  randomDirection,
} from 'osculate/curvature';
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

const norm = (v: ArrayLike<number>): number => Math.sqrt(Array.from(v).reduce((sum, x) => sum + x * x, 0));
const stretched = (v: Float64Array, length: number): Float64Array => {
  const factor = length / (norm(v) || 1);
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

/** The mean loss over the examples. */
async function lossAt(model: CurvatureModel): Promise<number> {
  const { loss } = await model.mean('loss', (batch) => ({ loss: batch.loss }));
  return loss![0]!;
}

/** A length for a direction: `natural`, where that is a number that one can step by. */
function lengthOf(model: CurvatureModel, natural: number): number {
  return natural > 0 && Number.isFinite(natural) ? natural : reach * norm(model.point()) || 1;
}

/** As long as makes the quadratic term alone as large as the loss: ½ |λ| d² = |L|. */
async function eigenDirections(model: CurvatureModel, count: number, random: Generator): Promise<Chosen[]> {
  const loss = Math.abs(await lossAt(model));
  const { values, vectors } = await eigenpairs(hessianOperator(model), {
    generator: random,
    count,
    tolerance: 1e-3,
    maxApplications: 40 * (count + 5),
  });
  return vectors.map((v, i) => {
    const length = lengthOf(model, Math.sqrt((2 * loss) / Math.abs(values[i]!)));
    return { name: `eigenvector ${i + 1} (λ = ${figure(values[i]!)})`, norm: length, vector: stretched(v, length) };
  });
}

/** The steepest ascent, as long as makes the linear term alone as large as the loss. */
async function gradientDirection(model: CurvatureModel): Promise<Chosen> {
  const gradient = await meanGradient(model);
  const length = lengthOf(model, Math.abs(await lossAt(model)) / norm(gradient));
  return { name: 'gradient', norm: length, vector: stretched(gradient, length) };
}

/** A random direction, filter-normalised where there are filters; as long as all parameters together where there are none. */
function drawn(model: CurvatureModel, axes: FilterAxes | undefined, random: Generator, index: number): Chosen {
  const point = model.point();
  const vector = randomDirection(model.layout, point, random, axes ? { axes } : {});
  const length = norm(vector);
  if (length > 0) return { name: `random ${index}, filter-normalised`, norm: length, vector };
  const plain = stretched(
    Float64Array.from(point, () => random.normal()),
    norm(point) || 1,
  );
  return { name: `random ${index}`, norm: norm(plain), vector: plain };
}

async function chosen(
  model: CurvatureModel,
  settings: LandscapeSettings,
  path: readonly ArrayLike<number>[],
  random: Generator,
): Promise<{ directions: Chosen[]; variance?: readonly number[] }> {
  const count = (name: DirectionName): number => settings.directions.filter((d) => d === name).length;
  const axes = filterAxesOf(model);
  const eigen = count('eigen') > 0 ? await eigenDirections(model, count('eigen'), random) : [];
  const principal = count('pca') > 0 ? principalDirections(path, count('pca')) : undefined;
  const directions: Chosen[] = [];
  let next = 0;
  for (const name of settings.directions) {
    if (name === 'eigen') directions.push(eigen.shift()!);
    else if (name === 'gradient') directions.push(await gradientDirection(model));
    else if (name === 'pca') {
      const share = principal!.explained[next]!;
      const vector = principal!.directions[next++]!;
      directions.push({
        name: `principal direction ${next} (${(100 * share).toFixed(1)} % of variance)`,
        norm: 1,
        vector,
      });
    } else {
      directions.push(drawn(model, axes, random, directions.length + 1));
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
  model: CurvatureModel,
  { name, point }: TargetInfo,
  settings: LandscapeSettings,
  say: (text: string) => void,
): Promise<LandscapeData> {
  const started = performance.now();
  const files = settings.trajectory;
  const points = files.map((file) => parametersIn(file, model.layout));
  say('directions');
  const { directions, variance } = await chosen(model, settings, points, generator(settings.seed));
  const vectors = directions.map(({ vector }) => vector);
  const projection = points.length > 0 ? projectTrajectory(points, model.point(), vectors) : undefined;
  const path: LandscapePath | null = projection
    ? { names: files.map((f) => basename(f)), ...projection, ...(variance && { variance }) }
    : null;
  const range = settings.range ?? (path ? rangesFor(path.coordinates, vectors.length) : 1);
  const { resolution, tolerance, seed } = settings;
  const progress = (done: number, total: number): void => say(`loss at ${done} of ${total} points`);
  const { losses, modelled, ...rest } = await landscape(model, {
    directions: vectors,
    range,
    resolution,
    tolerance,
    progress,
  });
  return {
    problem: name,
    point,
    size: model.layout.size,
    rows: model.rows,
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
