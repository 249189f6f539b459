import type { Program } from '../../compile/program.js';
import { graphOf, type ModelProto, model, type NodeProto, valueInfo } from '../../onnx/index.js';
import { inputName } from '../../tensor/leaf.js';
import { blockConvolutions } from './blocked/block-convolutions.js';
import { blockedDomain } from './blocked/blocked-ops.js';
import { executionPatterns, fuse } from './fuse.js';
import { ModelState, Scope } from './scope.js';

/** A program as an ONNX model. */
export interface LoweredProgram {
  readonly model: ModelProto;
  /** The model's name of each of the program's inputs: the program's own wherever ONNX allows it. */
  readonly inputNames: readonly string[];
  /** The model's name of each of the program's outputs, in the order of `program.outputs`. */
  readonly outputNames: readonly string[];
  /** Nodes, those of subgraphs included. */
  readonly nodes: number;
  /** Whether any node computes a float64. */
  readonly computesFloat64: boolean;
  /** Ops that have no ONNX operator here and became expressions of others, as `erf in f64`. */
  readonly decomposed: readonly string[];
}

function renamed(names: readonly string[], renames: ReadonlyMap<string, string>): readonly string[] {
  return names.some((n) => renames.has(n)) ? names.map((n) => renames.get(n) ?? n) : names;
}

/** Renames values wherever nodes read or write them, in subgraphs as well. */
function rename(nodes: readonly NodeProto[], renames: ReadonlyMap<string, string>): void {
  for (const node of nodes) {
    node.input = renamed(node.input, renames);
    node.output = renamed(node.output, renames);
    for (const { g } of node.attribute) if (g) rename(g.node, renames);
  }
}

/** Gives each output its name; what is not a node's result, or is a second name of one, is copied by an Identity. */
function nameOutputs(scope: Scope, values: readonly string[], names: readonly string[]): void {
  const free = new Set(scope.nodes.flatMap((n) => n.output));
  const renames = new Map<string, string>();
  values.forEach((value, i) => {
    const own = free.delete(value) ? value : scope.emit('Identity', [value]);
    renames.set(own, names[i]!);
  });
  rename(scope.nodes, renames);
}

interface LoweringOptions {
  /** Whether ONNX Runtime's own operators may be used (default true). */
  readonly contrib?: boolean;
  /** Channels that its blocked convolutions take at a time (see `channelBlock`); 0 (default) where they are not to be used. */
  readonly block?: number;
}

/**
 * Lowers a program to an ONNX model of opset 20 and, unless `contrib` is false, `com.microsoft` 1. Every op writes its own
 * nodes, but for convolutions, which take their biases in; constants become initialisers that reference the arrays' memory.
 *
 * @throws InputError when the constants exceed what a model file can hold (2 GiB).
 */
export function lowerProgram(program: Program, { contrib = true, block = 0 }: LoweringOptions = {}): LoweredProgram {
  const state = new ModelState(contrib);
  const { names } = state;
  const inputNames = program.inputs.map((t) => names.claim(inputName(t)));
  const fused = fuse(Object.values(program.outputs), executionPatterns);
  const outputs = block > 0 ? blockConvolutions(fused, block) : fused;
  const outputNames = Object.keys(program.outputs).map((name) => names.claim(name));
  const scope = new Scope(state);
  const values = scope.lower(outputs, new Map(program.inputs.map((t, i) => [t, inputNames[i]!])));
  nameOutputs(scope, values, outputNames);
  const graph = graphOf({
    name: 'program',
    nodes: scope.nodes,
    inputs: program.inputs.map((t, i) => valueInfo(inputNames[i]!, t.dtype, t.shape)),
    outputs: outputs.map((t, i) => valueInfo(outputNames[i]!, t.dtype, t.shape)),
    initializers: state.initializers.tensors,
  });
  return {
    model: model(graph, { opset: 20, contrib, domains: state.usesBlocks ? [blockedDomain] : [] }),
    inputNames,
    outputNames,
    nodes: state.nodes,
    computesFloat64: state.computesFloat64,
    decomposed: [...state.decomposed],
  };
}
