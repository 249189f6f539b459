import type { z } from 'zod';
import { alternatives } from '../closest.js';

/** Types of values as somebody who writes YAML calls them. */
const kinds: Readonly<Record<string, string>> = {
  array: 'a list, as [a, b]',
  object: 'a group of keys, as { key: value }',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  record: 'a group of keys, as { key: value }',
};

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a group of keys' : `${JSON.stringify(value)}`;
}

/** The keys that an object of a schema may have. */
function keysOf(schema: unknown): string[] {
  const { shape } = (schema ?? {}) as { shape?: Record<string, unknown> };
  return Object.keys(shape ?? {});
}

/** What is wrong with a value, in words for whom writes the file; undefined where the schema's own words will do. */
export function complaint(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return 'is missing';
    return `must be ${kinds[issue.expected] ?? issue.expected}, got ${kindOf(issue.input)}`;
  }
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    return `there is no such key${alternatives(key, keysOf(issue.inst))}`;
  }
  if (issue.code === 'invalid_union') return `must be of another form, got ${kindOf(issue.input)}`;
  if (issue.code !== 'too_small') return undefined;
  if (issue.origin === 'array')
    return `must have at least ${issue.minimum} ${issue.minimum === 1 ? 'entry' : 'entries'}`;
  if (issue.origin === 'string') return 'must not be empty';
  return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}, got ${kindOf(issue.input)}`;
}
