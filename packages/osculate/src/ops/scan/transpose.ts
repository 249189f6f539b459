import { dependents, topological } from '../../tensor/graph.js';
import type { Node, Tensor, Transforms } from '../../tensor/ir.js';
import { isInput } from '../../tensor/leaf.js';
import { placeholder, present, scatter } from '../loop-body.js';
import { sum } from '../reductions.js';
import { zerosLike } from '../shape.js';
import { applyScan, groups, partsOf, type ScanAttrs } from './parts.js';

type Maybe = Tensor | null;

/** Which of the body's inputs the scan is linear in: a carry is when its start is, or when a step makes it depend on one that is. */
function linearInputs({ attrs }: Node<ScanAttrs>, linear: readonly boolean[]): boolean[] {
  const { body, carries } = attrs;
  const marks = [...linear];
  for (;;) {
    const active = dependents(
      body.outputs,
      body.inputs.filter((_, i) => marks[i]),
    );
    const grown = body.outputs.slice(0, carries).flatMap((t, i) => (active.has(t) && !marks[i] ? [i] : []));
    if (grown.length === 0) return marks;
    for (const i of grown) marks[i] = true;
  }
}

interface AdjointStep {
  /** Placeholders of the cotangents of the body's outputs; null where none flows. */
  readonly inputs: readonly Maybe[];
  /** Cotangents of the body's inputs. */
  readonly outputs: readonly Maybe[];
}

/** One step backwards. A carry has a cotangent when its end does or when a later step gives it one: a fixpoint. */
function adjointStep(
  { attrs: { body, carries } }: Node<ScanAttrs>,
  cotangents: readonly Maybe[],
  linear: readonly boolean[],
  transforms: Transforms,
): AdjointStep {
  const wrt = body.inputs.filter((_, i) => linear[i]);
  const inputs = body.outputs.map((t, i) => {
    const flows = cotangents[i] && (i >= carries || linear[i]);
    return flows ? placeholder('scan cotangent', t) : null;
  });
  for (;;) {
    const outputs = scatter(linear, transforms.transpose(body.outputs, wrt, inputs));
    let grown = false;
    for (let i = 0; i < carries; i++) {
      if (!outputs[i] || inputs[i]) continue;
      inputs[i] = placeholder('scan cotangent', body.outputs[i]!);
      grown = true;
    }
    if (!grown) return { inputs, outputs };
  }
}

/**
 * Cotangents of a scan that is linear in the marked inputs: a scan in the other direction over the cotangents of the ys.
 * Contributions to a const are given for each step and summed outside, where the compiler turns the sum of many small
 * products into one large one.
 */
export function scanTranspose(
  node: Node<ScanAttrs>,
  cotangents: readonly Maybe[],
  linear: readonly boolean[],
  transforms: Transforms,
): Maybe[] {
  const parts = partsOf(node);
  const { carries } = node.attrs;
  const marks = linearInputs(node, linear);
  const step = adjointStep(node, cotangents, marks, transforms);
  const flows = step.inputs.slice(0, carries);
  const outputs = step.outputs.map((t, i) => (i < carries && flows[i] && !t ? zerosLike(parts.carryIn[i]!) : t));
  const [carryOut, xOut, constOut] = groups(outputs, node.attrs);
  const results = present(outputs);
  const moved = present(carryOut).length;
  const ends = cotangents.slice(0, carries);
  // The steps backwards read what the steps forwards do of xs and consts in which the scan is not linear.
  const reads = reachedInputs(results);
  if (parts.carryIn.some((t) => reads.has(t)))
    throw new Error('transpose: a scan in a tangent graph has a carry in which it is not linear');
  const xs = parts.xIn.flatMap((t, i) => (reads.has(t) ? [i] : []));
  const consts = parts.constIn.flatMap((t, i) => (reads.has(t) ? [i] : []));
  const adjoint = applyScan(node.op, {
    init: flows.flatMap((t, i) => (t ? [ends[i] ?? zerosLike(t)] : [])),
    xs: [...present(cotangents.slice(carries)), ...xs.map((i) => parts.xs[i]!)],
    consts: consts.map((i) => parts.consts[i]!),
    carryIn: present(flows),
    xIn: [...present(step.inputs.slice(carries)), ...xs.map((i) => parts.xIn[i]!)],
    constIn: consts.map((i) => parts.constIn[i]!),
    carryOut: results.slice(0, moved),
    ys: results.slice(moved),
    length: parts.length,
    reverse: !parts.reverse,
  });
  const starts = scatter(carryOut, adjoint.carry);
  const stacks = scatter([...xOut, ...constOut], adjoint.ys);
  const contributions = stacks.slice(parts.xs.length).map((t) => t && sum(t, 0));
  return [...starts, ...stacks.slice(0, parts.xs.length), ...contributions];
}

function reachedInputs(outputs: readonly Tensor[]): Set<Tensor> {
  return new Set(topological(outputs).flatMap((n) => (isInput(n.outputs[0]!) ? n.outputs : [])));
}
