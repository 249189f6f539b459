import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { checkObject } from '../tensor/check-value.js';
import { InputError } from '../tensor/errors.js';
import { checkTensor, checkTensors, type Tensor } from '../tensor/ir.js';
import { leaves, type Tree } from '../tensor/tree.js';
import { inputsOf, type OutputNames, type Program } from './program.js';
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

const compileOptions: OptionNames<CompileOptions> = { optimize: 1, inputs: 1 };

/** Sweeps until nothing changes would rarely gain anything after the second: rules enable each other within a sweep. */
const sweeps = 2;

function optimize(outputs: readonly Tensor[]): Tensor[] {
  let current = optimizeScans([...outputs]);
  for (let i = 0; i < sweeps; i++) current = new Rewriter().rewrite(current);
  return current;
}

interface Request {
  readonly names: readonly string[];
  readonly tensors: readonly Tensor[];
  readonly declared: readonly Tensor[];
  readonly optimize: boolean;
}

interface Entry {
  readonly request: Request;
  readonly program: Program;
}

/** Programs made before, found by their first output; forgotten with the graph. */
const compiled = new WeakMap<Tensor, Entry[]>();

const sameItems = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);

function sameRequest(a: Request, b: Request): boolean {
  return (
    a.optimize === b.optimize &&
    sameItems(a.tensors, b.tensors) &&
    sameItems(a.names, b.names) &&
    sameItems(a.declared, b.declared)
  );
}

function build({ names, tensors, declared, optimize: wanted }: Request): Program {
  const inputs = inputsOf([...declared, ...tensors]);
  const results = wanted ? optimize(tensors) : tensors;
  verify(results, inputs);
  const outputs = Object.fromEntries(names.map((name, i) => [name, results[i]!]));
  return Object.freeze({ inputs: Object.freeze(inputs), outputs: Object.freeze(outputs) });
}

function declaredIn({ inputs = [] }: CompileOptions): readonly Tensor[] {
  checkTensors('compile: the inputs', inputs);
  return [...inputs];
}

/**
 * Makes a program of named outputs (a tree's leaves get dotted names: `gradient.encoder.0.weight`): loops that share
 * their recurrence are merged, constants folded, common subexpressions merged, expressions simplified, transposes taken
 * into products, dead code dropped, and the result verified. The program's inputs are those that the outputs read
 * before any simplification, and those declared. The same outputs under the same names and options give the same
 * program again. Its type knows the outputs' names, so that results are read without a check. Cost: linear in the number of nodes.
 * @throws InputError when there are no outputs, or two different inputs have one name.
 * @example
 * const [w, x] = [input('w', 'f64', [2]), input('x', 'f64', [2])];
 * const loss = w.mul(x).sum().square();
 * const program = compile({ loss, gradient: grad(loss, w) });
 * const executable = await executor.load(program);
 * (await executable.run({ w: [1, 2], x: [3, 4] })).gradient; // [66, 88]
 */
export function compile<T extends Tree<Tensor>>(outputs: T, options: CompileOptions = {}): Program<OutputNames<T>> {
  checkNames('compile', options, compileOptions);
  checkObject('compile: the options', options);
  const named = leaves<Tensor>(outputs);
  for (const [name, t] of named) checkTensor(`compile: the output "${name}"`, t);
  const first = named[0];
  if (first === undefined) throw new InputError('compile: there are no outputs');
  const request: Request = {
    names: named.map(([name]) => name),
    tensors: named.map(([, t]) => t),
    declared: declaredIn(options),
    optimize: options.optimize !== false,
  };
  const entries = compiled.get(first[1]) ?? [];
  const known = entries.find((e) => sameRequest(e.request, request));
  if (known) return known.program;
  const program = build(request);
  compiled.set(first[1], [...entries, { request, program }]);
  return program;
}
