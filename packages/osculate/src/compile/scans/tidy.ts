import { boundaryOf, isLiteral, placeholder } from '../../ops/loop-body.js';
import type { ScanParts } from '../../ops/scan/parts.js';
import { expand } from '../../ops/shape.js';
import type { Tensor } from '../../tensor/ir.js';
import { full, splat } from '../../tensor/leaf.js';
import { substitute } from '../../tensor/substitute.js';

/** A scan that a pass changed, and where its results are found now. */
export interface Changed {
  readonly parts: ScanParts;
  /** The old outputs in terms of the new ones. */
  restore(carry: readonly Tensor[], ys: readonly Tensor[]): Tensor[];
}

/** The one slice of a stack that is the same at all steps because it was only expanded over time; null otherwise. */
function sliceOfExpanded(stack: Tensor): Tensor | null {
  const shape = stack.shape.slice(1);
  const value = splat(stack);
  if (value !== undefined) return expand(full(value, stack.dtype), shape);
  if (stack.node.op.name !== 'expand') return null;
  const inner = stack.node.inputs[0]!;
  if (inner.rank < stack.rank) return expand(inner, shape);
  return inner.shape[0] === 1 ? expand(inner.reshape(inner.shape.slice(1)), shape) : null;
}

/** An outer value that the body can hold itself: a small literal, or one number in every place. */
function literalOf(outer: Tensor): Tensor | null {
  if (isLiteral(outer)) return outer;
  const inner = outer.node.op.name === 'expand' ? outer.node.inputs[0]! : outer;
  const value = splat(inner);
  return value === undefined ? null : expand(full(value, outer.dtype), outer.shape);
}

/** Each outer tensor once, with one placeholder; what the other placeholders become. */
function distinct(outer: readonly Tensor[], inner: readonly Tensor[], into: Map<Tensor, Tensor>) {
  const first = new Map<Tensor, Tensor>();
  outer.forEach((t, i) => {
    const known = first.get(t);
    if (known) into.set(inner[i]!, known);
    else first.set(t, inner[i]!);
  });
  return { outer: [...first.keys()], inner: [...first.values()] };
}

/**
 * What a body can know of its inputs: carries that never change and stacks that are the same at all steps become consts,
 * literals move into the body, and inputs given twice become one.
 */
export function tidyInputs(parts: ScanParts): Changed {
  const replaced = new Map<Tensor, Tensor>();
  const moving = parts.carryIn.map((t, i) => parts.carryOut[i] !== t);
  const consts: [Tensor, Tensor][] = parts.consts.map((t, i) => [t, parts.constIn[i]!]);
  const xs: [Tensor, Tensor][] = [];
  parts.init.forEach((t, i) => void (moving[i] || consts.push([t, parts.carryIn[i]!])));
  parts.xs.forEach((t, i) => {
    const slice = parts.length > 0 ? sliceOfExpanded(t) : null;
    (slice ? consts : xs).push([slice ?? t, parts.xIn[i]!]);
  });
  const kept = consts.filter(([outer, inner]) => {
    const literal = literalOf(outer);
    if (literal) replaced.set(inner, literal);
    return literal === null;
  });
  const slices = distinct(
    xs.map(([t]) => t),
    xs.map(([, t]) => t),
    replaced,
  );
  const fixed = distinct(
    kept.map(([t]) => t),
    kept.map(([, t]) => t),
    replaced,
  );
  const pick = (list: readonly Tensor[]): Tensor[] => list.filter((_, i) => moving[i]);
  const results = substitute([...pick(parts.carryOut), ...parts.ys], [...replaced.keys()], [...replaced.values()]);
  const carries = moving.filter(Boolean).length;
  return {
    parts: {
      ...parts,
      init: pick(parts.init),
      carryIn: pick(parts.carryIn),
      carryOut: results.slice(0, carries),
      xs: slices.outer,
      xIn: slices.inner,
      consts: fixed.outer,
      constIn: fixed.inner,
      ys: results.slice(carries),
    },
    restore: (carry, ys) => {
      let next = 0;
      return [...moving.map((m, i) => (m ? carry[next++]! : parts.init[i]!)), ...ys];
    },
  };
}

/** Moves what a body computes from consts alone out of it. */
export function hoistInvariants(parts: ScanParts): ScanParts {
  const results = [...parts.carryOut, ...parts.ys];
  const known = new Set(parts.constIn);
  const invariant = boundaryOf(results, [...parts.carryIn, ...parts.xIn]).filter((t) => !known.has(t));
  if (invariant.length === 0) return parts;
  const inner = invariant.map((t) => placeholder('scan const', t));
  const moved = substitute(results, invariant, inner);
  const carries = parts.carryIn.length;
  return {
    ...parts,
    consts: [...parts.consts, ...substitute(invariant, parts.constIn, parts.consts)],
    constIn: [...parts.constIn, ...inner],
    carryOut: moved.slice(0, carries),
    ys: moved.slice(carries),
  };
}
