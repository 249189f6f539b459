/** Puts n eigenvalues in ascending order, and their eigenvectors, rows of n at stride ld, with them: at most n exchanges. */
export function sortRows(h: Float64Array, n: number, d: number, rows: number, ld: number): void {
  for (let i = 0; i < n; i++) {
    let least = i;
    for (let j = i + 1; j < n; j++) if (h[d + j]! < h[d + least]!) least = j;
    if (least === i) continue;
    [h[d + i], h[d + least]] = [h[d + least]!, h[d + i]!];
    for (let j = 0; j < n; j++) {
      const value = h[rows + i * ld + j]!;
      h[rows + i * ld + j] = h[rows + least * ld + j]!;
      h[rows + least * ld + j] = value;
    }
  }
}
