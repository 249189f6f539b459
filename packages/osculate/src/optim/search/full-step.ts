import type { LineSearch } from './line-search.js';

/** No search: the first rate, as long as f is finite there. For teaching, and where the model is known to be good. */
export const fullStep: LineSearch = async (line, first) => {
  const point = await line.at(first);
  return Number.isFinite(point.value) ? point : null;
};
