/** How messages show a value that is not what it must be: short, with its kind. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number')
    return `${value}`;
  if (typeof value === 'bigint') return `the bigint ${value}n`;
  if (typeof value === 'string') return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  const name = value.constructor?.name ?? 'Object';
  return name === 'Object' ? `an object with the keys [${Object.keys(value).slice(0, 5).join(', ')}]` : `a ${name}`;
}
