import { dependents } from '../../tensor/graph.js';
import type { Node, Tensor, Transforms } from '../../tensor/ir.js';
import { substitute } from '../../tensor/substitute.js';
import { boundaryOf, placeholder, present, scatter } from '../loop-body.js';
import { zerosLike } from '../shape.js';
import { applyScan, groups, partsOf, type ScanAttrs, type ScanParts } from './parts.js';

type Maybe = Tensor | null;

interface TangentStep {
  /** Placeholders of the tangents of the body's inputs; null where nothing moves. */
  readonly inputs: readonly Maybe[];
  readonly outputs: readonly Maybe[];
}

/** One step's tangents. A carry moves when its start does or when a step makes it move: a fixpoint over the carries. */
function tangentStep({ attrs }: Node<ScanAttrs>, tangents: readonly Maybe[], transforms: Transforms): TangentStep {
  const { body, carries } = attrs;
  const inputs = body.inputs.map((t, i) => (tangents[i] ? placeholder('scan tangent', t) : null));
  for (;;) {
    const outputs = transforms.jvp(body.outputs, body.inputs, inputs);
    let grown = false;
    for (let i = 0; i < carries; i++) {
      if (!outputs[i] || inputs[i]) continue;
      inputs[i] = placeholder('scan tangent', body.inputs[i]!);
      grown = true;
    }
    if (!grown) return { inputs, outputs };
  }
}

/**
 * Tangents of a scan, as two scans: the primal one, extended by what the tangent steps read of each primal step (the
 * residuals, stacked over time), and one over the residuals that is linear in all tangents, so that it can be transposed.
 * The extended primal scan repeats the original; the compiler merges them.
 */
export function scanJvp(node: Node<ScanAttrs>, tangents: readonly Maybe[], transforms: Transforms): Maybe[] {
  const parts = partsOf(node);
  const { carries } = node.attrs;
  const step = tangentStep(node, tangents, transforms);
  const outputs = step.outputs.map((t, i) => (i < carries && step.inputs[i] && !t ? zerosLike(parts.carryOut[i]!) : t));
  const moving = present(step.inputs);
  const residuals = boundaryOf(present(outputs), moving);
  const { xs, consts, rest } = sortResiduals(residuals, parts);
  const extended = rest.length === 0 ? [] : applyScan(node.op, { ...parts, ys: [...parts.ys, ...rest] }).ys;
  const stacked = [...xs.map((t) => parts.xs[parts.xIn.indexOf(t)]!), ...extended.slice(parts.ys.length)];
  const [carryTangents, xTangents, constTangents] = groups(step.inputs, node.attrs);
  const [, givenXs, givenConsts] = groups(tangents, node.attrs);
  const from = [...xs, ...rest, ...consts];
  const to = from.map((t) => placeholder('scan residual', t));
  const results = substitute(present(outputs), from, to);
  const moved = carryTangents.filter((t) => t !== null).length;
  const linear = applyScan(node.op, {
    init: parts.init.flatMap((t, i) => (carryTangents[i] ? [tangents[i] ?? zerosLike(t)] : [])),
    xs: [...present(givenXs), ...stacked],
    consts: [...present(givenConsts), ...substitute(consts, parts.constIn, parts.consts)],
    carryIn: present(carryTangents),
    xIn: [...present(xTangents), ...to.slice(0, stacked.length)],
    constIn: [...present(constTangents), ...to.slice(stacked.length)],
    carryOut: results.slice(0, moved),
    ys: results.slice(moved),
    length: parts.length,
    reverse: parts.reverse,
  });
  const ys = outputs.slice(carries);
  return [...scatter(carryTangents, linear.carry), ...scatter(ys, linear.ys)];
}

/** Residuals that are slices of xs, those that are the same at every step, and those that the primal scan has to give. */
function sortResiduals(residuals: readonly Tensor[], { xIn, carryIn }: ScanParts) {
  const varying = dependents(residuals, [...carryIn, ...xIn]);
  const isX = new Set(xIn);
  return {
    xs: residuals.filter((t) => isX.has(t)),
    consts: residuals.filter((t) => !varying.has(t)),
    rest: residuals.filter((t) => varying.has(t) && !isX.has(t)),
  };
}
