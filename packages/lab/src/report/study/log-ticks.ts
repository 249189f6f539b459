/** Ticks of a logarithmic axis: few enough to be read, powers of ten where it spans some. */
export function logTicks(low: number, high: number): number[] {
  const [from, to] = [Math.log10(low), Math.log10(high)];
  const decades = to - from;
  if (!Number.isFinite(decades)) return [];
  if (decades === 0) return [low];
  const mantissas = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 3, 5, 7];
  const stride = Math.max(1, Math.ceil(decades / 6));
  const powers = Array.from({ length: Math.floor(to) - Math.floor(from) + 1 }, (_, i) => Math.floor(from) + i);
  const ticks = powers
    .filter((power) => power % stride === 0)
    .flatMap((power) => mantissas.map((m) => Number(`${m}e${power}`)))
    .filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
  if (ticks.length > 1) return ticks;
  // Less than a factor of about two: evenly spaced numbers of few digits.
  const step = Number(((high - low) / 4).toPrecision(1));
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(6)),
  );
}

/** `0.01`, `200`, `1e-6`. */
export function tickText(tick: number): string {
  const value = Number(tick.toPrecision(4));
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential().replace('e+', 'e') : String(value);
}
