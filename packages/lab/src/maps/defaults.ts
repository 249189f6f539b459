import type { Window } from './basin-map.js';

interface MapDefaults {
  readonly window: Window;
  readonly optimizers: readonly string[];
}

const family = (sgd: string): readonly string[] => ['newton', 'saddle-free-newton', 'trust-region', 'lbfgs', sgd];

const known: Readonly<Record<string, MapDefaults>> = {
  rosenbrock: { window: [-2.5, 2.5, -1.5, 3.5], optimizers: family('heavy-ball:learningRate=0.0005:momentum=0.95') },
  beale: { window: [-4.5, 4.5, -4.5, 4.5], optimizers: family('heavy-ball:learningRate=0.0005:momentum=0.95') },
  himmelblau: { window: [-6, 6, -6, 6], optimizers: ['plain-newton', ...family('sgd:learningRate=0.005')] },
  'monkey-saddle': { window: [-2, 2, -2, 2], optimizers: family('sgd:learningRate=0.05') },
  'cube-roots': {
    window: [-2, 2, -2, 2],
    optimizers: ['plain-gauss-newton', 'gauss-newton', ...family('sgd:learningRate=0.01').slice(1)],
  },
};

/** What is shown when nothing is asked for: a window around the known stationary points, or around the start. */
export function mapDefaults(problem: string, start: readonly number[]): MapDefaults {
  const found = Object.hasOwn(known, problem) ? known[problem] : undefined;
  const [x = 0, y = 0] = start;
  const reach = (at: number): number => 2 * Math.max(1, Math.abs(at));
  const around: Window = [x - reach(x), x + reach(x), y - reach(y), y + reach(y)];
  return found ?? { window: around, optimizers: family('sgd:learningRate=0.001') };
}
