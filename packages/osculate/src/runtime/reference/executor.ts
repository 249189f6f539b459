import { prepareGraph } from '../../compile/evaluate.js';
import { checkProgram, type Program } from '../../compile/program.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { checkObject } from '../../tensor/check-value.js';
import { InputError } from '../../tensor/errors.js';
import type { BufferFunction, Graph, Tensor } from '../../tensor/ir.js';
import type { Executable, Executor } from '../executor.js';
import { LoadedProgram, type ReferenceExecutable } from './executable.js';
import { generate } from './generate.js';

/** How the reference executor runs programs. */
export interface ReferenceOptions {
  /** True: interpret the graph node by node instead of generating code. Slow; the only way where `new Function` is forbidden. */
  readonly interpret?: boolean;
}

const referenceOptions: OptionNames<ReferenceOptions> = { interpret: 1 };

/** An executor that can also load without a promise. */
export interface ReferenceExecutor extends Executor {
  /** Makes a program ready to run. */
  load<Name extends string>(program: Program<Name>): Promise<ReferenceExecutable<Name>>;
  /** `load` without the promise. */
  loadSync<Name extends string>(program: Program<Name>): ReferenceExecutable<Name>;
}

/** Compiles, or says why the graph is interpreted instead. */
function prepare(graph: Graph): { readonly compute: BufferFunction; readonly notes: readonly string[] } {
  try {
    return { compute: generate(graph), notes: [] };
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    const note = 'interpreted node by node, since code generation is forbidden here (content security policy)';
    return { compute: prepareGraph(graph), notes: [note] };
  }
}

/**
 * The executor in plain JavaScript: all arithmetic in float64 (f32 programs are rounded once, at their outputs), i64
 * exact to 2^53. It is the oracle for the others, and the fast path for small problems, where calling an engine costs
 * more than computing. Programs become generated code; where a content security policy forbids that, they are
 * interpreted, which each executable's report says.
 * @example
 * const executable = referenceExecutor().loadSync(compile({ y: input('x', 'f64', [2]).square() }));
 * executable.runSync({ x: [2, 3] }).y; // [4, 9]
 */
export function referenceExecutor(options: ReferenceOptions = {}): ReferenceExecutor {
  checkNames('referenceExecutor', options, referenceOptions);
  checkObject('referenceExecutor: the options', options);
  const { interpret = false } = options;
  const name = interpret ? 'reference (interpreted)' : 'reference';
  const loaded = new Set<Executable>();
  let open = true;
  const loadSync = <Name extends string>(program: Program<Name>): ReferenceExecutable<Name> => {
    if (!open) throw new InputError('load: the executor has been disposed of; make another');
    checkProgram('load', program);
    const graph = { inputs: program.inputs, outputs: Object.values<Tensor>(program.outputs) };
    const { compute, notes } = interpret ? { compute: prepareGraph(graph), notes: [] } : prepare(graph);
    const report = { executor: name, notes };
    const executable = new LoadedProgram(program, report, compute, () => loaded.delete(executable));
    loaded.add(executable);
    return executable;
  };
  return {
    name,
    loadSync,
    load: async (program) => loadSync(program),
    async dispose() {
      open = false;
      for (const executable of loaded) await executable.dispose();
    },
  };
}
