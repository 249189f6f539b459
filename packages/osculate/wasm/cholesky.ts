import { dotAt } from './vectors';

/**
 * The lower Cholesky factor of a small block in place, row by row. Returns −1, or the index of the first pivot that is not
 * positive, which is then left in its place. Offsets and strides count doubles.
 */
export function choleskyBlock(n: i32, a: usize, lda: usize): i32 {
  const stride = lda << 3;
  for (let i = 0; i < n; i++) {
    const row = (a << 3) + <usize>i * stride;
    for (let j = 0; j < i; j++) {
      const other = (a << 3) + <usize>j * stride;
      const at = row + ((<usize>j) << 3);
      store<f64>(at, (load<f64>(at) - dotAt(j, row, other)) / load<f64>(other + ((<usize>j) << 3)));
    }
    const at = row + ((<usize>i) << 3);
    const pivot = load<f64>(at) - dotAt(i, row, row);
    if (!(pivot > 0)) {
      store<f64>(at, pivot);
      return i;
    }
    store<f64>(at, sqrt<f64>(pivot));
  }
  return -1;
}
