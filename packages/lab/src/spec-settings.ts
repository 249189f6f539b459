import { alternatives } from './closest.js';
import { UsageError } from './usage-error.js';

function parsedValue(spec: string, key: string, text: string, like: number | string): number | string {
  if (typeof like === 'string') return text;
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) {
    throw new UsageError(`"${spec}": the value of ${key} must be a number, got "${text}"`);
  }
  return number;
}

/**
 * The settings `key=value` of a spec `name:key=value:key=value`, each of the type of its default.
 * @throws UsageError for a setting that is not known or given twice, and for a value that is not a number where one is needed.
 */
export function specSettings<T extends number | string>(
  spec: string,
  texts: readonly string[],
  known: Readonly<Record<string, T>>,
): Record<string, T> {
  const given: Record<string, T> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    const [key, value] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
    if (!Object.hasOwn(known, key)) {
      throw new UsageError(`"${spec}": there is no setting "${key}"${alternatives(key, Object.keys(known))}`);
    }
    if (Object.hasOwn(given, key)) throw new UsageError(`"${spec}": the setting "${key}" is given twice`);
    given[key] = parsedValue(spec, key, value, known[key]!) as T;
  }
  return given;
}
