import type { SpectralModel } from './spectral-model.js';

/** −cᵢ/(|λᵢ| + damping), in the eigenbasis. */
export function saddleFreeStep({ values, slopes }: SpectralModel, damping: number): Float64Array {
  return slopes.map((c, i) => (c === 0 ? 0 : -c / (Math.abs(values[i]!) + damping)));
}
