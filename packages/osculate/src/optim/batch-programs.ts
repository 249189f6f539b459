import { compile, costOf, type Program } from '../compile/index.js';
import { disposeAll } from '../runtime/dispose-all.js';
import type { Executable, Executor } from '../runtime/index.js';
import type { Tensor } from '../tensor/ir.js';
import { isInput } from '../tensor/leaf.js';
import { leaves, type Tree } from '../tensor/tree.js';
import type { BatchGraph } from './objective.js';

interface BatchProgram {
  readonly program: Program;
  readonly flops: number;
  /** Flops of one iteration of its data-dependent loops. */
  readonly flopsPerIteration: number;
}

/** Programs of a batch's graph by name and batch size, compiled and loaded on first use. */
export class BatchPrograms {
  private readonly graphs = new Map<number, BatchGraph>();
  private readonly compiled = new Map<string, BatchProgram>();
  private readonly loaded = new Map<Program, Promise<Executable>>();

  constructor(
    private readonly executor: Executor,
    private readonly graph: (size: number) => BatchGraph,
  ) {}

  graphOf(size: number): BatchGraph {
    let graph = this.graphs.get(size);
    if (graph === undefined) {
      graph = this.graph(size);
      this.graphs.set(size, graph);
    }
    return graph;
  }

  compile(name: string, build: (batch: BatchGraph) => Tree<Tensor>, size: number): BatchProgram {
    const key = `${name}/${size}`;
    let entry = this.compiled.get(key);
    if (entry === undefined) {
      const graph = this.graphOf(size);
      const program = compile(build(graph), { inputs: inputsOfBatch(graph) });
      entry = { program, ...costOf(program.outputs) };
      this.compiled.set(key, entry);
    }
    return entry;
  }

  load(program: Program): Promise<Executable> {
    let executable = this.loaded.get(program);
    if (executable === undefined) {
      executable = this.executor.load(program);
      this.loaded.set(program, executable);
      // A failure may pass, as that of a busy device does: it is not kept.
      executable.catch(() => this.loaded.delete(program));
    }
    return executable;
  }

  /** Flops of one iteration of the data-dependent loops of a program that was compiled before. */
  flopsPerIteration(name: string, size: number): number {
    return this.compiled.get(`${name}/${size}`)?.flopsPerIteration ?? 0;
  }

  async dispose(): Promise<void> {
    const executables = [...this.loaded.values()];
    this.loaded.clear();
    await disposeAll(executables);
  }
}

function inputsOfBatch(graph: BatchGraph): Tensor[] {
  return [graph.x, graph.y, ...leaves(graph.weights).map(([, t]) => t)].filter(isInput);
}
