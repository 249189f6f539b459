import type { Objective, Vector } from 'osculate/objective';
import type { Optimizer } from 'osculate/optim';
import { generator } from 'osculate/tensor';

export interface WarmUp {
  readonly steps: number;
  /** Beyond which no further step is made. */
  readonly seconds?: number;
  readonly seed: number;
}

/** What was done before the clock started. */
export interface WarmedUp {
  readonly steps: number;
  readonly seconds: number;
}

/**
 * Makes the first steps on parameters that are thrown away: tracing, compiling and loading programs is then done, and a clock measures
 * steps. Optimizers keep all they know in their states, so that nothing of these steps is left but programs.
 */
export async function warmUp(
  objective: Objective,
  optimizer: Optimizer,
  start: Vector,
  { steps, seconds = Number.POSITIVE_INFINITY, seed }: WarmUp,
): Promise<WarmedUp> {
  const random = generator(seed);
  const begin = performance.now();
  const passed = (): number => (performance.now() - begin) / 1000;
  let state = optimizer.init(objective, start.slice() as Vector);
  while (state.step < steps && passed() < seconds) {
    const { state: next, report } = await optimizer.step(state, { objective, generator: random });
    if (report.stop !== undefined || next.step === state.step) break;
    state = next;
  }
  return { steps: state.step, seconds: passed() };
}
