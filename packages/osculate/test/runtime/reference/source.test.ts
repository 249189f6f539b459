import { describe, expect, it } from 'vitest';
import '../../../src/ops/index.js';
import { grad } from '../../../src/autodiff/first-order.js';
import { compile, type Program } from '../../../src/compile/index.js';
import { referenceExecutor } from '../../../src/runtime/index.js';
import type { ReferenceExecutable } from '../../../src/runtime/reference/executable.js';
import { constant, input, type Tensor } from '../../../src/tensor/index.js';

type Constructor = typeof globalThis.Function;

/** Loads a program while `Function` is replaced. */
function loadWith(replacement: Constructor, program: Program): ReferenceExecutable {
  const original = globalThis.Function;
  globalThis.Function = replacement;
  try {
    return referenceExecutor().loadSync(program);
  } finally {
    globalThis.Function = original;
  }
}

/** The functions that are generated for a program. */
function sources(program: Program): string[] {
  const original = globalThis.Function;
  const texts: string[] = [];
  const recorder = function record(...args: string[]) {
    texts.push(args.at(-1)!);
    return original(...args);
  };
  loadWith(recorder as unknown as Constructor, program);
  return texts;
}

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

/** Σ (a·exp(−b·x) + c − y)² and its gradient. */
function fit(): Program {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => input(name, 'f64', [])) as [Tensor, Tensor, Tensor];
  const [x, y] = [input('x', 'f64', [50]), input('y', 'f64', [50])];
  const residual = a.mul(b.neg().mul(x).exp()).add(c).sub(y);
  const value = residual.mul(residual).sum();
  return compile({ value, gradient: grad(value, [a, b, c]) });
}

describe('generated source', () => {
  it('computes a fit and its gradient in one loop', () => {
    const [source, ...others] = sources(fit());
    expect(others).toEqual([]);
    expect(count(source!, /for \(/g)).toBe(1);
    expect(count(source!, /Math\.exp/g)).toBe(1);
    // Nothing is stored but the four results.
    expect(count(source!, /\w+\[[^\]]*\] = /g)).toBe(4);
  });

  it('computes numbers before the loops, so that a loop can read them wherever they stand in the graph', () => {
    const [a, x] = [input('a', 'f64', []), input('x', 'f64', [50])];
    const first = x.exp();
    // In the order of the outputs, the factor would come after the loop that computes eˣ.
    const [source, ...others] = sources(compile({ first, second: first.mul(a.sin().add(2)) }));
    expect(others).toEqual([]);
    expect(count(source!, /for \(/g)).toBe(1);
  });

  it('moves what only the backward pass needs out of the forward pass', () => {
    const [x, w] = [input('x', 'f64', [4, 4]), input('w', 'f64', [4, 4])];
    const y = x.tanh().matmul(w).tanh();
    const [source] = sources(compile({ g: grad(y.sum(), x) }));
    // tanh(x) is kept for the backward pass; 1 − tanh² is not, it is computed there.
    const [before] = source!.split(/k\d+\(/, 1);
    expect(count(before!, /for \(/g)).toBe(1);
    expect(count(before!, /\w+\[[^\]]*\] = v/g)).toBe(1);
  });

  it('contains no text that a user wrote', () => {
    const name = '"]; throw new Error("injected"); //';
    const x = input(name, 'f64', [2]);
    const program = compile({ [name.replaceAll('.', '')]: x.add(1) });
    for (const source of sources(program)) expect(source).not.toContain('injected');
  });

  it('is split into functions of bounded size', () => {
    let x = input('x', 'f64', [3]);
    const a = input('a', 'f64', [3]);
    for (let i = 0; i < 1500; i++) x = x.mul(a).add(a);
    const texts = sources(compile({ x }));
    expect(texts.length).toBeGreaterThan(10);
    for (const text of texts) expect(text.length).toBeLessThan(20_000);
  });

  it('prints literals exactly', () => {
    const x = input('x', 'f64', []);
    const numbers = [0.1, -0.1, 5e-324, -1.7976931348623157e308, 1 / 3, Number.POSITIVE_INFINITY];
    const outputs = Object.fromEntries(numbers.map((v, i) => [`y${i}`, x.mul(constant(v, 'f64'))]));
    const out = referenceExecutor()
      .loadSync(compile(outputs))
      .runSync({ x: Float64Array.of(1) });
    expect(numbers.map((_, i) => out[`y${i}`]!.data[0])).toEqual(numbers);
    const zero = referenceExecutor()
      .loadSync(compile({ y: x.mul(constant(-0, 'f64')) }, { optimize: false }))
      .runSync({ x: Float64Array.of(1) });
    expect(Object.is(zero.y!.data[0], -0)).toBe(true);
  });
});

describe('where code generation is forbidden', () => {
  function Forbidden(): never {
    throw new EvalError('Code generation from strings disallowed for this context');
  }
  function Broken(): never {
    throw new SyntaxError('unexpected');
  }

  it('interprets, and says so', async () => {
    const program = loadWith(Forbidden as unknown as Constructor, fit());
    expect(program.report.executor).toBe('reference');
    expect(program.report.notes).toEqual([expect.stringMatching(/interpreted.*forbidden/)]);
    const scalar = (v: number) => Float64Array.of(v);
    const feeds = {
      a: scalar(2),
      b: scalar(0.1),
      c: scalar(-1),
      x: Float64Array.from({ length: 50 }, (_, i) => i / 10),
      y: Float64Array.from({ length: 50 }, (_, i) => Math.cos(i)),
    };
    expect(program.runSync(feeds)).toEqual(referenceExecutor().loadSync(fit()).runSync(feeds));
  });

  it('passes other errors on', () => {
    expect(() => loadWith(Broken as unknown as Constructor, fit())).toThrow(SyntaxError);
  });
});
