import { logTicks, tickText } from './study/log-ticks.js';

/** A scale of a plot with readable ticks over the values shown on it. */
export function axisScale(label: string, logarithmic: boolean, values: readonly number[]) {
  if (!logarithmic) return { label, type: 'linear', grid: true, tickFormat: tickText, ticks: 5 } as const;
  const ticks = logTicks(Math.min(...values), Math.max(...values));
  return { label, type: 'log', grid: true, tickFormat: tickText, ticks } as const;
}
