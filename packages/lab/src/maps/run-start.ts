import { allRows, type Objective, type Vector } from 'osculate/objective';
import type { Optimizer, StepReport } from 'osculate/optim';
import { generator } from 'osculate/tensor';
import type { Breather } from '../breather.js';

/** How a run from one start came to its end. */
export interface StartRun {
  readonly status: 'stationary' | 'stopped' | 'away' | 'budget';
  readonly x: readonly [number, number];
  readonly f: number;
  readonly gradientNorm: number;
  readonly steps: number;
}

export interface StartLimits {
  readonly maxSteps: number;
  /** ‖∇f‖ of a stationary point. */
  readonly tolerance: number;
  /** |x| beyond which a run will not come back. */
  readonly farthest: number;
}

/** Steps that a method has for leaving a stationary point whose curvature it finds indefinite. */
const patience = 10;
/** Rejected steps in a row after which nothing changes any more. */
const rejections = 20;

async function gradientNormOf(objective: Objective, x: Vector, report: StepReport): Promise<number> {
  const known = report.gradientNorm ?? report.details.gradientNorm;
  if (known !== undefined) return known;
  const { gradient } = await objective.valueAndGradient(x, allRows(1));
  return Math.hypot(...gradient);
}

/** Runs an optimizer from a start of two variables to a stationary point, to nowhere, or to its last step; undefined when cancelled. */
export async function runStart(
  objective: Objective,
  optimizer: Optimizer,
  start: Float64Array,
  { maxSteps, tolerance, farthest }: StartLimits,
  breather: Breather,
): Promise<StartRun | undefined> {
  const random = generator(0);
  let [state, reached, rejected] = [optimizer.init(objective, start), -1, 0];
  for (let steps = 0; ; steps++) {
    const x = state.parameters;
    const { state: next, report } = await optimizer.step(state, { objective, generator: random });
    const gradientNorm = await gradientNormOf(objective, x, report);
    const end = (status: StartRun['status'], at = steps): StartRun => {
      return { status, x: [x[0]!, x[1]!], f: report.loss, gradientNorm, steps: at };
    };
    if (!Number.isFinite(report.loss) || !x.every(Number.isFinite) || Math.hypot(x[0]!, x[1]!) > farthest)
      return end('away');
    if (gradientNorm > tolerance) reached = -1;
    else if (reached < 0) reached = steps;
    const stays = reached >= 0 && (!report.indefinite || steps - reached >= patience || report.stop !== undefined);
    if (stays) return end('stationary', reached);
    rejected = report.accepted ? 0 : rejected + 1;
    if (report.stop === 'diverged') return end('away');
    if (report.stop !== undefined || rejected >= rejections) return end('stopped');
    if (steps >= maxSteps) return end('budget');
    if (breather.isDue() && (await breather.isCancelled())) return undefined;
    state = next;
  }
}
