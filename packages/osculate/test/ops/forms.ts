import { jvp, vjp } from '../../src/autodiff/first-order.js';
import { hvp } from '../../src/autodiff/second-order.js';
import { prepareGraph, referenceBuffer } from '../../src/compile/evaluate.js';
import { isFloat } from '../../src/tensor/dtype.js';
import { input, type Tensor } from '../../src/tensor/index.js';
import type { ReferenceBuffer } from '../../src/tensor/ir.js';
import type { CaseInput, OpCase } from './case.js';
import { directions, dtypeOf, sample, seedOf } from './sample.js';

/** A case traced in one precision, with its derivatives as graphs over placeholders x, v, w (tangents) and u (cotangents). */
export interface Forms {
  readonly x: readonly Tensor[];
  readonly v: readonly Tensor[];
  readonly w: readonly Tensor[];
  readonly u: readonly Tensor[];
  /** Which of x are floats; v and w belong to these. */
  readonly moving: readonly number[];
  /** Outputs, and which of them are floats; u belongs to these. */
  readonly y: readonly Tensor[];
  readonly order: number;
  /**
   * J·v and Jᵀ·u (order ≥ 1), H·v and H·w of ⟨u, y⟩ (≥ 2), the derivative of H·v along v (≥ 3). Where reverse mode does
   * not exist, `jtu` and `hw` are empty, `hv` is the derivative of J·v along v.
   */
  readonly jv: readonly Tensor[];
  readonly jtu: readonly Tensor[];
  readonly hv: readonly Tensor[];
  readonly hw: readonly Tensor[];
  readonly third: readonly Tensor[];
}

const unreachable = 'zero';

/** ⟨u, y⟩ summed over the float outputs. */
function pairing(u: readonly Tensor[], y: readonly Tensor[]): Tensor {
  return y.map((t, i) => t.mul(u[i]!).sum()).reduce((a, b) => a.add(b));
}

export function build(c: OpCase, x: readonly Tensor[]): readonly Tensor[] {
  const y = c.build(...x);
  return Array.isArray(y) ? (y as readonly Tensor[]) : [y as Tensor];
}

export const floatsOf = (tensors: readonly Tensor[]): Tensor[] => tensors.filter((t) => isFloat(t.dtype));

export const placeholder = (name: string, spec: CaseInput, float: 'f32' | 'f64'): Tensor =>
  input(name, dtypeOf(spec, float), spec.shape);

export function trace(c: OpCase, float: 'f32' | 'f64'): Forms {
  const x = c.inputs.map((spec, i) => placeholder(`x${i}`, spec, float));
  const moving = x.flatMap((t, i) => (isFloat(t.dtype) ? [i] : []));
  const fx = floatsOf(x);
  const y = build(c, x);
  const fy = floatsOf(y);
  const v = fx.map((t, i) => input(`v${i}`, t.dtype, t.shape));
  const w = fx.map((t, i) => input(`w${i}`, t.dtype, t.shape));
  const u = fy.map((t, i) => input(`u${i}`, t.dtype, t.shape));
  const order = fx.length > 0 && fy.length > 0 ? (c.smooth ?? 3) : 0;
  const jv = order >= 1 ? jvp(fy, fx, v) : [];
  const reverse = order >= 1 && c.reverse !== false;
  const jtu = reverse ? vjp(fy, fx, u, { unreachable }) : [];
  const along = (t: readonly Tensor[]): Tensor[] => (reverse ? hvp(pairing(u, fy), fx, [...t], { unreachable }) : []);
  const hv = order < 2 ? [] : reverse ? along(v) : jvp(jv, fx, v);
  const hw = order < 2 ? [] : along(w);
  const third = order < 3 ? [] : jvp(hv, fx, v);
  return { x, v, w, u, moving, y, order, jv, jtu, hv, hw, third };
}

/** A point, directions and weights for the forms of a case, by the name of the placeholder. */
export interface Point {
  readonly x: readonly number[][];
  readonly v: readonly number[][];
  readonly w: readonly number[][];
  readonly u: readonly number[][];
}

export function pointOf(c: OpCase, forms: Forms): Point {
  const seed = seedOf(c);
  const sizes = (list: readonly Tensor[]): number[] => list.map((t) => t.size);
  return {
    x: sample(c),
    v: directions(sizes(forms.v), seed + 1),
    w: directions(sizes(forms.w), seed + 2),
    u: directions(sizes(forms.u), seed + 3),
  };
}

/** A graph of the forms' placeholders, interpreted in float64. */
export function interpreter(forms: Forms, outputs: readonly Tensor[]): (at: Point) => ReferenceBuffer[] {
  return evaluator([...forms.x, ...forms.v, ...forms.w, ...forms.u], outputs, ({ x, v, w, u }) => [
    ...x,
    ...v,
    ...w,
    ...u,
  ]);
}

/** A graph over `inputs` as a function of plain numbers, interpreted in float64. */
export function evaluator<P>(
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  values: (p: P) => readonly number[][],
): (p: P) => ReferenceBuffer[] {
  const run = prepareGraph({ inputs, outputs });
  return (p) => {
    const results = outputs.map((t) => referenceBuffer(t.dtype, t.size));
    const given = values(p).map((list, i) => {
      const buffer = referenceBuffer(inputs[i]!.dtype, list.length);
      buffer.set(list);
      return buffer;
    });
    run(given, results);
    return results;
  };
}
