import { apply, type Graph, type Node, type Op, type Tensor } from '../../tensor/ir.js';

/**
 * A scan node's inputs are `[...init, ...xs, ...consts]`, its outputs `[...carry, ...ys]`. The body maps placeholders
 * `[...carries, ...x slices, ...consts]` to `[...next carries, ...y slices]` and reads nothing else but literals.
 */
export interface ScanAttrs {
  readonly body: Graph;
  readonly carries: number;
  readonly xs: number;
  readonly length: number;
  /** Steps run from the last slice to the first; slice t of a result still belongs to slice t of `xs`. */
  readonly reverse: boolean;
}

/** A scan taken apart, so that rules can name what they change. `…In` are the body's placeholders. */
export interface ScanParts {
  readonly init: readonly Tensor[];
  readonly xs: readonly Tensor[];
  readonly consts: readonly Tensor[];
  readonly carryIn: readonly Tensor[];
  readonly xIn: readonly Tensor[];
  readonly constIn: readonly Tensor[];
  readonly carryOut: readonly Tensor[];
  readonly ys: readonly Tensor[];
  readonly length: number;
  readonly reverse: boolean;
}

export interface ScanOutputs {
  /** The last carries. */
  readonly carry: readonly Tensor[];
  /** The y of all steps, on a new leading axis. */
  readonly ys: readonly Tensor[];
}

/** A list of carries, xs and consts (or values that belong to them) in its three groups. */
export function groups<T>(list: readonly T[], { carries, xs }: Pick<ScanAttrs, 'carries' | 'xs'>): [T[], T[], T[]] {
  return [list.slice(0, carries), list.slice(carries, carries + xs), list.slice(carries + xs)];
}

export function partsOf({ inputs, attrs }: Pick<Node<ScanAttrs>, 'inputs' | 'attrs'>): ScanParts {
  const [init, xs, consts] = groups(inputs, attrs);
  const [carryIn, xIn, constIn] = groups(attrs.body.inputs, attrs);
  const { outputs } = attrs.body;
  const [carryOut, ys] = [outputs.slice(0, attrs.carries), outputs.slice(attrs.carries)];
  return { init, xs, consts, carryIn, xIn, constIn, carryOut, ys, length: attrs.length, reverse: attrs.reverse };
}

/** Applies the scan op to parts. The op is passed in because the rules that build scans are part of it. */
export function applyScan(op: Op<ScanAttrs>, parts: ScanParts): ScanOutputs {
  const body: Graph = {
    inputs: [...parts.carryIn, ...parts.xIn, ...parts.constIn],
    outputs: [...parts.carryOut, ...parts.ys],
  };
  const carries = parts.init.length;
  const { length, reverse } = parts;
  const attrs: ScanAttrs = { body, carries, xs: parts.xs.length, length, reverse };
  const outputs = apply(op, [...parts.init, ...parts.xs, ...parts.consts], attrs);
  return { carry: outputs.slice(0, carries), ys: outputs.slice(carries) };
}
