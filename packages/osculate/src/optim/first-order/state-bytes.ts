import type { OptimizerState } from '../optimizer.js';

/** Bytes of the arrays of an optimizer's state, the parameters among them. An array that occurs twice counts once. */
export function stateBytes(state: OptimizerState): number {
  const arrays = new Set(Object.values(state).filter((value) => ArrayBuffer.isView(value)));
  let bytes = 0;
  for (const array of arrays) bytes += array.byteLength;
  return bytes;
}
