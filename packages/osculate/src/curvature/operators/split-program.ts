import { compile, type Program } from '../../compile/index.js';
import { bytesOf } from '../../tensor/dtype.js';
import { dependents, topological } from '../../tensor/graph.js';
import type { Tensor } from '../../tensor/ir.js';
import { input, inputName } from '../../tensor/leaf.js';
import { substitute } from '../../tensor/substitute.js';

/** A program in two. */
export interface SplitProgram {
  /** Computes what does not depend on some of the inputs: the inputs of that name of `rest`. */
  readonly held: Program;
  /** Computes the outputs in their order, named `outputs.0`, `outputs.1`, … */
  readonly rest: Program;
  /** What the results of `held` take. */
  readonly bytes: number;
}

/** Ops whose result says no more than their input, which may be smaller: the input is what is kept. */
const forms = new Set(['reshape', 'expand']);

/** What nodes that depend on `sources` read of what does not: neither inputs nor constants, which cost nothing. */
function border(outputs: readonly Tensor[], sources: readonly Tensor[]): Tensor[] {
  const varying = dependents(outputs, sources);
  const found = new Set<Tensor>();
  for (const node of topological(outputs)) {
    if (!node.outputs.some((t) => varying.has(t))) continue;
    for (const read of node.inputs) {
      let t = read;
      while (!varying.has(t) && forms.has(t.node.op.name)) t = t.node.inputs[0]!;
      if (!varying.has(t) && t.node.inputs.length > 0) found.add(t);
    }
  }
  return [...found];
}

/** Null where nothing is computed without the inputs whose names begin with `varying`. */
export function splitProgram(program: Program, varying: string): SplitProgram | null {
  const outputs = Object.values(program.outputs);
  const kept = border(
    outputs,
    program.inputs.filter((t) => inputName(t).startsWith(varying)),
  );
  if (kept.length === 0) return null;
  const inputs = kept.map((t, i) => input(`held.${i}`, t.dtype, t.shape));
  return {
    held: compile({ held: kept }),
    rest: compile({ outputs: substitute(outputs, kept, inputs) }),
    bytes: kept.reduce((sum, t) => sum + t.size * bytesOf(t.dtype), 0),
  };
}
