export interface TrialOptions {
  /** Ratio of neighbours (default 10). */
  readonly factor?: number;
  /** Values tried at most (default 12). */
  readonly most?: number;
  /** Whether a measure is as good as the least for which smaller values are to be preferred (default: only the least is). */
  readonly goodEnough?: (measure: number, least: number) => boolean;
}

/** What a trial has found: the value, and how many were tried. */
export interface TrialResult {
  readonly value: number;
  readonly tried: number;
}

/**
 * The value among first·factorᵏ, k whole, whose measure is least: upwards from the first while the measure falls, or else downwards while it
 * does; then the smallest below it that is good enough. What is not finite is worse than all that is. Null when none of those tried is finite.
 */
export async function bestByTrial(
  first: number,
  measure: (value: number) => Promise<number>,
  { factor = 10, most = 12, goodEnough = () => false }: TrialOptions = {},
): Promise<TrialResult | null> {
  const known = new Map<number, number>();
  const at = (k: number): number => first * factor ** k;
  const look = async (k: number): Promise<number> => {
    const found = known.get(k) ?? (known.size < most ? await measure(at(k)) : Number.NaN);
    const comparable = Number.isFinite(found) ? found : Number.POSITIVE_INFINITY;
    if (known.size < most) known.set(k, comparable);
    return comparable;
  };
  const falls = async (k: number, from: number): Promise<boolean> => {
    const found = await look(k);
    return found < from || (found === from && from === Number.POSITIVE_INFINITY && k < 0 && known.size < most);
  };
  let best = 0;
  await look(0);
  while (await falls(best + 1, await look(best))) best++;
  if (best === 0) while (await falls(best - 1, await look(best))) best--;
  const least = await look(best);
  if (least === Number.POSITIVE_INFINITY) return null;
  while (goodEnough(await look(best - 1), least)) best--;
  return { value: at(best), tried: known.size };
}
