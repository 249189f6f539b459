import { densePoint, hessianMatrix, type Objective } from 'osculate/objective';
import type { Ending, EndKind, Window } from './basin-map.js';
import type { StartRun } from './run-start.js';

/** Eigenvalues smaller than this share of the larger one (or of 1) are zeros. */
const singular = 1e-6;
/** Ends that far apart, as a share of the window's diagonal, are the same point. */
const same = 2e-3;
/** Stationary points that a map tells apart, those with most starts. */
const most = 16;
/** A run that ends this many windows away has left. */
const windows = 10;

/** What a stationary point is, by the eigenvalues of its Hessian [[a, b], [b, c]]. */
export function kindOf(a: number, b: number, c: number): EndKind {
  const [mean, spread] = [(a + c) / 2, Math.hypot((a - c) / 2, b)];
  const [low, high] = [mean - spread, mean + spread];
  const zero = singular * Math.max(1, Math.abs(low), Math.abs(high));
  if (Math.min(Math.abs(low), Math.abs(high)) <= zero) return 'degenerate';
  if (low > 0) return 'minimum';
  return high < 0 ? 'maximum' : 'saddle';
}

const order: readonly EndKind[] = ['minimum', 'saddle', 'maximum', 'degenerate', 'away', 'unfinished'];

interface Centre {
  best: StartRun;
  count: number;
}

const distance = ([a, b]: readonly [number, number], [c, d]: readonly [number, number]): number =>
  Math.hypot(a - c, b - d);

/** True for a point so far from the window that nobody would look for it there. */
function isOutside([x, y]: readonly [number, number], [x0, x1, y0, y1]: Window): boolean {
  const [w, h] = [windows * (x1 - x0), windows * (y1 - y0)];
  return x < x0 - w || x > x1 + w || y < y0 - h || y > y1 + h;
}

function centresOf(runs: Iterable<StartRun>, window: Window, radius: number): Centre[] {
  const centres: Centre[] = [];
  for (const run of runs) {
    if (run.status !== 'stationary' || isOutside(run.x, window)) continue;
    const near = centres.find(({ best }) => distance(best.x, run.x) <= radius);
    if (!near) centres.push({ best: run, count: 1 });
    else {
      near.count++;
      if (run.gradientNorm < near.best.gradientNorm) near.best = run;
    }
  }
  return centres.sort((a, b) => b.count - a.count).slice(0, most);
}

function compare(a: Ending, b: Ending): number {
  const kinds = order.indexOf(a.kind) - order.indexOf(b.kind);
  if (kinds !== 0 || !a.point || !b.point) return kinds;
  return b.point.x[0] - a.point.x[0] || b.point.x[1] - a.point.x[1];
}

/** Endings, and which of them a run has. */
export interface Endings {
  readonly list: readonly Ending[];
  of(run: StartRun): number;
}

/** Gathers the ends of all runs into stationary points, which it classifies by their Hessians. */
export async function findEndings(runs: readonly StartRun[], objective: Objective, window: Window): Promise<Endings> {
  const radius = same * Math.hypot(window[1] - window[0], window[3] - window[2]);
  const found: Ending[] = [];
  for (const { best } of centresOf(runs, window, radius)) {
    const { matrix } = await densePoint(objective, hessianMatrix, Float64Array.from(best.x));
    const [a, b, , c] = Array.from(matrix.data) as [number, number, number, number];
    found.push({ kind: kindOf(a, b, c), point: { x: best.x, f: best.f } });
  }
  const list: Ending[] = [...found.sort(compare), { kind: 'away' }, { kind: 'unfinished' }];
  const [away, unfinished] = [list.length - 2, list.length - 1];
  const of = (run: StartRun): number => {
    if (run.status === 'away' || isOutside(run.x, window)) return away;
    if (run.status === 'budget') return unfinished;
    const near = list.findIndex(({ point }) => point && distance(point.x, run.x) <= 2 * radius);
    return near < 0 ? unfinished : near;
  };
  return { list, of };
}
