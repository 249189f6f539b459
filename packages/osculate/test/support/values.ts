import { prepareGraph, referenceBuffer } from '../../src/compile/evaluate.js';
import { inputsOf } from '../../src/compile/program.js';
import type { Tensor } from '../../src/tensor/index.js';
import { inputName } from '../../src/tensor/leaf.js';

/** Values of several tensors, interpreted in float64, from values of the inputs by name. */
export function valuesAt(outputs: readonly Tensor[], feeds: Readonly<Record<string, ArrayLike<number>>>): number[][] {
  const inputs = inputsOf(outputs);
  const given = inputs.map((t) => {
    const values = feeds[inputName(t)];
    if (values?.length !== t.size) throw new Error(`valuesAt: "${inputName(t)}" needs ${t.size} values`);
    const buffer = referenceBuffer(t.dtype, t.size);
    buffer.set(values);
    return buffer;
  });
  const results = outputs.map((t) => referenceBuffer(t.dtype, t.size));
  prepareGraph({ inputs, outputs })(given, results);
  return results.map((r) => Array.from(r));
}

/** Values of one tensor. */
export function valueAt(output: Tensor, feeds: Readonly<Record<string, ArrayLike<number>>>): number[] {
  return valuesAt([output], feeds)[0]!;
}
