import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { leaves, type Tree } from '../tensor/tree.js';
import { inputsOf, type Program } from './program.js';
import { Rewriter } from './rewrite.js';
import { optimizeScans } from './scans.js';
import { verify } from './verify.js';

export interface CompileOptions {
  /** False keeps the graph as it was traced: for debugging, and to test the passes. */
  readonly optimize?: boolean;
  /**
   * Inputs that the program takes whether its outputs depend on them or not (the Hessian of a quadratic does not depend on the
   * parameters, say), so that a family of programs can be run on the same feeds.
   */
  readonly inputs?: readonly Tensor[];
}

/** Sweeps until nothing changes would rarely gain anything after the second: rules enable each other within a sweep. */
const sweeps = 2;

function optimize(outputs: readonly Tensor[]): Tensor[] {
  let current = optimizeScans([...outputs]);
  for (let i = 0; i < sweeps; i++) current = new Rewriter().rewrite(current);
  return current;
}

/**
 * Makes a program of named outputs (a tree's leaves get dotted names: `gradient.encoder.0.weight`): loops that share
 * their recurrence are merged, constants folded, common subexpressions merged, expressions simplified, transposes taken
 * into products, dead code dropped, and the result verified. The program's inputs are those that the outputs read before any simplification, and those declared.
 * Cost: linear in the number of nodes.
 */
export function compile(outputs: Tree<Tensor>, options: CompileOptions = {}): Program {
  const named = leaves(outputs);
  if (named.length === 0) throw new InputError('compile: there are no outputs');
  const tensors = named.map(([, t]) => t);
  const inputs = inputsOf([...(options.inputs ?? []), ...tensors]);
  const results = options.optimize === false ? tensors : optimize(tensors);
  verify(results, inputs);
  return Object.freeze({ inputs, outputs: Object.freeze(Object.fromEntries(named.map(([n], i) => [n, results[i]!]))) });
}
