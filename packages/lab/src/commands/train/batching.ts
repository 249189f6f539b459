import { vmap } from 'osculate';
import { DTypeError, InputError, ShapeError, type Tensor } from 'osculate/tensor';
import { UsageError } from '../../usage-error.js';

/** A model on a batch `[rows, …]`, and its output. */
type Call = (x: Tensor) => Tensor;

/** Numbers of rows, of which a file fixes at most one. */
const trials = [5, 7] as const;

/**
 * A model whose file fixes the number of examples to `size`, for any number: group by group of that size, the last filled up
 * with zeros.
 */
function inGroups(call: Call, size: number): Call {
  return (x) => {
    const rows = x.shape[0]!;
    const groups = Math.ceil(rows / size);
    const missing = groups * size - rows;
    const none = x.shape.map(() => 0);
    const whole = missing === 0 ? x : x.pad(none, [missing, ...none.slice(1)]);
    if (groups === 1) return rowsOf(call(whole), rows);
    const mapped = vmap(call)(whole.reshape([groups, size, ...x.shape.slice(1)]));
    return rowsOf(mapped.reshape([groups * size, ...mapped.shape.slice(2)]), rows);
  };
}

function rowsOf(t: Tensor, rows: number): Tensor {
  if (t.shape[0] === rows) return t;
  return t.slice(
    t.shape.map(() => 0),
    [rows, ...t.shape.slice(1)],
  );
}

/** The output for so many rows, or what is wrong with it. */
function attempt(call: Call, symbol: (rows: number) => Tensor, rows: number): string | undefined {
  try {
    const { shape } = call(symbol(rows));
    return shape[0] === rows ? undefined : `its output is [${shape.join(', ')}] for ${rows} examples`;
  } catch (error) {
    if (error instanceof InputError || error instanceof ShapeError || error instanceof DTypeError) return error.message;
    throw error;
  }
}

/**
 * How a model is called with any number of examples; `fixed` is the number that its file states, if any.
 * @throws UsageError for a model that does not count examples along the first axis of its output
 */
export function batching(
  call: Call,
  symbol: (rows: number) => Tensor,
  fixed: number | undefined,
): (call: Call) => Call {
  const problem = attempt(call, symbol, trials[0]) ?? attempt(call, symbol, trials[1]);
  if (problem === undefined) return (f) => f;
  if (fixed !== undefined && attempt(call, symbol, fixed) === undefined) return (f) => inGroups(f, fixed);
  throw new UsageError(`the first axis of input and output must count the examples: ${problem}`);
}
