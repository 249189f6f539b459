import { checkFunction } from '../tensor/check-value.js';
import { bytesOf } from '../tensor/dtype.js';
import { dependents, topological } from '../tensor/graph.js';
import type { Tensor } from '../tensor/ir.js';
import { input, inputName } from '../tensor/leaf.js';
import { substitute } from '../tensor/substitute.js';
import { compile } from './compile.js';
import { checkProgram, type Program } from './program.js';

/** A program in two. */
export interface SplitProgram {
  /** Computes what does not depend on the inputs that vary. Its outputs have the names of inputs of `rest`. */
  readonly held: Program;
  /** Computes the outputs of the whole program, under their names, from the inputs that vary and what `held` computed. */
  readonly rest: Program;
  /** What the results of `held` take. */
  readonly bytes: number;
}

/** Ops whose result says no more than their input, which may be smaller: the input is what is kept. */
const forms = new Set(['reshape', 'expand']);

/** What does not depend on `sources` of the outputs and of what other nodes read: neither inputs nor constants, which cost nothing. */
function border(outputs: readonly Tensor[], sources: readonly Tensor[]): Tensor[] {
  const varying = dependents(outputs, sources);
  const found = new Set(outputs.filter((t) => !varying.has(t) && t.node.inputs.length > 0));
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

/** "held", with as many underscores as keep its numbered names apart from the program's inputs. */
function prefixFor(names: readonly string[]): string {
  let prefix = 'held';
  while (names.some((name) => name.startsWith(`${prefix}.`))) prefix += '_';
  return prefix;
}

/**
 * Splits a program for runs in which only the inputs that `varies` names change: partial evaluation. The products of a
 * Hessian with several vectors, say, have the forward pass and the gradient in common; with these held, a product costs
 * what its linear part does, about twice a gradient at most, where a whole one costs up to three times as much.
 * Cost: linear in the number of nodes. Null where nothing is computed without the inputs that vary.
 * @example
 * const [w, v] = [input('w', 'f64', [2]), input('v', 'f64', [2])];
 * const loss = w.exp().sum();
 * const split = splitProgram(compile({ product: hvp(loss, w, v) }), (name) => name === 'v');
 * split!.held.inputs.map(inputName); // ['w']
 */
export function splitProgram(program: Program, varies: (input: string) => boolean): SplitProgram | null {
  checkProgram('splitProgram', program);
  checkFunction('splitProgram', varies);
  const outputs = Object.values(program.outputs);
  const names = program.inputs.map(inputName);
  const kept = border(
    outputs,
    program.inputs.filter((t) => varies(inputName(t))),
  );
  if (kept.length === 0) return null;
  const prefix = prefixFor(names);
  const inputs = kept.map((t, i) => input(`${prefix}.${i}`, t.dtype, t.shape));
  const rest = compile(substitute(outputs, kept, inputs));
  const results = Object.values(rest.outputs);
  return {
    held: compile({ [prefix]: kept }),
    rest: Object.freeze({
      inputs: rest.inputs,
      outputs: Object.freeze(Object.fromEntries(Object.keys(program.outputs).map((name, i) => [name, results[i]!]))),
    }),
    bytes: kept.reduce((sum, t) => sum + t.size * bytesOf(t.dtype), 0),
  };
}
