import { InputError } from '../tensor/errors.js';

/** What the header of an NPY file says. */
export interface NpyHeader {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

const entry = /\s*'(\w+)'\s*:\s*('[^']*'|True|False|\([\d\s,L]*\))\s*(,|(?=\s*\}))/y;
const end = /\s*\}\s*$/y;

function parseShape(text: string): number[] {
  const items = text
    .slice(1, -1)
    .split(',')
    .map((s) => s.trim());
  // A tuple of one has a comma at its end.
  if (items.at(-1) === '') items.pop();
  return items.map((item) => {
    if (!/^\d+L?$/.test(item)) throw new InputError(`NPY: "${item}" in the shape ${text} is not a dimension`);
    return Number.parseInt(item, 10);
  });
}

/** Parses the header's Python literal: a dictionary of exactly 'descr', 'fortran_order' and 'shape'. */
export function parseNpyHeader(text: string): NpyHeader {
  const fields = new Map<string, string>();
  let at = text.indexOf('{') + 1;
  for (;;) {
    entry.lastIndex = at;
    const match = entry.exec(text);
    if (match === null) break;
    fields.set(match[1]!, match[2]!);
    at = entry.lastIndex;
  }
  end.lastIndex = at;
  const [descr, order, shape] = ['descr', 'fortran_order', 'shape'].map((name) => fields.get(name));
  const valid = /^\s*\{/.test(text) && end.test(text) && fields.size === 3;
  if (!valid || !descr?.startsWith("'") || !/^(True|False)$/.test(order ?? '') || !shape?.startsWith('(')) {
    throw new InputError(
      `NPY: the header is not that of a plain array (structured and object arrays are not read): ${text.trim().slice(0, 200)}`,
    );
  }
  return { descr: descr.slice(1, -1), fortranOrder: order === 'True', shape: parseShape(shape) };
}
