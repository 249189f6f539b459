import type { Ending, EndKind } from '../../maps/basin-map.js';

/** Minima: hues that people with any colour vision tell apart, in middle lightness, so that they can be shaded both ways. */
const minima = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#b5a800', '#7a52c7'];
const others: Readonly<Record<Exclude<EndKind, 'minimum'>, string>> = {
  saddle: '#8b9099',
  maximum: '#5d4037',
  degenerate: '#a1887f',
  away: '#c3b9e0',
  unfinished: '#16181d',
};

/** The colour of each ending. */
export function endingColours(endings: readonly Ending[]): readonly string[] {
  let k = 0;
  return endings.map(({ kind }) => (kind === 'minimum' ? minima[k++ % minima.length]! : others[kind]));
}

type Rgb = readonly [number, number, number];

const rgb = (channel: (i: 0 | 1 | 2) => number): Rgb => [channel(0), channel(1), channel(2)];
const parse = (hex: string): Rgb => rgb((i) => Number.parseInt(hex.slice(2 * i + 1, 2 * i + 3), 16));
const mix = (a: Rgb, b: Rgb, share: number): Rgb => rgb((i) => Math.round(a[i] + share * (b[i] - a[i])));

/** A colour in 64 shades, from light (0) to dark (1). */
export function shades(hex: string): (share: number) => Rgb {
  const base = parse(hex);
  const [light, dark] = [mix(base, [255, 255, 255], 0.62), mix(base, [0, 0, 0], 0.7)];
  const table = Array.from({ length: 64 }, (_, i) => {
    const t = i / 63;
    return t < 0.5 ? mix(light, base, 2 * t) : mix(base, dark, 2 * t - 1);
  });
  return (share) => table[Math.round(63 * Math.min(1, Math.max(0, share)))]!;
}
