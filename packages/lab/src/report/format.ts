/** Numbers as people read them. */

/** Four significant digits, without an exponent where that is readable. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(3);
  return Number(value.toPrecision(4)).toString();
}

/** Thousands separated by thin groups: 12 345. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ');
}

export function megabytes(bytes: number): string {
  return `${count(bytes / 2 ** 20)} MiB`;
}

/** Minutes and seconds: 1:05. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
