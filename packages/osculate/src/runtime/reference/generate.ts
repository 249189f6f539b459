import type { BufferFunction, Graph, Tensor } from '../../tensor/ir.js';
import { type Group, groupUnits } from './groups.js';
import { writeLoop } from './loop.js';
import { Routine } from './routine.js';
import { sink } from './sink.js';
import { Storage } from './storage.js';
import { readsOf, Units } from './units.js';

/** Units in one generated function, at most: engines give up optimising huge functions. */
const largestFunction = 256;

/** Consecutive groups that are written into one function. */
function splitIntoFunctions(groups: readonly Group[]): Group[][] {
  const functions: Group[][] = [];
  let room = 0;
  for (const group of groups) {
    if (group.units.length > room) {
      functions.push([]);
      room = largestFunction;
    }
    functions.at(-1)!.push(group);
    room -= group.units.length;
  }
  return functions;
}

/** What must be in memory whatever the loops are: outputs, and what ops' own routines read and write. */
function keptTensors(graph: Graph, units: Units): Set<Tensor> {
  const kept = new Set(graph.outputs.map((t) => units.storage(t)));
  for (const unit of units.list) {
    if (unit.kind !== 'kernel') continue;
    for (const t of [...unit.inputs, ...unit.outputs]) kept.add(t);
  }
  return kept;
}

/** Adds what one loop computes and another reads; a single number only where the other is in another function. */
function addPassedOn(functions: readonly (readonly Group[])[], inMemory: Set<Tensor>): void {
  const from = new Map<Tensor, { group: Group; where: number }>();
  functions.forEach((groups, where) => {
    for (const group of groups) {
      for (const unit of group.units) {
        for (const t of readsOf(unit)) {
          const source = from.get(t);
          if (source && source.group !== group && (t.size > 1 || source.where !== where)) inMemory.add(t);
        }
        for (const t of unit.outputs) from.set(t, { group, where });
      }
    }
  });
}

/**
 * Compiles a graph to JavaScript: chains of elementwise ops and the reductions that follow run as fused loops, other ops
 * as routines between them; views cost nothing. Every element is computed by the same float64 operations in the same order
 * as by interpretation. Cost: linear in the number of nodes. Throws an EvalError where code generation is forbidden.
 */
export function generate(graph: Graph): BufferFunction {
  const units = new Units(graph);
  const groups = groupUnits(units.list);
  const inMemory = keptTensors(graph, units);
  sink(groups, inMemory);
  const used = groups.filter((g) => g.units.length > 0);
  const functions = splitIntoFunctions(used);
  addPassedOn(functions, inMemory);
  const storage = new Storage(graph, units, used, inMemory);
  const routines = (functions.length > 0 ? functions : [[]]).map((part, i) => {
    const routine = new Routine(storage, inMemory);
    for (const group of part) {
      if (group.kind === 'loop') writeLoop(routine, group);
      else {
        const [{ node, inputs, outputs }] = group.units;
        const kernel = node.op.reference;
        if (kernel.kind === 'kernel') routine.call(kernel.prepare(node, generate), inputs, outputs);
      }
    }
    if (i === functions.length - 1 || functions.length === 0) routine.copy(storage.copies);
    return routine.build();
  });
  if (routines.length === 1) return routines[0]!;
  return (inputs, outputs) => {
    for (const routine of routines) routine(inputs, outputs);
  };
}
