import type { ScanParts } from '../../ops/scan/parts.js';
import { expand, zerosLike } from '../../ops/shape.js';
import { isFloat } from '../../tensor/dtype.js';
import { dependents, topological } from '../../tensor/graph.js';
import type { Node, Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { sameShape } from '../../tensor/shape.js';
import { rebuild } from './loops.js';

/** A coefficient ±(product of tensors that depend on no carry); `factor` null is 1. */
interface Coefficient {
  readonly negative: boolean;
  readonly factor: Tensor | null;
}

/** Σ base·coefficient + offset, where only the bases depend on carries. All bases have the shape of the sum. */
interface Form {
  readonly terms: ReadonlyMap<Tensor, Coefficient>;
  readonly offset: Coefficient | null;
}

const one: Coefficient = { negative: false, factor: null };

function scaled(c: Coefficient, by: (x: Tensor | null) => Tensor, negative = false): Coefficient {
  return { negative: c.negative !== negative, factor: by(c.factor) };
}

/** c + d; null when they cancel to the letter. */
function added(c: Coefficient, d: Coefficient, { dtype }: Tensor): Coefficient | null {
  if (c.factor === d.factor && c.negative !== d.negative) return null;
  const [x, y] = [c, d].map((e) => e.factor ?? full(1, dtype)) as [Tensor, Tensor];
  return { negative: c.negative, factor: c.negative === d.negative ? x.add(y) : x.sub(y) };
}

/** How often each tensor is read on the way to `results`. */
function usesIn(results: readonly Tensor[]): Map<Tensor, number> {
  const uses = new Map<Tensor, number>();
  const count = (t: Tensor): void => void uses.set(t, (uses.get(t) ?? 0) + 1);
  for (const node of topological(results)) node.inputs.forEach(count);
  results.forEach(count);
  return uses;
}

type Loop = Pick<ScanParts, 'carryIn' | 'carryOut' | 'ys'>;

class Collector {
  private readonly done = new Map<Tensor, Tensor>();
  private readonly forms = new Map<Tensor, Form>();
  private readonly uses: ReadonlyMap<Tensor, number>;
  private readonly active: ReadonlySet<Tensor>;

  constructor(
    private readonly results: readonly Tensor[],
    { carryIn, carryOut, ys }: Loop,
  ) {
    this.active = dependents(results, carryIn);
    // Readers on the way to carries count alone: what stacks read of that way is computed again, outside of the loop.
    this.uses = new Map([...usesIn(ys), ...usesIn(carryOut)]);
  }

  run(): Tensor[] {
    for (const node of topological(this.results)) {
      const form = this.formOf(node);
      if (form) this.forms.set(node.outputs[0]!, form);
      else {
        const fresh = rebuild(
          node,
          node.inputs.map((t) => this.value(t)),
        );
        node.outputs.forEach((t, i) => void this.done.set(t, fresh[i]!));
      }
    }
    return this.results.map((t) => this.value(t));
  }

  /** The linear form of a node that is one, or null. */
  private formOf(node: Node): Form | null {
    const out = node.outputs[0]!;
    if (!this.active.has(out) || !isFloat(out.dtype)) return null;
    const [x, y] = node.inputs as [Tensor, Tensor];
    const [onX, onY] = [x, y].map((t) => t !== undefined && this.active.has(t));
    if ((onX && !sameShape(x.shape, out.shape)) || (onY && !sameShape(y.shape, out.shape))) return null;
    switch (node.op.name) {
      case 'neg':
        return this.scale(this.operand(x), (c) => ({ ...c, negative: !c.negative }));
      case 'add':
        return this.sum(this.operand(x), this.operand(y), false);
      case 'sub':
        return this.sum(this.operand(x), this.operand(y), true);
      case 'mul':
        if (onX && onY) return null;
        return this.scale(this.factorable(onX ? x : y), (c) => this.times(c, this.value(onX ? y : x)));
      case 'div':
        if (onY) return null;
        return this.scale(this.factorable(x), (c) =>
          scaled(c, (f) => (f ? f.div(this.value(y)) : this.value(y).reciprocal())),
        );
      default:
        return null;
    }
  }

  private times(c: Coefficient, by: Tensor): Coefficient {
    return scaled(c, (f) => (f ? f.mul(by) : by));
  }

  /** What an operand contributes: its own form when nothing else reads it, else itself as a base. */
  private operand(t: Tensor): Form {
    if (!this.active.has(t)) return { terms: new Map(), offset: { negative: false, factor: this.value(t) } };
    const form = this.uses.get(t) === 1 ? this.forms.get(t) : undefined;
    return form ?? { terms: new Map([[this.value(t), one]]), offset: null };
  }

  /** An operand to be scaled: a sum of several plain terms is scaled once rather than term by term. */
  private factorable(t: Tensor): Form {
    const form = this.operand(t);
    const plain = [...form.terms.values()].filter((c) => c.factor === null).length;
    return plain > 1 ? { terms: new Map([[this.value(t), one]]), offset: null } : form;
  }

  private scale({ terms, offset }: Form, by: (c: Coefficient) => Coefficient): Form {
    return { terms: new Map([...terms].map(([t, c]) => [t, by(c)])), offset: offset && by(offset) };
  }

  private sum(a: Form, b: Form, subtract: boolean): Form {
    const terms = new Map(a.terms);
    const other = subtract ? this.scale(b, (c) => ({ ...c, negative: !c.negative })) : b;
    for (const [t, c] of other.terms) {
      const own = terms.get(t);
      const both = own ? added(own, c, t) : c;
      if (both) terms.set(t, both);
      else terms.delete(t);
    }
    const { offset } = a;
    return {
      terms,
      offset: offset && other.offset ? added(offset, other.offset, offset.factor!) : (offset ?? other.offset),
    };
  }

  /** The new tensor for an old one; a form is written out on first use. */
  private value(t: Tensor): Tensor {
    let value = this.done.get(t);
    if (value === undefined) {
      value = this.write(this.forms.get(t)!, t);
      this.done.set(t, value);
    }
    return value;
  }

  private write({ terms, offset }: Form, like: Tensor): Tensor {
    const list = [...terms].map(([t, { negative, factor }]) => ({ t: factor ? t.mul(factor) : t, negative }));
    if (offset) list.push({ t: offset.factor!, negative: offset.negative });
    // A positive term first saves a negation.
    list.sort((a, b) => Number(a.negative) - Number(b.negative));
    const [first, ...rest] = list;
    if (!first) return zerosLike(like);
    const start = first.negative ? first.t.neg() : first.t;
    const total = rest.reduce((sum, { t, negative }) => (negative ? sum.sub(t) : sum.add(t)), start);
    return expand(total, like.shape);
  }
}

/**
 * Collects sums that are linear in what depends on carries: (u·a)·b + u·c becomes u·(a·b + c), so that the coefficients
 * can leave the loop and few operations stay in it. Reorders sums and products, so results agree to rounding.
 */
export function collectLinear(parts: ScanParts): ScanParts {
  const carries = parts.carryOut.length;
  const results = new Collector([...parts.carryOut, ...parts.ys], parts).run();
  return { ...parts, carryOut: results.slice(0, carries), ys: results.slice(carries) };
}
