/** A size that depends on a symbol: factor·symbol + offset. */
export interface LinearSize {
  readonly factor: number;
  readonly offset: number;
}

/** The size that takes these values where the symbol has those; null unless it is linear in the symbol, with integers. */
export function linearSize(values: readonly number[], symbol: readonly number[]): LinearSize | null {
  const factor = (values[1]! - values[0]!) / (symbol[1]! - symbol[0]!);
  const offset = values[0]! - factor * symbol[0]!;
  const fits = values.every((v, i) => v === factor * symbol[i]! + offset);
  return fits && Number.isInteger(factor) && Number.isInteger(offset) ? { factor, offset } : null;
}

/** As text: `N`, `2*N`, `N - 1`. */
export function showLinearSize({ factor, offset }: LinearSize, symbol: string): string {
  const product = factor === 1 ? symbol : `${factor}*${symbol}`;
  if (offset === 0) return product;
  return `${product} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
}
